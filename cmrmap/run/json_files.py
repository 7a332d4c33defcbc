"""JSON that lies beside the images, read so that no content of it can end a run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

#: a key that no document has: set in an object that holds one key twice with two values
AMBIGUOUS = "\0 two values"
_MOST_BYTES = 32_000_000  # a larger file is no patient's laboratory values
#: bytes of memory that each sign of structure stands for once it is parsed (CPython 3.11: a little more than measured)
_PER_SIGN = {"{": 180, "[": 70, ":": 150, ",": 40, '"': 15}
_MOST_PARSED_BYTES = 400_000_000  # of all files together
_HALF_CHARACTER = re.compile(r"\\u[dD][89abABcdefCDEF]")
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
    return _documents(path, _MOST_PARSED_BYTES)[0]


def read_all_documents(paths: Sequence[Path]) -> list[Any]:
    """Return the documents of several files, in their order.

    A few bytes can make hundreds once they are parsed; so files that would take more memory than the documents of a
    patient do are not parsed. The smallest are read first: a large one costs none of them.

    Parameters
    ----------
    paths : of the files
    """
    left = _MOST_PARSED_BYTES
    found: dict[Path, list[Any]] = {}
    for path in sorted(paths, key=_size):
        found[path], taken = _documents(path, left)
        left -= taken
    return [document for path in paths for document in found[path]]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # it has gone by now, or cannot be read: nothing of it will be
        return 0


def _documents(path: Path, most_bytes: int) -> tuple[list[Any], int]:
    """Return the documents of a file, if they take no more memory, and how much they take."""
    if _size(path) > _MOST_BYTES:
        return [], 0
    try:
        content = path.read_bytes()
        text = content.decode(json.detect_encoding(content))
    except (OSError, UnicodeDecodeError, MemoryError):
        return [], 0
    taken = len(text) + sum(size * text.count(sign) for sign, size in _PER_SIGN.items())
    if taken > most_bytes:
        return [], 0
    parts = text.splitlines() if path.suffix.lower() == ".ndjson" else [text]
    return [document for part in parts if part.strip() for document in _parsed(part)], taken


def _parsed(text: str) -> Iterator[Any]:
    try:
        document = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
        if _HALF_CHARACTER.search(text):  # half a character (RFC 8259, 8.2), with which nothing can be written
            document = json.loads(json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"))
        yield document
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
