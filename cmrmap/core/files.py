"""Files: written complete or not at all; YAML read, or one line why not."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from cmrmap.core.errors import CmrmapError, OutputError


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
        raise OutputError(
            f"output folder cannot be written ({error.strerror or type(error).__name__}); "
            "give a folder with write permission and free space"
        ) from error
    return path


def read_yaml(path: Path, what: str, error: type[CmrmapError], *, give: str, language: str = "YAML") -> Any:
    """Return the content of a YAML file.

    Parameters
    ----------
    what, give, language : words of the message: what the file is, what to give in its place, what it may be written in
    error : raised where it cannot be read or is not YAML
    """
    import yaml  # not every program that writes files reads YAML

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as found:
        raise error(f"{what} {path} cannot be read ({found.strerror}); {give}") from found
    except (yaml.YAMLError, UnicodeDecodeError) as found:
        mark = getattr(found, "problem_mark", None)
        line = "" if mark is None else f", line {mark.line + 1}"
        raise error(f"{what} {path} is not valid {language}{line}; correct it") from found
