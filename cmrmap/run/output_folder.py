"""An output folder belongs to one run: nobody else writes into it, and it holds what that run made and nothing else.

What a run has written stands in its status.json, each file with its hash. The next run into the same folder removes
these files before it begins, so that no object of another patient, or of other settings, is taken for its own. A run
that cannot begin, because its arguments are bad, removes nothing and keeps their list. Files
that no run of ours has written are never touched: a folder that holds some is refused, or used where the user says so.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmrmap.core.errors import OutputError
from cmrmap.run.manifest import STATUS_NAME, is_unchanged, listed_files
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.replacing import forget, put_back
from cmrmap.run.staging import discard_unfinished

_MOST_NAMED = 3  # kinds of files that a message names
#: of file systems without locks (some network ones): nothing is known of other runs there
_NO_LOCKS = (errno.ENOTSUP, errno.ENOSYS, errno.EBADF, errno.EINVAL, errno.ENOLCK)


@dataclass(slots=True)
class Claim:
    """The right to write into an output folder, held until `release`, the end of a ``with``, or of the process.

    Attributes
    ----------
    folder : which
    handle : of the lock; None where the file system has no locks
    """

    folder: Path
    handle: int | None

    def release(self) -> None:
        """Let the next run have the folder."""
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def claim(folder: Path, *, into_non_empty: bool = False, clear: bool = True) -> Claim:
    """Take an output folder for one run, and remove what the last run wrote there.

    Parameters
    ----------
    folder : made where it is absent
    into_non_empty : also a folder with files that are not ours; these stay
    clear : False leaves what the last run wrote: for a run that only says why it did not begin

    Raises
    ------
    OutputError
        another run is writing there; it holds files that no run of ours wrote, or that were changed since; it cannot be
        made or read
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = Claim(folder, _lock(folder))
        try:
            put_back(folder)
            ours = _removable(folder, into_non_empty)
            if clear:
                _clear(folder, ours)
        except BaseException:
            held.release()
            raise
    except OSError as error:
        raise OutputError(
            f"output folder cannot be used ({error.strerror or type(error).__name__}); "
            "give a folder with write permission by -o"
        ) from error
    return held


def _lock(folder: Path) -> int | None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise OutputError(
            "another run is writing into the output folder; wait until it has ended, or give another by -o"
        ) from None
    except OSError as error:
        os.close(handle)
        if error.errno not in _NO_LOCKS:
            raise
        return None
    return handle


def _removable(folder: Path, into_non_empty: bool) -> list[str]:
    """Return what the last run wrote; refuse a folder that holds more, unless it may."""
    ours = listed_files(folder)
    changed = [file for file in ours or () if os.path.lexists(folder / file.name) and not is_unchanged(folder, file)]
    kept = {file.name for file in changed}
    removable = [file.name for file in ours or () if file.name not in kept]
    known = {*removable, STATUS_NAME} if ours is not None else set()
    foreign = [name for name in _names(folder) if name not in known]
    if foreign and not into_non_empty:
        raise OutputError(
            f"output folder holds {_shown(foreign)} that no run wrote, or that were changed since; give an "
            "empty folder by -o, or add --into-non-empty to write beside them"
        )
    return removable


def _clear(folder: Path, names: Sequence[str]) -> None:
    """Remove the files of the last run; if their status cannot say first that some may be gone, all of them stay."""
    if names:
        write_status(folder, Outcome(objects=listed_files(folder) or ()), running=True)
    forget(folder)  # what could not be put back belongs to what is removed here
    for name in names:
        (folder / name).unlink(missing_ok=True)
    discard_unfinished(folder)


def _names(folder: Path) -> Iterator[str]:
    """Yield the files in a folder, but for hidden ones and what file systems keep for themselves."""
    for base, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "lost+found"]
        for name in names:
            if not name.startswith("."):
                yield Path(base, name).relative_to(folder).as_posix()


def _shown(names: list[str]) -> str:
    """Count files by what they are: a name may hold the patient's."""
    kinds = sorted({Path(name).suffix.lower() or "no extension" for name in names})
    more = ", ..." if len(kinds) > _MOST_NAMED else ""
    return f"{len(names)} file{'s' if len(names) > 1 else ''} ({', '.join(kinds[:_MOST_NAMED])}{more})"
