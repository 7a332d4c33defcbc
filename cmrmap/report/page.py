"""The one page: A4 landscape, one row a map with headline, slices, bull's-eye and table; findings below."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from cmrmap.report.fonts import BOLD, REGULAR, can_show, register_fonts, width
from cmrmap.report.report_model import ReportModel
from cmrmap.report.rows import draw_row
from cmrmap.report.sheet import INK, PALE, RED, SOFT, Sheet

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

_WIDTH_MM, _HEIGHT_MM, _EDGE_MM = 297.0, 210.0, 9.0
_HEAD_MM, _GAP_MM = 19.0, 1.8
_ROWS_MM, _ROW_MM, _THIN_ROW_MM = 161.2, 38.5, 8.0
_LINE_MM = 3.7
_MOST_FINDINGS = 4


def draw_page(report: ReportModel) -> bytes:
    """Return the report as a PDF of one page; the same content gives the same bytes.

    Parameters
    ----------
    report : what is reported of the study
    """
    from reportlab.pdfgen.canvas import Canvas

    register_fonts()
    target = BytesIO()
    # invariant: neither time nor a random identifier of this run
    canvas = Canvas(
        target, pagesize=(Sheet.points(_WIDTH_MM), Sheet.points(_HEIGHT_MM)), invariant=1, pageCompression=1
    )
    canvas.setTitle("Myocardial tissue maps")
    canvas.setAuthor("CMRmap")
    canvas.setSubject(report.research)
    canvas.setCreator(f"CMRmap {report.version}")
    _draw(canvas, report)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def _draw(canvas: Canvas, report: ReportModel) -> None:
    sheet = Sheet(canvas, _HEIGHT_MM)
    left, right = _EDGE_MM, _WIDTH_MM - _EDGE_MM
    _head(sheet, report, left, right)
    top = _EDGE_MM + _HEAD_MM
    heights = _row_heights([one.made for one in report.maps])
    for one, height in zip(report.maps, heights, strict=True):
        draw_row(sheet, one, (left, top, right - left, height))
        top += height + _GAP_MM
    _foot(sheet, report, left, right, _EDGE_MM + _HEAD_MM + _ROWS_MM)


def _row_heights(made: Sequence[bool]) -> list[float]:
    """Return a height in mm for every map's row: where there are too many, maps that were not made get one line."""
    if len(made) * (_ROW_MM + _GAP_MM) <= _ROWS_MM + 1e-9:
        return [_ROW_MM] * len(made)
    left = _ROWS_MM - made.count(False) * (_THIN_ROW_MM + _GAP_MM)
    high = min(_ROW_MM, left / max(made.count(True), 1) - _GAP_MM)
    return [high if one else _THIN_ROW_MM for one in made]


def _head(sheet: Sheet, report: ReportModel, left: float, right: float) -> None:
    sheet.text(left, 14.0, "Myocardial tissue maps", BOLD, 17.0)
    label = width("RESEARCH USE ONLY", BOLD, 9.0) / Sheet.points(1.0)
    sheet.box(right - label - 6.0, 8.6, label + 6.0, 6.6, stroke=RED, radius_mm=1.2)
    sheet.text(right - 3.0, 13.0, "RESEARCH USE ONLY", BOLD, 9.0, RED, "right")
    known = list(report.person)
    if known and not can_show(known[0]):
        known = ["name in the DICOM header", *known[1:]]
    if known:
        sheet.text(left, 20.2, known[0], BOLD, 10.5)
        shift = width(known[0], BOLD, 10.5) / Sheet.points(1.0)
        rest = "".join(f"   {part}" for part in known[1:])
        sheet.text(left + shift, 20.2, rest if can_show(rest) else "", REGULAR, 10.5)
    line = report.study
    sheet.text(left, 25.0, line if can_show(line) else "", REGULAR, 8.5, SOFT)
    sheet.text(right, 20.2, report.hematocrit, REGULAR, 9.5, INK, "right", longest_mm=130.0)
    sheet.text(right, 25.0, report.provenance, REGULAR, 8.5, SOFT, "right")


def _foot(sheet: Sheet, report: ReportModel, left: float, right: float, top: float) -> None:
    found = [(one.severity, one.sentence) for one in report.findings if not one.is_note]
    n_notes = len(report.findings) - len(found)
    if n_notes:
        found.append(("info", f"{n_notes} note{'s' * (n_notes > 1)} of how the study was read and mapped: report.html"))
    shown = found[:_MOST_FINDINGS]
    if len(found) > len(shown):
        shown = found[: _MOST_FINDINGS - 1]
        shown.append(("info", f"{len(found) - len(shown)} more findings are in report.html and results.json"))
    base = top + 3.2
    sheet.text(left, base, "Findings", BOLD, 8.5)
    if not report.warned:
        shown.insert(0, ("info", "No warnings."))
    for severity, sentence in shown[:_MOST_FINDINGS]:
        if severity != "info":
            sheet.dot(left + 17.2, base - 1.0, 0.8, RED if severity == "error" else (0.85, 0.55, 0.0))
        sheet.text(left + 19.0, base, sentence, REGULAR, 8.5, longest_mm=right - left - 19.0)
        base += _LINE_MM
    sheet.rule(left, right, _HEIGHT_MM - 8.6, PALE)
    sheet.text(left, _HEIGHT_MM - 5.2, report.method, REGULAR, 6.6, SOFT, longest_mm=225.0)
    sheet.text(right, _HEIGHT_MM - 5.2, report.research, BOLD, 7.0, SOFT, "right")
