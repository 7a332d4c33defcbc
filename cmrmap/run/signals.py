"""The signals that end a run, held for the thread that waits for them.

Imports nothing but Python's own: numpy starts threads when it is imported, and one that was started before the signals
are held would get them, and end the process without a word.
"""

from __future__ import annotations

import signal

ENDING = frozenset({signal.SIGTERM, signal.SIGINT})


def hold_signals() -> None:
    """Keep the signals that end a run for `cmrmap.run.ending.watch`; to be called before any thread is started."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)


def signals_are_held() -> bool:
    """Whether `hold_signals` was called: in a process of our own it was, in somebody else's it must not be."""
    return signal.pthread_sigmask(signal.SIG_BLOCK, ()) >= ENDING
