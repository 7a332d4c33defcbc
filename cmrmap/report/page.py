"""The report as PDF, A4 landscape: a summary page, then as many pages of detail as there is to say."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING

from cmrmap.report.detail import detail_story
from cmrmap.report.fonts import BOLD, REGULAR, register_fonts
from cmrmap.report.report_model import ReportModel
from cmrmap.report.sheet import EDGE_MM, HEIGHT_MM, PALE, SOFT, WIDTH_MM, Sheet
from cmrmap.report.wall_page import draw_wall

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas
    from reportlab.platypus import BaseDocTemplate

_TOP_MM, _FOOT_MM = 15.0, 11.0


def draw_page(report: ReportModel) -> bytes:
    """Return the report as a PDF; the same content gives the same bytes.

    Parameters
    ----------
    report : what is reported of the study
    """
    with _binary_streams():
        n_pages = _document(report, 0)[1]
        return _document(report, n_pages)[0]


@contextlib.contextmanager
def _binary_streams() -> Iterator[None]:
    """Leave pictures and pages as bytes: as text they take a quarter more room, and seconds to write."""
    from reportlab import rl_config

    before, rl_config.useA85 = rl_config.useA85, 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _document(report: ReportModel, n_pages: int) -> tuple[bytes, int]:
    """Return the PDF and how many pages it has.

    ``n_pages`` is how many it has by its feet; 0: they are counted, and what always fills one page is left out.
    """
    from reportlab.platypus import BaseDocTemplate, Frame, NextPageTemplate, PageBreak, PageTemplate, Spacer

    register_fonts()
    target, points = BytesIO(), Sheet.points

    def wall(canvas: Canvas, _: BaseDocTemplate) -> None:
        if not n_pages:
            return
        sheet = Sheet(canvas, HEIGHT_MM)
        draw_wall(sheet, report)
        _foot(sheet, report, 1, n_pages)

    def detail(canvas: Canvas, document: BaseDocTemplate) -> None:
        sheet = Sheet(canvas, HEIGHT_MM)
        _running_head(sheet, report)
        _foot(sheet, report, document.page, n_pages)

    width, height = points(WIDTH_MM - 2 * EDGE_MM), points(HEIGHT_MM - _TOP_MM - _FOOT_MM)
    place = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    frame = Frame(points(EDGE_MM), points(_FOOT_MM), width, height, **place)
    document = BaseDocTemplate(
        target,
        pagesize=(points(WIDTH_MM), points(HEIGHT_MM)),
        invariant=1,  # neither time nor a random identifier of this run
        pageCompression=1,
        title="Myocardial tissue maps",
        author="CMRmap",
        subject=report.research,
        creator=f"CMRmap {report.version}",
        pageTemplates=[
            PageTemplate("wall", [frame], onPage=wall),
            PageTemplate("detail", [frame], onPage=detail),
        ],
    )
    document.build([Spacer(1, 1), NextPageTemplate("detail"), PageBreak(), *detail_story(report, width)])
    return target.getvalue(), document.page


def _running_head(sheet: Sheet, report: ReportModel) -> None:
    left, right = EDGE_MM, WIDTH_MM - EDGE_MM
    sheet.text(left, 9.4, "Myocardial tissue maps - detail", BOLD, 9.5)
    who = "   ".join(report.person)
    sheet.text(right, 9.4, sheet.known(who), REGULAR, 8.5, SOFT, "right", longest_mm=170.0)
    sheet.rule(left, right, 11.8, PALE)


def _foot(sheet: Sheet, report: ReportModel, page: int, n_pages: int) -> None:
    left, right, base = EDGE_MM, WIDTH_MM - EDGE_MM, HEIGHT_MM - 5.2
    sheet.rule(left, right, HEIGHT_MM - 8.6, PALE)
    sheet.text(left, base, report.provenance, REGULAR, 6.6, SOFT, longest_mm=180.0)
    sheet.text(right, base, f"{report.research} · page {page} of {n_pages}", BOLD, 7.0, SOFT, "right")
