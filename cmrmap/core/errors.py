"""The one error tree. Every message says what was found, what was expected and what to do; never a patient's name.

Each class carries the exit code of the command-line contract (docs/running.md, "Exit codes").
"""

from __future__ import annotations

import errno
import traceback
from pathlib import Path

_NO_THREAD = "start new thread"
_OUT_OF_MEMORY = ("allocate memory", "not enough memory", "out of memory", "bad_alloc")

EXIT_OK = 0
EXIT_INTERNAL_ERROR = 1
EXIT_BAD_ARGUMENTS = 2
EXIT_NO_MAPPING_SERIES = 3
EXIT_ALL_REFUSED = 4
EXIT_NOT_STORED = 5
#: ended from outside, as shells and `timeout` count it: 128 + the signal's number, and 124
EXIT_TIMED_OUT = 124
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


class CmrmapError(Exception):
    """Base of all errors this package raises on purpose.

    Attributes
    ----------
    exit_code : what a command that ends with the error ends with (docs/running.md, "Exit codes")
    """

    exit_code: int = EXIT_INTERNAL_ERROR


class InputError(CmrmapError):
    """A path, argument or array that cannot be used as given."""

    exit_code = EXIT_BAD_ARGUMENTS


class SettingsError(CmrmapError):
    """A setting that is unknown, of the wrong type or out of its range."""

    exit_code = EXIT_BAD_ARGUMENTS


class ModelError(CmrmapError):
    """A model folder that is missing, incomplete or whose checksum does not match its card."""

    exit_code = EXIT_BAD_ARGUMENTS


class OutputError(CmrmapError):
    """An output folder that cannot be written."""

    exit_code = EXIT_BAD_ARGUMENTS


class NoMappingSeriesError(CmrmapError):
    """The input holds no series that T1 or T2 could be mapped from."""

    exit_code = EXIT_NO_MAPPING_SERIES


class RefusedError(CmrmapError):
    """Mapping series were found but none may be used (for example two patients in one folder)."""

    exit_code = EXIT_ALL_REFUSED


class EndedError(CmrmapError):
    """The run was ended from outside, by a signal or its time limit, before its results were written.

    Parameters
    ----------
    message : what ended it, in one line
    exit_code : 128 + the signal's number, or 124 for a time limit
    """

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class NotStoredError(CmrmapError):
    """The results are complete, but a destination did not take all of them."""

    exit_code = EXIT_NOT_STORED


class GeometryError(InputError):
    """Slice geometry that is missing, inconsistent or impossible."""


class MapSpecError(CmrmapError):
    """A map's descriptor that contradicts itself or another map's."""


def internal_error(error: BaseException, stage: str = "", advice: str = "") -> str:
    """Say what happened where, without the error's own text: it may quote tag values, and with them the patient.

    Parameters
    ----------
    error : none of ours
    stage : in which it happened; "" where that is not known
    advice : added at the end, where it is not for want of memory or threads

    Returns
    -------
    str
        one line: what failed, in which stage, and where in the code; or what ran out, and what to allow more of

    Examples
    --------
    >>> internal_error(MemoryError(), stage="fit")
    'memory ran out in stage fit; allow more (of a container: --memory 4g), or give fewer images'
    """
    during = f" in stage {stage}" if stage else ""
    if isinstance(error, RuntimeError) and _NO_THREAD in str(error):
        return (
            f"no thread could be started{during}: memory, or the number of processes, is limited; allow more (of a "
            "container: --memory 4g, --pids-limit)"
        )
    if _is_out_of_memory(error):
        return f"memory ran out{during}; allow more (of a container: --memory 4g), or give fewer images"
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"internal error{during}: {type(error).__name__}{where}{advice}"


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed: libraries say so in their own ways, torch as a RuntimeError."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    told = isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)
    return told or isinstance(error, MemoryError)
