"""The report's page with what editing needs, and what of it is new after a change."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files
from typing import Any

from cmrmap.core.arrays import LabelArray
from cmrmap.edit.outline import borders_of
from cmrmap.edit.session import EditSession
from cmrmap.report.html import Addition, page_parts, write_html
from cmrmap.report.report_model import MapReport, ReportModel

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
    data = {"slices": _slices(session), "edits": _edits(session), **_state(session)}
    return write_html(session.report, Addition(style, script, data))


def changed_page(session: EditSession, have: Collection[str]) -> dict[str, Any]:
    """Return the page after a change: its text, the arrays that are not there yet, and what changed.

    Parameters
    ----------
    session : whose study it shows
    have : names of the arrays that the browser has
    """
    parts = page_parts(session.report)
    missing = {name: text for name, text in parts.arrays.items() if name not in have}
    return {"page": parts.text, "arrays": missing, **_state(session)}


def _state(session: EditSession) -> dict[str, Any]:
    before = session.first.one("drawing", ReportModel)
    return {"rows": _rows(before, session.report), "unsaved": session.unsaved}


def _rows(before: ReportModel, after: ReportModel) -> list[dict[str, str]]:
    """Return the numbers of slices and patient that are not what they were at the start, both beside each other."""
    rows = []
    old = {one.kind: one for one in before.maps}
    for one in after.maps:
        for (label, was), (_, now) in zip(_means(old[one.kind]), _means(one), strict=True):
            if was != now:
                title, unit = one.content.title, one.content.unit
                rows.append({"map": title, "slice": label, "before": was, "after": now, "unit": unit})
    return rows


def _means(one: MapReport) -> list[tuple[str, str]]:
    content = one.content
    slices = [(f"slice {part.label}", part.region.mean if part.made else "none") for part in content.slices]
    return [*slices, ("patient", content.patient.mean)]


def _slices(session: EditSession) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for (kind, index), one in session.slices.items():
        same = one.start is one.network
        lines = {"start": _lines(one.start), "network": None if same else _lines(one.network)}
        out.setdefault(kind.value, {})[str(index)] = {"time": one.time_index, "name": one.name, **lines}
    return out


def _lines(labels: LabelArray) -> dict[str, list[list[float]]]:
    borders = borders_of(labels)
    lines = {"epicardium": borders.epicardium, "endocardium": borders.endocardium}
    return {name: line.round(_DIGITS).tolist() for name, line in lines.items() if line is not None}


def _edits(session: EditSession) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in session.changes]
