"""Looks at the folders of a run before anything slow is imported, so that a bad path is told within a second."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from cmrmap.core.errors import InputError, NoMappingSeriesError, OutputError
from cmrmap.dicom.headers.folder import list_files
from cmrmap.run.manifest import RESULTS_FOLDER


def check_input(path: Path) -> None:
    """Check that the input is a folder that can be read and holds at least one file.

    Raises
    ------
    InputError
        nothing there, a file, or not readable, itself or all that lies in it
    NoMappingSeriesError
        no file in it, however deep
    """
    if not os.path.exists(path):
        # the same where a folder above it may not be entered, which hides what lies there
        raise InputError(
            "input folder does not exist, or this user may not read it; give the folder with the study's DICOM "
            "files by -i"
        )
    if not os.path.isdir(path):
        raise InputError("input is a file; expected the folder that holds the study's DICOM files")
    try:
        os.listdir(path)
    except OSError as error:
        raise InputError(f"input folder cannot be read ({error.strerror}); check its permissions") from error
    listed = list_files(path)
    if not listed.files and listed.n_closed_folders:
        subfolders = f"{listed.n_closed_folders} subfolder{'s' if listed.n_closed_folders > 1 else ''}"
        raise InputError(f"input folder holds only {subfolders} that cannot be read; check their permissions")
    if not listed.files and not listed.n_broken_links:
        raise NoMappingSeriesError("input folder holds no files; expected a study's DICOM files")


def check_output(path: Path) -> None:
    """Make the output folder where it is absent and check that files can be written into it.

    Raises
    ------
    OutputError
        it cannot be made, is a file, or cannot be written
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        for folder in (path, path / RESULTS_FOLDER):
            if folder == path or folder.exists():
                with tempfile.TemporaryFile(dir=folder):
                    pass
    except OSError as error:
        raise OutputError(
            f"output folder (or results/ in it) cannot be written ({error.strerror}); "
            "give a folder with write permission by -o"
        ) from error


def check_apart(source: Path, output: Path) -> None:
    """Check that the results do not land in the input: a second run would read them.

    Raises
    ------
    InputError
        they would
    """
    if is_inside(output, source):
        raise InputError("output folder lies in the input folder; give one outside it by -o")


def is_inside(path: Path, folder: Path) -> bool:
    """Whether ``path`` is ``folder`` or lies in it, links followed; neither need exist."""
    return path.resolve().is_relative_to(folder.resolve())
