"""What a run has written: the list in its status.json, each file with its hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS_FOLDER = "results"
STATUS_NAME = f"{RESULTS_FOLDER}/status.json"
RESULTS_NAME = f"{RESULTS_FOLDER}/results.json"
_MOST_BYTES = 50_000_000  # a larger status.json is none of ours
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file of an output folder.

    Attributes
    ----------
    name : relative to the folder, with "/"
    sha256 : of its content, hexadecimal
    """

    name: str
    sha256: str


def listed_files(folder: Path) -> tuple[WrittenFile, ...] | None:
    """Return what the last run into a folder says it wrote; None where no run of ours has ended or begun there.

    Parameters
    ----------
    folder : an output folder
    """
    status = read_status(folder)
    entries = status.get("objects") if status is not None else None
    if not isinstance(entries, list):
        return None
    found = []
    for entry in entries:
        name, digest = (entry.get("file"), entry.get("sha256")) if isinstance(entry, dict) else (None, None)
        if isinstance(name, str) and isinstance(digest, str) and _is_plain(name):
            found.append(WrittenFile(name, digest))
    return tuple(found)


def read_status(folder: Path) -> dict[str, Any] | None:
    """Return the content of a folder's status.json; None where there is none that can be read.

    Parameters
    ----------
    folder : an output folder
    """
    path = folder / STATUS_NAME
    try:
        if path.stat().st_size > _MOST_BYTES:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def is_unchanged(folder: Path, file: WrittenFile) -> bool:
    """Tell whether a file is there with the content that was written.

    Parameters
    ----------
    folder, file : as listed by its status.json
    """
    path = folder / file.name
    try:
        if not path.is_file():  # a pipe would be waited for
            return False
        with path.open("rb") as stream:
            digest = hashlib.sha256()
            while block := stream.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError:
        return False
    return digest.hexdigest() == file.sha256


def _is_plain(name: str) -> bool:
    """Whether a name leads to a file in the folder or in its results: a changed list must not reach out of it."""
    parts = name.split("/")
    folder_is_plain = len(parts) == 1 or (len(parts) == 2 and parts[0] == "results")
    return folder_is_plain and parts[-1] not in ("", ".", "..") and "\0" not in name
