"""The report's page with what editing needs; after a change its numbers first, then what of the page is new."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Any

import numpy as np

from cmrmap.core.arrays import LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import remembering
from cmrmap.edit.editable import why_not_editable
from cmrmap.edit.marked_slices import insertion_angles
from cmrmap.edit.outline import borders_of
from cmrmap.edit.session import EditSession
from cmrmap.report.content import MapContent, map_content
from cmrmap.report.html import Addition, page_parts, write_html
from cmrmap.results import StudyResult

_SCRIPTS = ("outline", "history", "points", "handles", "left_out", "client", "bar", "editor", "begin")
_TAKE_BACK = "Take it back below and save; its contour can be edited after the next start of cmrmap edit."
_NO_VALUE = "none"
_PATIENT = 1_000_000  # no slice has this index
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
        "marks": _marks(session),
        "edits": _edits(session),
        **changed_numbers(session),
    }
    return write_html(session.report(), Addition(style, script, data))


def changed_numbers(session: EditSession) -> dict[str, Any]:
    """Return the means that are not what they were at the start, where the insertion points are, what is not saved.

    Parameters
    ----------
    session : whose study it is
    """
    before = session.first.one("results", StudyResult)
    with remembering(session.memo):
        points = insertion_angles(session.now)
    return {"rows": _rows(before, session.results), "points": _by_map(points), "unsaved": session.unsaved}


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
        means, were = _means(content), _means(old[content.kind])
        for index, label in sorted({**_labels(content), **_labels(old[content.kind])}.items()):
            was, now = were.get(index, _NO_VALUE), means.get(index, _NO_VALUE)
            if was != now:
                names = {"map": content.title, "unit": "" if now == _NO_VALUE else content.unit}
                rows.append({**names, "slice": label, "before": was, "after": now})
    return rows


def _labels(content: MapContent) -> dict[int, str]:
    """Slices first, the patient last."""
    slices = {part.slice_index: f"slice {part.label}" for part in content.slices}
    return {**slices, _PATIENT: "patient"}


def _means(content: MapContent) -> dict[int, str]:
    slices = {part.slice_index: part.region.mean for part in content.slices if part.made}
    return {**slices, _PATIENT: content.patient.mean} if slices else {}


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
        advice = _TAKE_BACK if (kind, index) in session.marked else "Correct its contour in a viewer."
        line = f"Slice {index + 1} cannot be edited here: {reason}. {advice}"
        out.setdefault(kind.value, []).append(line)
    return out


def _marks(session: EditSession) -> dict[str, dict[str, Any]]:
    return _by_map(
        {
            place: {"name": one.name, "segments": one.segments, "start": one.start.model_dump(mode="json")}
            for place, one in session.marked.items()
        }
    )


def _by_map(told: Mapping[tuple[MapKind, int], Any]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for (kind, index), one in told.items():
        out.setdefault(kind.value, {})[str(index)] = one
    return out


def _lines(labels: LabelArray) -> dict[str, list[list[float]]]:
    borders = borders_of(labels)
    lines = {"epicardium": borders.epicardium, "endocardium": borders.endocardium}
    return {name: line.round(_DIGITS).tolist() for name, line in lines.items() if line is not None}


def _edits(session: EditSession) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in session.changes]
