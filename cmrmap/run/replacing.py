"""A set of files makes room for another: set aside, and put back unless the new set and its status are there.

Whatever fails, one of the two sets is whole. A process that is killed in between leaves what was set aside, and whoever
claims the folder next puts it back.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from cmrmap.core.files import unwritable, write_file
from cmrmap.run.manifest import STATUS_NAME, WrittenFile, is_unchanged, listed_files, read_status
from cmrmap.run.outcome import Outcome, write_status

_ASIDE_NAME = ".cmrmap-replaced"


@contextlib.contextmanager
def room_made(folder: Path, files: Sequence[WrittenFile] | None, outcome: Outcome) -> Iterator[None]:
    """Set files aside while others are put in their place; status.json says "running" meanwhile.

    Parameters
    ----------
    folder : the output folder
    files : of the set that is there; None: nothing is replaced, and the status stays "running"
    outcome : of what is put there; its status is written at the end, if a set is replaced

    Raises
    ------
    OutputError
        the folder cannot be written; what was set aside is put back
    """
    if files is None:
        write_status(folder, outcome, running=True)
        yield
        return
    try:
        _set_aside(folder, files, outcome)
        yield
        write_status(folder, outcome)
    except BaseException as error:
        put_back(folder)
        if isinstance(error, OSError):
            raise unwritable(error) from error
        raise
    _forget(folder)


def _set_aside(folder: Path, files: Sequence[WrittenFile], outcome: Outcome) -> None:
    aside = folder / _ASIDE_NAME
    # the set's own status first: where it is there, what lies beside it is to be put back
    with contextlib.suppress(FileNotFoundError):
        write_file(aside / STATUS_NAME, (folder / STATUS_NAME).read_bytes())
    write_status(folder, outcome, running=True)
    for file in files:
        os.replace(folder / file.name, aside / file.name)


def put_back(folder: Path) -> None:
    """Put back what was set aside, unless the set that took its place is whole.

    Where the folder cannot be written at all, all stays as it is for the next call.

    Parameters
    ----------
    folder : an output folder; without anything set aside nothing is done
    """
    if not was_interrupted(folder):
        return
    aside = folder / _ASIDE_NAME
    before = listed_files(aside)
    status = read_status(folder)
    if before is None or (status is not None and status.get("outcome") != "running"):
        _forget(folder)
        return
    with contextlib.suppress(OSError):
        for file in listed_files(folder) or ():
            if file not in before and is_unchanged(folder, file):
                (folder / file.name).unlink()
        for file in before:
            # not over what another program has put there since
            if is_unchanged(aside, file) and (not (folder / file.name).exists() or is_unchanged(folder, file)):
                os.replace(aside / file.name, folder / file.name)
        os.replace(aside / STATUS_NAME, folder / STATUS_NAME)
        _forget(folder)


def was_interrupted(folder: Path) -> bool:
    """Tell whether a process was killed while one set of files took the place of another.

    Parameters
    ----------
    folder : an output folder
    """
    return (folder / _ASIDE_NAME).is_dir()


def _forget(folder: Path) -> None:
    aside = folder / _ASIDE_NAME
    with contextlib.suppress(OSError):
        (aside / STATUS_NAME).unlink(missing_ok=True)
    shutil.rmtree(aside, ignore_errors=True)
