"""JSON of a site's own (model card, reference ranges): a key that stands twice is told, not chosen from."""

from __future__ import annotations

import json
from typing import Any


class RepeatedKeyError(ValueError):
    """One key stands twice in an object: which of the two is meant is open (RFC 8259, 4)."""


def parse_json(content: str | bytes) -> Any:
    """Return the document.

    Parameters
    ----------
    content : of the file

    Raises
    ------
    RepeatedKeyError
        a key stands twice in an object
    ValueError
        it is no JSON
    """
    return json.loads(content, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise RepeatedKeyError(f"the key {key[:60]!r} occurs twice in it; keep one of them")
        made[key] = value
    return made
