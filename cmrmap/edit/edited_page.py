"""The report's page with what editing needs; after a change its numbers first, then what of the page is new."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files
from typing import Any

import numpy as np

from cmrmap.core.arrays import LabelArray
from cmrmap.edit.editable import why_not_editable
from cmrmap.edit.outline import borders_of
from cmrmap.edit.session import EditSession
from cmrmap.report.content import MapContent, map_content
from cmrmap.report.html import Addition, page_parts, write_html
from cmrmap.results import StudyResult

_SCRIPTS = ("outline", "history", "handles", "client", "bar", "editor", "begin")
_DIGITS = 2  # of a place in the image: a hundredth of a pixel


def whole_page(session: EditSession) -> str:
    """Return the page as it is opened.

    Parameters
    ----------
    session : whose study it shows
    """
    folder = files("cmrmap.edit").joinpath("viewer")
    script = "\n".join(folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    style = folder.joinpath("edit.css").read_text(encoding="utf-8")
    data = {
        "slices": _slices(session),
        "closed": _closed(session),
        "edits": _edits(session),
        **changed_numbers(session),
    }
    return write_html(session.report(), Addition(style, script, data))


def changed_numbers(session: EditSession) -> dict[str, Any]:
    """Return the means of slices and patient that are not what they were at the start, and what is not saved.

    Parameters
    ----------
    session : whose study it is
    """
    before = session.first.one("results", StudyResult)
    return {"rows": _rows(before, session.results), "unsaved": session.unsaved}


def changed_page(session: EditSession, have: Collection[str]) -> dict[str, Any]:
    """Return the page after a change: its text, and the arrays that are not there yet.

    Parameters
    ----------
    session : whose study it shows
    have : names of the arrays that the browser has
    """
    parts = page_parts(session.report())
    missing = {name: text for name, text in parts.arrays.items() if name not in have}
    return {"page": parts.text, "arrays": missing}


def _rows(before: StudyResult, after: StudyResult) -> list[dict[str, str]]:
    rows = []
    old = {one.kind: map_content(one) for one in before.listed}
    for content in map(map_content, after.listed):
        for (label, was), (_, now) in zip(_means(old[content.kind]), _means(content), strict=True):
            if was != now:
                names = {"map": content.title, "unit": content.unit}
                rows.append({**names, "slice": label, "before": was, "after": now})
    return rows


def _means(content: MapContent) -> list[tuple[str, str]]:
    slices = [(f"slice {part.label}", part.region.mean if part.made else "none") for part in content.slices]
    return [*slices, ("patient", content.patient.mean)]


def _slices(session: EditSession) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for (kind, index), one in session.slices.items():
        same = np.array_equal(one.start, one.network)
        lines = {"start": _lines(one.start), "network": None if same else _lines(one.network)}
        out.setdefault(kind.value, {})[str(index)] = {"time": one.time_index, "name": one.name, **lines}
    return out


def _closed(session: EditSession) -> dict[str, list[str]]:
    """Return by map one line for every slice that cannot be edited."""
    out: dict[str, list[str]] = {}
    for (kind, index), reason in why_not_editable(session.first).items():
        line = f"Slice {index + 1} cannot be edited here: {reason}. Correct its contour in a viewer."
        out.setdefault(kind.value, []).append(line)
    return out


def _lines(labels: LabelArray) -> dict[str, list[list[float]]]:
    borders = borders_of(labels)
    lines = {"epicardium": borders.epicardium, "endocardium": borders.endocardium}
    return {name: line.round(_DIGITS).tolist() for name, line in lines.items() if line is not None}


def _edits(session: EditSession) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in session.changes]
