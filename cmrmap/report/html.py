"""The report as one HTML file that needs nothing else.

How it looks is in templates/report.html.jinja2 and report.css, how it is worked with in the script, templates/viewer.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cmrmap.core.memo import remembered
from cmrmap.regional.aha import SEGMENT_NAMES
from cmrmap.report.bullseye import FilledWedge
from cmrmap.report.content import MapContent
from cmrmap.report.panels import Line
from cmrmap.report.report_model import MapReport, ReportModel
from cmrmap.report.scales import RgbArray, lookup_table
from cmrmap.report.viewer_data import ViewerData, viewer_data

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

#: the page's script, in the order in which its parts need each other
_SCRIPTS = (
    "arrays",
    "signal",
    "region",
    "motion",
    "words",
    "plot",
    "explanation",
    "map_pixels",
    "slice_view",
    "controls",
    "map_section",
    "start",
)


@dataclass(frozen=True, slots=True)
class _Figure:
    """One slice; its picture is a data URI, its contours are in shares of its side."""

    slice_index: int
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

    source: MapReport
    content: MapContent
    facts: tuple[str, ...]
    figures: tuple[_Figure, ...]
    scale: _Scale
    wedges: tuple[FilledWedge, ...]
    interactive: bool


@dataclass(frozen=True, slots=True)
class _Inline:
    """Style or script in the page, and its digest: the page's own rule lets nothing else run."""

    text: Markup
    digest: str


@dataclass(frozen=True, slots=True)
class Addition:
    """What a page has more where the program that shows it answers: the page itself is worked with by it too.

    Attributes
    ----------
    style, script : after the report's own
    data : what the script reads from the element "edit-data"
    """

    style: str
    script: str
    data: Any


@dataclass(frozen=True, slots=True)
class PageParts:
    """A page, and apart from it the packed arrays that it names: whoever has some of them already need not get them.

    Attributes
    ----------
    text : the page without them, without style and script
    arrays : by their names
    """

    text: str
    arrays: Mapping[str, str]


def write_html(report: ReportModel, added: Addition | None = None) -> str:
    """Return the page; the same content gives the same text.

    Parameters
    ----------
    report : what is reported of the study
    added : None: the page is a file that needs nothing else
    """
    data = viewer_data(report)
    return _page(report, data, added, whole=True)


def page_parts(report: ReportModel) -> PageParts:
    """Return the page in parts.

    Parameters
    ----------
    report : what is reported of the study
    """
    data = viewer_data(report)
    return PageParts(_page(report, data, None, whole=False), data.blobs)


def _page(report: ReportModel, data: ViewerData, added: Addition | None, *, whole: bool) -> str:
    scripts = ('"use strict";', *(_file("viewer", f"{name}.js") for name in _SCRIPTS))
    return _template().render(
        report=report,
        maps=[_section(one) for one in report.maps],
        interactive=bool(data.blobs),
        style=_inline("\n".join((_file("report.css"), *([added.style] if added else [])))),
        script=_inline("\n".join((*scripts, *([added.script] if added else [])))),
        names=_json({str(aha): name for aha, name in SEGMENT_NAMES.items()}),
        document=_json(data.document),
        blobs=data.blobs if whole else {},
        whole=whole,
        added=_json(added.data) if added else None,
    )


def _file(*names: str) -> str:
    return files("cmrmap.report").joinpath("templates", *names).read_text(encoding="utf-8")


def _inline(text: str) -> _Inline:
    from markupsafe import Markup

    digest = base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
    return _Inline(Markup(text), f"sha256-{digest}")


def _json(content: Any) -> Markup:
    """Return JSON that no word of the study can end: "<" is written as an escape."""
    from markupsafe import Markup

    words = json.dumps(content, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return Markup(words.replace("<", "\\u003c"))


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
    return _Section(
        source=of_map,
        content=content,
        facts=content.beside_mean,
        figures=tuple(
            _Figure(one.slice_index, labels[one.slice_index], _png(one.picture[::2, ::2]), tuple(one.contours))
            for one in of_map.panels
        ),
        scale=_Scale(
            _png(lookup_table(scale.colours)[::-1, None]), tuple((tick, scale.fraction(tick)) for tick in scale.ticks)
        ),
        wedges=of_map.wedges,
        interactive=of_map.record is not None and of_map.made,
    )


@remembered
def _png(pixels: RgbArray) -> str:
    from PIL import Image

    target = BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return "data:image/png;base64," + base64.b64encode(target.getvalue()).decode("ascii")
