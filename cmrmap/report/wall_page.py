"""The first page, a summary: who, one row a map with its values, slices and bull's-eye, and the gravest findings."""

from __future__ import annotations

from cmrmap.report.finding_content import FindingContent
from cmrmap.report.fonts import BOLD, REGULAR, width
from cmrmap.report.report_model import ReportModel
from cmrmap.report.rows import draw_row
from cmrmap.report.sheet import AMBER, EDGE_MM, HEIGHT_MM, INK, RED, SOFT, WIDTH_MM, Sheet

_TOP_MM, _BOTTOM_MM, _GAP_MM = 28.0, HEIGHT_MM - 9.6, 1.8
_THIN_MM, _TALLEST_MM, _LINE_MM, _SIZE = 7.0, 112.0, 3.8, 8.5
_LEAST_FOUND_MM = 21.0  # of the findings, where there are some: five lines
_INDENT_MM = 7.0


def draw_wall(sheet: Sheet, report: ReportModel) -> None:
    """Draw the page but for its foot.

    Parameters
    ----------
    sheet : drawn on
    report : what is reported of the study
    """
    _head(sheet, report)
    room = _BOTTOM_MM - _TOP_MM
    found = _found_mm(report)
    made = [one for one in report.maps if one.made]
    rows = room - _GAP_MM * len(report.maps) - _THIN_MM * (len(report.maps) - len(made))
    high = min((rows - min(found, _LEAST_FOUND_MM)) / max(len(made), 1), _TALLEST_MM)
    if len(made) * high + found > rows:  # what is told goes before the size of pictures, down to a readable row
        high = max((rows - found) / max(len(made), 1), min(high, 36.0 if len(made) > 1 else 76.0))
    top = _TOP_MM
    for one in report.maps:
        height = high if one.made else _THIN_MM
        draw_row(sheet, one, (EDGE_MM, top, WIDTH_MM - 2 * EDGE_MM, height))
        top += height + _GAP_MM
    _findings(sheet, report, top)


def _head(sheet: Sheet, report: ReportModel) -> None:
    left, right = EDGE_MM, WIDTH_MM - EDGE_MM
    sheet.text(left, 14.0, "Myocardial tissue maps", BOLD, 17.0)
    label = width("RESEARCH USE ONLY", BOLD, 9.0) / Sheet.points(1.0)
    sheet.box(right - label - 6.0, 8.6, label + 6.0, 6.6, stroke=RED, radius_mm=1.2)
    sheet.text(right - 3.0, 13.0, "RESEARCH USE ONLY", BOLD, 9.0, RED, "right")
    told = width(report.hematocrit, REGULAR, 9.5) / Sheet.points(1.0)
    sheet.text(right, 20.2, report.hematocrit, REGULAR, 9.5, INK, "right", longest_mm=120.0)
    room = right - left - min(told, 120.0) - 6.0
    known = list(report.person)
    if known and sheet.known(known[0]) != known[0]:
        known = ["name in the DICOM header", *known[1:]]
    if known:
        rest = "".join(f"   {part}" for part in known[1:] if sheet.known(part) == part)
        size = 10.5 * min(room / max(_wide(known[0], BOLD, 10.5) + _wide(rest, REGULAR, 10.5), 1e-9), 1.0)
        sheet.text(left, 20.2, known[0], BOLD, size)
        sheet.text(left + _wide(known[0], BOLD, size), 20.2, rest, REGULAR, size)
    line = sheet.known(report.study)
    sheet.text(left, 25.0, line, REGULAR, 8.5 * min((right - left) / max(_wide(line, REGULAR, 8.5), 1e-9), 1.0), SOFT)


def _wide(words: str, font: str, size: float) -> float:
    return width(words, font, size) / Sheet.points(1.0)


def _lines(one: FindingContent) -> list[str]:
    return Sheet.wrapped(one.sentence, REGULAR, _SIZE, WIDTH_MM - 2 * EDGE_MM - 19.0 - _INDENT_MM)


def _found_mm(report: ReportModel) -> float:
    """Return the height of all the warnings and the line about notes."""
    n_lines = sum(len(_lines(one)) for one in report.findings if not one.is_note)
    return _LINE_MM * (max(n_lines, 1) + 1) + 1.0


def _findings(sheet: Sheet, report: ReportModel, top: float) -> None:
    """Write as many findings as fit; the last line says how many more, and where."""
    left, base = EDGE_MM, top + 3.2
    sheet.text(left, base, "Findings", BOLD, _SIZE)
    warned = [one for one in report.findings if not one.is_note]
    notes = len(report.findings) - len(warned)
    text_left = left + 19.0
    if not warned:
        sheet.text(text_left, base, "No warnings.", REGULAR, _SIZE)
        base += _LINE_MM
    left_over = len(warned)
    for one in warned:
        lines = _lines(one)
        last = _BOTTOM_MM - (_LINE_MM if left_over > 1 or notes else 0.0)
        if base + _LINE_MM * (len(lines) - 1) > last:
            break
        sheet.dot(text_left + 1.0, base - 1.0, 0.8, RED if one.severity == "error" else AMBER)
        sheet.text(text_left + 6.0, base, f"{one.number}", BOLD, _SIZE, INK, "right")
        for line in lines:
            sheet.text(text_left + _INDENT_MM, base, sheet.known(line), REGULAR, _SIZE)
            base += _LINE_MM
        left_over -= 1
    more = [f"{left_over} more finding{'s' * (left_over > 1)}"] if left_over else []
    more += [f"{notes} note{'s' * (notes > 1)} on how the study was read and mapped"] if notes else []
    if more:
        sheet.text(
            text_left + (_INDENT_MM if warned else 0.0), base, f"{' and '.join(more)}: next page", REGULAR, _SIZE, SOFT
        )
