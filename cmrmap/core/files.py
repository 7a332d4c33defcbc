"""Files: written complete or not at all."""

from __future__ import annotations

import errno
import os
import re
import secrets
from pathlib import Path

from cmrmap.core.errors import OutputError

_UNFINISHED = re.compile(r"\.([0-9a-f]{16}|status\.json)\.part")  # the latter of the image's entrypoint


def write_file(path: Path, content: bytes) -> Path:
    """Write beside, then rename; missing folders are made.

    Raises
    ------
    OutputError
        the folder cannot be made or written
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f".{secrets.token_hex(8)}.part"
        try:
            # who may read it is for the process's umask to say
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(error) from error
    return path


def move_file(source: Path, target: Path) -> None:
    """Rename a file, or a link; where that leads to another file system, write it there first.

    A folder in the output folder may be a link, or a volume of its own.

    Parameters
    ----------
    source, target : places; a file at the target is replaced

    Raises
    ------
    OSError, OutputError
        it cannot be moved; the source is still there
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        if source.is_symlink():
            target.unlink(missing_ok=True)
            os.symlink(os.readlink(source), target)
        else:
            write_file(target, source.read_bytes())
        source.unlink()


def is_unfinished(path: Path) -> bool:
    """Tell by its name whether a file is one that `write_file` had begun.

    Parameters
    ----------
    path : of any file
    """
    return _UNFINISHED.fullmatch(path.name) is not None


def unwritable(error: OSError) -> OutputError:
    """Say of an error of the system that the output folder cannot be written, and why."""
    return OutputError(
        f"output folder cannot be written ({error.strerror or type(error).__name__}); "
        "give a folder with write permission and free space"
    )
