"""Draw everything that people look at, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_record import MapRecord
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.stack import WeightedStack
from cmrmap.core.text_section import TextSection
from cmrmap.report.captures import Capture, draw_capture
from cmrmap.report.html import write_html
from cmrmap.report.page import draw_page
from cmrmap.report.report_model import report_model
from cmrmap.report.text_sections import text_sections
from cmrmap.results import StudyResult


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn.

    Attributes
    ----------
    pdf : a summary page and pages of detail; None where not wanted
    html : self-contained; None where not wanted
    captures : one picture per map and slice; empty where not wanted
    sections : the report without pictures; empty where not wanted
    """

    pdf: bytes | None = None
    html: str | None = None
    captures: tuple[Capture, ...] = ()
    sections: tuple[TextSection, ...] = ()


def draw_report(
    results: StudyResult,
    volumes: Sequence[MapVolume],
    stacks: Sequence[WeightedStack],
    identity: StudyIdentity | None = None,
    records: Sequence[MapRecord] = (),
    *,
    report: bool = True,
    captures: bool = True,
    text: bool = True,
    published: bool = True,
) -> Drawing:
    """Return the page as PDF and HTML, its words alone, and the pictures; the same input gives the same bytes.

    Parameters
    ----------
    results : numbers and findings
    volumes : the maps that were made
    stacks : the weighted images that the maps lie on
    identity : who and what the study is; None: the report does not say
    records : how the maps came about; the HTML shows pixels, images and fits of the maps that have one
    report, captures, text : False leaves those out; ``text`` is the report without pictures
    published : whether a published range stands beside a value that the site has no range for

    Returns
    -------
    Drawing
        what was asked for
    """
    if not (report or captures or text):
        return Drawing()
    model = report_model(results, volumes, stacks, identity, records, published=published)
    pictures = tuple(draw_capture(model, one, panel) for one in model.maps for panel in one.panels if captures)
    sections = text_sections(model) if text else ()
    if not report:
        return Drawing(captures=pictures, sections=sections)
    return Drawing(draw_page(model), write_html(model), pictures, sections)
