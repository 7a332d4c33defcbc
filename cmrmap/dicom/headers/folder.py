"""The files below a folder: links are followed, and each file is listed once however many ways lead to it."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

from cmrmap.core.errors import InputError


@dataclass(frozen=True, slots=True)
class FolderFiles:
    """What lies below a folder.

    Attributes
    ----------
    files : each once, in the order of their paths
    n_broken_links : links that lead to nothing that can be reached
    n_closed_folders : subfolders that may not be read; what else lies there is listed all the same
    """

    files: tuple[Path, ...]
    n_broken_links: int = 0
    n_closed_folders: int = 0


def list_files(folder: Path) -> FolderFiles:
    """List the files below a folder in an order that does not depend on the file system.

    Collections of studies (git-annex, DataLad, volumes of containers) link files and whole folders. No folder is
    entered twice, so that links in a circle come to an end; of several ways to one file the one without a link is
    listed, else the first in the order of names.

    Parameters
    ----------
    folder : searched with all its subfolders

    Raises
    ------
    InputError
        the path is missing, is a file, or cannot be listed
    """
    if not os.path.exists(folder):  # also where a folder above it may not be entered
        raise InputError("the input path does not exist; give a folder with the DICOM files of one study")
    if not os.path.isdir(folder):
        raise InputError("the input path is a file; give the folder that holds the study")
    entered: set[str] = set()
    found: dict[str, Path] = {}
    n_broken = n_closed = 0
    plain: list[tuple[Path, str]] = [(folder, os.path.realpath(folder))]
    linked: list[tuple[Path, str]] = []  # folders and files; looked into once all that lies there without a link is
    while plain or linked:
        path, real = plain.pop() if plain else linked.pop(0)
        if not os.path.isdir(real):
            if os.path.isfile(real):
                found.setdefault(real, path)
            else:
                n_broken += not os.path.exists(real)
            continue
        if real in entered:
            continue
        entered.add(real)
        try:
            entries = _entries(path)
        except OSError as error:
            if path == folder:
                raise InputError(
                    f"the input folder cannot be read ({error.strerror}); check its permissions"
                ) from error
            n_closed += 1
            continue
        for name, is_link in entries:
            if is_link:
                linked.append((path / name, os.path.realpath(path / name)))
            else:
                plain.append((path / name, os.path.join(real, name)))
    return FolderFiles(tuple(sorted(found.values())), n_broken, n_closed)


def _entries(folder: Path) -> list[tuple[str, bool]]:
    """Names in a folder in their order, and whether each is a link.

    Raises
    ------
    OSError
        the folder may not be listed; or it may be, but nothing in it reached
    """
    if not os.access(folder, os.X_OK, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    with os.scandir(folder) as entries:
        return sorted((entry.name, entry.is_symlink()) for entry in entries)
