"""A phantom study's truth.json, read back: a damaged one is refused with one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cmrmap.core.errors import InputError

TRUTH_NAME = "truth.json"


def read_truth_summary(folder: Path, positions: bool = False) -> dict[str, Any]:
    """Return the content of truth.json, see `cmrmap.phantom.truth_files.truth_summary`.

    Parameters
    ----------
    folder : a study's folder ``truth``
    positions : whether every slice must have its position

    Returns
    -------
    dict
        ``maps`` holds an object with ``patient`` and ``slices`` of at least one map

    Raises
    ------
    InputError
        the file is missing, damaged, or of something else
    """
    why = ""
    document: Any = None
    try:
        document = json.loads((folder / TRUTH_NAME).read_text(encoding="utf-8"))
    except OSError:
        why = "cannot be read"
    except (ValueError, RecursionError):
        why = "is not JSON (damaged or cut off)"
    if not why and not _is_truth(document):
        why = "has no maps with patient and slices"
    if not why and positions and not all(_has_position(one) for one in _slices(document)):
        why = "has slices without a position"
    if why:
        raise InputError(f"a phantom study's {TRUTH_NAME} {why}; write the study again with `cmrmap phantom`")
    return dict(document)


def _is_truth(document: Any) -> bool:
    maps = document.get("maps") if isinstance(document, dict) else None
    return isinstance(maps, dict) and bool(maps) and all(_is_map(one) for one in maps.values())


def _is_map(found: Any) -> bool:
    if not (isinstance(found, dict) and isinstance(found.get("patient"), dict) and "mean" in found["patient"]):
        return False
    slices = found.get("slices")
    return isinstance(slices, list) and bool(slices) and all(_is_slice(one) for one in slices)


def _is_slice(found: Any) -> bool:
    if not (isinstance(found, dict) and {"slice_index", "mean", "segments"} <= set(found)):
        return False
    parts = found["segments"]
    return isinstance(parts, list) and all(isinstance(one, dict) and {"aha", "mean"} <= set(one) for one in parts)


def _slices(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for found in document["maps"].values() for one in found["slices"]]


def _has_position(found: dict[str, Any]) -> bool:
    place = found.get("position_mm")
    return isinstance(place, list) and len(place) == 3 and all(isinstance(one, int | float) for one in place)
