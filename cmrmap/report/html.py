"""The report as one HTML file that needs nothing else; how it looks is in templates/report.html.jinja2."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.report import text
from cmrmap.report.bullseye import FilledWedge, filled_wedges
from cmrmap.report.content import MapContent, map_content
from cmrmap.report.panels import Line, Panel
from cmrmap.report.scales import SCALES, RgbArray, lookup_table
from cmrmap.results import MapResult, StudyResult

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True, slots=True)
class _Figure:
    """One slice; its picture is a data URI, its contours are in shares of its side."""

    label: str
    picture: str
    contours: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class _Scale:
    """A colour bar: its picture, and the values that it names with their place on it, 0-1."""

    picture: str
    ticks: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Section:
    """One map; without figures it says why it was not made."""

    content: MapContent
    facts: tuple[str, ...]
    figures: tuple[_Figure, ...]
    scale: _Scale
    wedges: tuple[FilledWedge, ...]


def write_html(results: StudyResult, panels: Mapping[MapKind, Sequence[Panel]], identity: StudyIdentity | None) -> str:
    """Return the page; the same content gives the same text.

    Parameters
    ----------
    results : the numbers and findings
    panels : per map, the slices that have values
    identity : who and what the study is; None: the page does not say
    """
    found, faulty = text.findings(results), text.faulty(results)
    return _template().render(
        person=text.person(identity),
        study=text.study_line(identity),
        hematocrit=text.hematocrit_line(results),
        provenance=text.provenance_line(results),
        maps=[_section(one, panels.get(one.kind, ()), one.kind in faulty) for one in results.listed],
        findings=found,
        warned=any(severity != "info" for severity, _ in found),
        method=text.METHOD,
        research=text.RESEARCH,
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # takes time, and only drawing needs it

    engine = Environment(
        loader=PackageLoader("cmrmap.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return engine.get_template("report.html.jinja2")


def _section(result: MapResult, panels: Sequence[Panel], faulty: bool) -> _Section:
    content, scale = map_content(result, faulty=faulty), SCALES[result.kind]
    labels = {one.slice_index: one.label for one in content.slices}
    facts = (
        f"SD {content.patient.sd} {content.unit}",
        f"{content.patient.n_pixels} pixels",
        f"mid septum {content.mid_septum}" if content.mid_septum else "",
        f"blood {content.blood}" if content.blood else "",
        content.slices_made,
        content.model,
        f"times from {content.timing_source}" if content.timing_source else "",
    )
    return _Section(
        content=content,
        facts=tuple(fact for fact in facts if fact),
        figures=tuple(
            _Figure(labels[one.slice_index], _png(one.picture[::2, ::2]), tuple(one.contours)) for one in panels
        ),
        scale=_Scale(
            _png(lookup_table(scale.colours)[::-1, None]), tuple((tick, scale.fraction(tick)) for tick in scale.ticks)
        ),
        wedges=filled_wedges(result),
    )


def _png(pixels: RgbArray) -> str:
    from PIL import Image

    target = BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")
