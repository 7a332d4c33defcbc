"""Files of a run appear together: written beside their places, listed in status.json, then moved."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from cmrmap.core.errors import OutputError
from cmrmap.core.files import is_unfinished, move_file, unwritable, write_file
from cmrmap.run.manifest import WrittenFile, is_unchanged
from cmrmap.run.outcome import Outcome
from cmrmap.run.replacing import room_made

_STAGING_NAME = ".cmrmap-unfinished"


@dataclass(frozen=True, slots=True)
class Staged:
    """Files that are complete, beside the place where they belong.

    Attributes
    ----------
    folder : the output folder
    files : in the order in which they are moved
    """

    folder: Path
    files: tuple[WrittenFile, ...]

    def move(self) -> tuple[Path, ...]:
        """Put the files into their places, one after the other; none of them stays where one fails.

        Raises
        ------
        OutputError
            a place is taken by a file that is not ours, also while they are moved, or cannot be written
        """
        taken = [file for file in self.files if self._is_taken(file)]
        if taken:
            raise _taken(len(taken))
        moved: list[WrittenFile] = []
        try:
            for file in self.files:
                target = self.folder / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                moved.append(file)  # before: a link may be there although making it, or what follows, failed
                self._put(file, target)
            replaced = [file for file in self.files if not is_unchanged(self.folder, file)]
            if replaced:
                raise _taken(len(replaced))
        except OutputError:
            self._take_back(moved)
            raise
        except OSError as error:
            self._take_back(moved)
            raise unwritable(error) from error
        finally:
            discard_unfinished(self.folder)
        return tuple(self.folder / file.name for file in self.files)

    def _put(self, file: WrittenFile, target: Path) -> None:
        """Put one file into its place, never over that of another program: a link is not made where a file is.

        Where there are no hard links (exFAT, some network shares), what is there is looked at before the rename.
        """
        source = self.folder / _STAGING_NAME / file.name
        with contextlib.suppress(OSError):
            os.link(source, target)
            source.unlink()
            return
        if self._is_taken(file):
            raise _taken(1)
        move_file(source, target)

    def _is_taken(self, file: WrittenFile) -> bool:
        return os.path.lexists(self.folder / file.name) and not is_unchanged(self.folder, file)  # never raises

    def _take_back(self, moved: Iterable[WrittenFile]) -> None:
        """Remove what was moved, but for what another program has put in its place since."""
        take_back(self.folder / file.name for file in moved if not self._is_taken(file))


def _taken(count: int) -> OutputError:
    return OutputError(
        f"output folder has {count} file{'s' if count > 1 else ''} of the same name with different content, written or "
        "changed by another program; give another folder with -o"
    )


def stage(
    folder: Path, files: Iterable[tuple[str, bytes]], guard: AbstractContextManager[object] | None = None
) -> Staged:
    """Write files beside their places, so that they can appear together; a full disk leaves none of them.

    Parameters
    ----------
    folder : the output folder
    files : names relative to it, and contents
    guard : held while each file is written: whoever else holds it can remove what is there, and nothing comes after

    Raises
    ------
    OutputError
        the folder cannot be written
    """
    discard_unfinished(folder)
    written = []
    try:
        for name, content in files:
            with guard or contextlib.nullcontext():
                write_file(folder / _STAGING_NAME / name, content)
            written.append(WrittenFile(name, hashlib.sha256(content).hexdigest()))
    except BaseException:
        discard_unfinished(folder)
        raise
    return Staged(folder, tuple(written))


def take_back(files: Iterable[Path]) -> None:
    """Remove files of a set that is not complete, or whose run cannot say that it is.

    Parameters
    ----------
    files : that are in their places
    """
    for path in files:
        with contextlib.suppress(OSError):
            path.unlink()


def discard_unfinished(folder: Path) -> None:
    """Remove what a run has not put into its place.

    Parameters
    ----------
    folder : an output folder
    """
    shutil.rmtree(folder / _STAGING_NAME, ignore_errors=True)
    for part in (*folder.glob(".*.part"), *folder.glob("results/.*.part")):  # what `write_file` had begun
        if is_unfinished(part):
            with contextlib.suppress(OSError):
                part.unlink()


def write_together(
    folder: Path,
    contents: Iterable[tuple[str, bytes]],
    outcome: Outcome,
    then: Callable[[], None] | None = None,
    instead_of: Iterable[WrittenFile] | None = None,
) -> tuple[Path, ...]:
    """Write the files of a run, all of them or none.

    Their list, with status "running", is there before the first of them: a run that is killed between leaves nothing
    that the next one does not know. Signals that end a run wait for the renames, which take no time.

    Parameters
    ----------
    folder : the output folder
    contents : names relative to it, and contents
    outcome : of the run; its ``objects`` are these files afterwards
    then : what else is done before a signal may end the run
    instead_of : files of an earlier run that these take the place of: whatever fails, either all of them are there or
        all of these, with their status, which is then the last one. None: of a run that began with an empty folder

    Raises
    ------
    OutputError
        the folder cannot be written
    """
    staged = stage(folder, contents, outcome.writing)
    replaced = None if instead_of is None else [one for one in instead_of if is_unchanged(folder, one)]
    with outcome.writing:
        before, outcome.objects = outcome.objects, staged.files
        try:
            with room_made(folder, replaced, outcome):
                written = staged.move()
                if then is not None:
                    then()
        except BaseException:
            outcome.objects = before
            discard_unfinished(folder)
            raise
    return written
