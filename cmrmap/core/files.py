"""Files: written complete or not at all."""

from __future__ import annotations

import os
import tempfile
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
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
            os.chmod(temporary, 0o644)  # mkstemp keeps it to the owner; platforms read it as somebody else
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise OutputError(
            f"output folder {path.parent} cannot be written ({error.strerror or type(error).__name__}); "
            "give a folder with write permission and free space"
        ) from error
    return path
