"""A run that is ended from outside: by SIGTERM, by Ctrl-C, or by its time limit.

The stages of the graph run in threads of the SDK while the main thread waits in it, where Python's own signal handlers
would not be called before the run is over. So the signals are held for the whole process and one thread waits for them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from cmrmap.core.errors import EXIT_INTERRUPTED, EXIT_TERMINATED, EXIT_TIMED_OUT, EndedError, OutputError
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.staging import discard_unfinished

_SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT})
#: files that are being written may take this long before the process ends all the same
_WRITING_S = 3.0


def hold_signals() -> None:
    """Keep the signals that end a run for `watch`; to be called before any thread is started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def signals_are_held() -> bool:
    """Whether `hold_signals` was called: in a process of our own it was, in somebody else's it must not be."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, ()) >= _SIGNALS


def watch(outcome: Outcome, folder: Path | None, timeout_s: float) -> None:
    """End the process when a signal comes or the time is over, with one line, status.json and an exit code.

    A run whose results are written, or are being written, is left to end by itself.

    Parameters
    ----------
    outcome : of the run
    folder : where status.json goes; None: nowhere
    timeout_s : seconds from now; 0 is no limit
    """
    deadline = time.monotonic() + timeout_s if timeout_s else None
    threading.Thread(target=_wait, args=(outcome, folder, timeout_s, deadline), name="ending", daemon=True).start()


def _wait(outcome: Outcome, folder: Path | None, timeout_s: float, deadline: float | None) -> None:
    received: signal.struct_siginfo | None
    if deadline is None:
        received = signal.sigwaitinfo(_SIGNALS)
    else:
        received = signal.sigtimedwait(_SIGNALS, max(0.0, deadline - time.monotonic()))
    _end(outcome, folder, _reason(received, timeout_s))


def _reason(received: signal.struct_siginfo | None, timeout_s: float) -> EndedError:
    if received is None:
        return EndedError(
            f"the run took longer than its limit of {timeout_s:g} s; raise HOLOSCAN_TIMEOUT, 0 is no limit",
            EXIT_TIMED_OUT,
        )
    number = signal.Signals(received.si_signo)
    code = EXIT_INTERRUPTED if number == signal.SIGINT else EXIT_TERMINATED
    return EndedError(f"the run was ended by {number.name}; nothing was made, run it again", code)


def _end(outcome: Outcome, folder: Path | None, reason: EndedError) -> None:
    written = outcome.writing.acquire(timeout=_WRITING_S)
    if written and outcome.reported:  # everything is there: the run is as good as over
        outcome.writing.release()
        return
    outcome.fail(reason)
    if folder is not None:
        discard_unfinished(folder)
        with contextlib.suppress(OutputError):
            write_status(folder, outcome)
    print(f"cmrmap: {outcome.message}", file=sys.stderr, flush=True)
    os._exit(outcome.exit_code)
