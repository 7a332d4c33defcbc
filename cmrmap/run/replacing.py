"""A set of files makes room for another: set aside, and put back unless the new set and its status are there.

Whatever fails, one of the two sets is whole. A process that is killed in between leaves what was set aside, and whoever
claims the folder next puts it back. Where another program has taken a place meanwhile, its file stays, and what was to
be put back there waits aside: until the place is free, status.json says that no run has ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from cmrmap.core.errors import OutputError
from cmrmap.core.files import move_file, unwritable, write_file
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
        the folder cannot be written, or another program changes a file of the set; what was set aside is put back
    """
    if files is None:
        write_status(folder, outcome, running=True)
        yield
        return
    if was_interrupted(folder):
        raise OutputError(
            "output folder holds files of another program in the places of the last run's, which wait in "
            f"{_ASIDE_NAME}; move them away and try again"
        )
    try:
        _set_aside(folder, files, outcome)
        yield
        write_status(folder, outcome)
    except BaseException as error:
        put_back(folder)
        if isinstance(error, OSError):
            raise unwritable(error) from error
        raise
    forget(folder)


def _set_aside(folder: Path, files: Sequence[WrittenFile], outcome: Outcome) -> None:
    aside = folder / _ASIDE_NAME
    # the set's own status first: where it is there, what lies beside it is to be put back
    with contextlib.suppress(FileNotFoundError):
        write_file(aside / STATUS_NAME, (folder / STATUS_NAME).read_bytes())
    write_status(folder, outcome, running=True)
    for file in files:
        move_file(folder / file.name, aside / file.name)
    # looked at again where nobody else can reach them: they may have been changed since they were looked at first
    if any(not (aside / file.name).is_symlink() and not is_unchanged(aside, file) for file in files):
        raise OutputError("another program is changing files in the output folder; try again when it has ended")


def put_back(folder: Path) -> None:
    """Put back what was set aside, unless the set that took its place is whole.

    Where the folder cannot be written at all, or another program has taken a place, what is left waits for the next
    call.

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
        forget(folder)
        return
    with contextlib.suppress(OSError, OutputError):
        for file in listed_files(folder) or ():
            if file not in before and is_unchanged(folder, file):
                (folder / file.name).unlink()
        returned = [_has_returned(folder, file) for file in before]  # each of them, whatever becomes of the others
        if all(returned):
            write_file(folder / STATUS_NAME, (aside / STATUS_NAME).read_bytes())
            forget(folder)
        else:
            write_status(folder, Outcome(objects=before), running=True)


def _has_returned(folder: Path, file: WrittenFile) -> bool:
    """Put a file back, as it is by now; False where another program has put something else into its place."""
    aside, place = folder / _ASIDE_NAME / file.name, folder / file.name
    if not os.path.lexists(aside):
        return True
    if os.path.lexists(place):
        return is_unchanged(folder, file) and (aside.is_symlink() or is_unchanged(folder / _ASIDE_NAME, file))
    move_file(aside, place)
    return True


def was_interrupted(folder: Path) -> bool:
    """Tell whether a process was killed while one set of files took the place of another.

    Parameters
    ----------
    folder : an output folder
    """
    return (folder / _ASIDE_NAME).is_dir()


def forget(folder: Path) -> None:
    """Remove what was set aside.

    Parameters
    ----------
    folder : an output folder; without anything set aside nothing is done
    """
    if not was_interrupted(folder):
        return
    aside = folder / _ASIDE_NAME
    with contextlib.suppress(OSError):
        (aside / STATUS_NAME).unlink(missing_ok=True)
    shutil.rmtree(aside, ignore_errors=True)
