"""The standard streams of a process, which may be closed, full, or read by nobody: no result may depend on them."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import ClassVar, cast

from cmrmap.core.errors import OutputError

_NAMES = ("stdin", "stdout", "stderr")
_STDOUT, _STDERR = 1, 2


def open_streams() -> None:
    """Give the process streams that end nothing; to be called at the start of a program, before it opens any file.

    One that the process was started without leads nowhere: a file takes the lowest number that is free, so the next
    file would get its number, and with it whatever a library says there. What nobody reads any more is dropped.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            os.set_inheritable(number, True)
        if number in (_STDOUT, _STDERR):
            setattr(sys, name, _patient(number, getattr(sys, name)))


def say(line: str) -> None:
    """Write a line to stderr, if anybody listens.

    Parameters
    ----------
    line : without its end
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        written = line.encode("utf-8", "backslashreplace").decode("utf-8")  # a path may hold bytes that are no text
        print(written, file=sys.stderr or sys.__stderr__, flush=True)


@contextlib.contextmanager
def told_if_full() -> Iterator[None]:
    """Say in one line that what was asked for could not be written to stdout.

    Raises
    ------
    OutputError
        it could not, for want of space
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error is not _PatientFile.fault:
            raise
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (what is left would fail once more)
        raise OutputError(
            f"stdout cannot be written ({error.strerror or type(error).__name__}); give it a place with free space"
        ) from error


class _PatientFile(io.FileIO):
    """A stream whose reader may be gone; stderr may also be full: there is nobody to tell."""

    fault: ClassVar[OSError | None] = None

    def write(self, content: bytes) -> int:  # type: ignore[override]
        try:
            return super().write(content)
        except BrokenPipeError:
            pass
        except OSError as error:
            if self.fileno() != _STDERR:
                _PatientFile.fault = error
                raise
        return len(content)


def _patient(number: int, stream: io.TextIOWrapper | None) -> io.TextIOWrapper:
    encoding, errors = ("utf-8", "strict") if stream is None else (stream.encoding, stream.errors)
    raw = _PatientFile(number, "w", closefd=False)
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if stream is not None:
            stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(cast(io.RawIOBase, raw)),
        encoding=encoding,
        errors=errors if number == _STDOUT else "backslashreplace",
        line_buffering=number == _STDERR or raw.isatty(),
    )
