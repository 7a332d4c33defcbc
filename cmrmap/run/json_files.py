"""JSON that lies beside the images, read so that no content of it can end a run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: a key that no document has: set in an object that holds one key twice with two values
AMBIGUOUS = "\0 two values"
_MOST_BYTES = 32_000_000  # a larger file is no patient's laboratory values
_MOST_DIGITS = 300  # of an integer; more is no number that anything measures


def find_json_files(folder: Path) -> list[Path]:
    """Return the JSON and NDJSON files below a folder, links followed, in the order of their paths.

    Parameters
    ----------
    folder : that is searched; what cannot be listed is passed over
    """
    found: list[Path] = []
    seen: set[str] = set()
    for base, folders, names in os.walk(folder, followlinks=True):
        here = os.path.realpath(base)
        if here in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(here)
        found += [Path(base, name) for name in names if name.lower().endswith((".json", ".ndjson"))]
    return sorted(path for path in found if _readable(path))


def _readable(path: Path) -> bool:
    try:
        return path.is_file() and path.stat().st_size <= _MOST_BYTES
    except OSError:
        return False


def read_documents(path: Path) -> list[Any]:
    """Return the documents of a file: one, or of NDJSON one a line; none of it where it cannot be read.

    UTF-8, 16 and 32 with and without a byte order mark are read (RFC 8259, 8.1). An integer of more digits than any
    measured number is infinite.

    Parameters
    ----------
    path : of the file
    """
    try:
        content = path.read_bytes()
        text = content.decode(json.detect_encoding(content))
    except (OSError, UnicodeDecodeError):
        return []
    parts = text.splitlines() if path.suffix.lower() == ".ndjson" else [text]
    return [document for part in parts if part.strip() for document in _parsed(part)]


def _parsed(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text, object_pairs_hook=_object, parse_int=_integer)
    except (ValueError, RecursionError, MemoryError):  # no JSON; nested deeper than Python goes
        return


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; what a key means that stands twice in it is open (RFC 8259, 4)."""
    made = dict(pairs)
    if len(made) < len(pairs) and any(made[key] != value for key, value in pairs):
        made[AMBIGUOUS] = True
    return made


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float("-inf" if digits.startswith("-") else "inf")
