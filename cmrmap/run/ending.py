"""A run that is ended from outside: by SIGTERM, by Ctrl-C, or by its time limit.

The stages of the graph run in threads of the SDK while the main thread waits in it, where Python's own signal handlers
would not be called before the run is over. So the signals are held for the whole process and one thread waits for them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cmrmap.core.errors import EXIT_INTERRUPTED, EXIT_TERMINATED, EXIT_TIMED_OUT, EndedError, OutputError
from cmrmap.core.streams import say
from cmrmap.dicom.transfer.base import SendReport
from cmrmap.dicom.transfer.deliveries import Progress
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.signals import ENDING
from cmrmap.run.staging import discard_unfinished

#: files that are being written, and a run that is as good as over, may take this long before the process ends
_WRITING_S = 3.0
#: the last words on a disk that does not answer may take this long
_LAST_WORDS_S = 1.0
_LOOK_S = 0.05


def watch(outcome: Outcome, folder: Path | None, timeout_s: float) -> None:
    """End the process when a signal comes or the time is over, with one line, status.json and an exit code.

    Results that are written, or are being written, stay. A run that has nothing left to do but to end does so by
    itself; one that is sending them is ended, and its status says what was sent.

    Parameters
    ----------
    outcome : of the run
    folder : where status.json goes; None: nowhere
    timeout_s : seconds from now; 0 is no limit
    """
    _when_ended(timeout_s, lambda received: _end(outcome, folder, received, timeout_s))


def watch_sending(progress: Progress, record: Callable[[SendReport], None], timeout_s: float) -> None:
    """End a process that only sends, when a signal comes or the time is over, with one line and an exit code.

    Parameters
    ----------
    progress : of the sending
    record : keeps what was sent so far
    timeout_s : seconds from now; 0 is no limit
    """

    def end(received: signal.struct_siginfo | None) -> None:
        reason = _reason(received, timeout_s, f"while sending; {_so_far(progress)}")
        _leave(lambda: record(progress.report(_UNSENT)), str(reason), reason.exit_code)

    _when_ended(timeout_s, end)


def watch_editing(writing: threading.Lock, folder: Path, unsaved: Callable[[], int]) -> None:
    """End a process in which a reader edits, when a signal comes, with one line and an exit code.

    What is being written is written first.

    Parameters
    ----------
    writing : held while the output folder is written
    folder : the output folder
    unsaved : tells how many slices are changed and not saved
    """

    def end(received: signal.struct_siginfo | None) -> None:
        writing.acquire(timeout=_WRITING_S)  # and kept: nothing more is written
        count = unsaved()
        lost = f"; {count} changed slice{'s' if count > 1 else ''} not saved" if count else ""
        reason = _reason(received, 0.0, lost, "editing")
        _leave(lambda: discard_unfinished(folder), str(reason), reason.exit_code)

    _when_ended(0.0, end)


_UNSENT = "not sent before the end"


def _when_ended(timeout_s: float, end: Callable[[signal.struct_siginfo | None], None]) -> None:
    deadline = time.monotonic() + timeout_s if timeout_s else None

    def wait() -> None:
        if deadline is None:
            end(signal.sigwaitinfo(ENDING))
        else:
            end(signal.sigtimedwait(ENDING, max(0.0, deadline - time.monotonic())))

    threading.Thread(target=wait, name="ending", daemon=True).start()


def _reason(received: signal.struct_siginfo | None, timeout_s: float, then: str, what: str = "the run") -> EndedError:
    if received is None:
        return EndedError(
            f"the run took longer than its limit of {timeout_s:g} s{then}; raise HOLOSCAN_TIMEOUT, 0 is no limit",
            EXIT_TIMED_OUT,
        )
    number = signal.Signals(received.si_signo)
    code = EXIT_INTERRUPTED if number == signal.SIGINT else EXIT_TERMINATED
    return EndedError(f"{what} was ended by {number.name}{then}", code)


def _so_far(progress: Progress) -> str:
    report = progress.report()
    taken = len(report.stored) + len(report.accepted)
    return f"{taken} of {report.n_files} objects are at {report.destination}; cmrmap send sends the rest"


def _end(outcome: Outcome, folder: Path | None, received: signal.struct_siginfo | None, timeout_s: float) -> None:
    is_free = outcome.writing.acquire(timeout=_WRITING_S)
    if not (is_free and outcome.reported):
        then = "" if received is None else "; nothing was made, run it again"
        outcome.fail(_reason(received, timeout_s, then))  # the lock is kept: nothing more is written
    else:
        outcome.writing.release()
        until = time.monotonic() + _WRITING_S
        while outcome.sending is None and not outcome.settled.wait(_LOOK_S) and time.monotonic() < until:
            pass
        if outcome.settled.is_set():  # everything is there and said, or is being said
            time.sleep(_WRITING_S)
            os._exit(outcome.exit_code)
        then = " when its results were written"
        if outcome.sending is not None:
            then = f" while sending; the results are written, {_so_far(outcome.sending)}"
            outcome.sent = outcome.sending.report(_UNSENT)
        outcome.fail(_reason(received, timeout_s, then))

    def record() -> None:
        if folder is not None:
            discard_unfinished(folder)
            write_status(folder, outcome)

    _leave(record, outcome.message, outcome.exit_code)


def _leave(record: Callable[[], object], message: str, exit_code: int) -> None:
    """End the process: what is left to write is written if the disk answers in time."""

    def write() -> None:
        with contextlib.suppress(OutputError):
            record()

    last = threading.Thread(target=write, daemon=True)
    try:
        last.start()
        last.join(_LAST_WORDS_S)
    except RuntimeError:  # the system gives no thread: then without a limit of time
        write()
    say(f"cmrmap: {message}")
    os._exit(exit_code)
