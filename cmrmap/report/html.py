"""The report as one HTML file that needs nothing else; how it looks is in templates/report.html.jinja2."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from cmrmap.report.bullseye import FilledWedge
from cmrmap.report.content import MapContent
from cmrmap.report.panels import Line
from cmrmap.report.report_model import MapReport, ReportModel
from cmrmap.report.scales import RgbArray, lookup_table

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


def write_html(report: ReportModel) -> str:
    """Return the page; the same content gives the same text.

    Parameters
    ----------
    report : what is reported of the study
    """
    return _template().render(report=report, maps=[_section(one) for one in report.maps])


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


def _section(of_map: MapReport) -> _Section:
    content, scale = of_map.content, of_map.scale
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
            _Figure(labels[one.slice_index], _png(one.picture[::2, ::2]), tuple(one.contours)) for one in of_map.panels
        ),
        scale=_Scale(
            _png(lookup_table(scale.colours)[::-1, None]), tuple((tick, scale.fraction(tick)) for tick in scale.ticks)
        ),
        wedges=of_map.wedges,
    )


def _png(pixels: RgbArray) -> str:
    from PIL import Image

    target = BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")
