"""The standard streams of a process, which may be closed, full, or read by nobody: no result may depend on them."""

from __future__ import annotations

import contextlib
import os
import sys

_STREAMS = ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_WRONLY), (2, "stderr", os.O_WRONLY))


def open_streams() -> None:
    """Give the process the standard streams that it was started without; to be called before any file is opened.

    A file takes the lowest number that is free. Where a process has no stderr, the next file that it writes would get
    its number, and with it whatever a library says there.
    """
    for number, name, mode in _STREAMS:
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, mode)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        if getattr(sys, name) is None:
            stream = open(number, "r" if mode == os.O_RDONLY else "w", encoding="utf-8", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def say(line: str) -> None:
    """Write a line to stderr, if anybody listens.

    Parameters
    ----------
    line : without its end
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print(line, file=sys.stderr or sys.__stderr__, flush=True)


def forget_stream(name: str) -> None:
    """Let a stream that cannot be written lead nowhere: what is left in it would fail once more when the process ends.

    Parameters
    ----------
    name : "stdout" or "stderr"
    """
    setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
