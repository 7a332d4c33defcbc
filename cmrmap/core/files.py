"""Files: written complete or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from cmrmap.core.errors import OutputError


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


def unwritable(error: OSError) -> OutputError:
    """Say of an error of the system that the output folder cannot be written, and why."""
    return OutputError(
        f"output folder cannot be written ({error.strerror or type(error).__name__}); "
        "give a folder with write permission and free space"
    )
