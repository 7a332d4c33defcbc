"""The pages of detail: every slice and segment of every map, every finding, method and sources. Nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from cmrmap.report.content import SliceContent
from cmrmap.report.finding_content import FindingContent
from cmrmap.report.fonts import BOLD, REGULAR
from cmrmap.report.report_model import MapReport, ReportModel
from cmrmap.report.rows import flag_colour, marks
from cmrmap.report.sheet import AMBER, INK, PALE, RED, SOFT, Colour, Sheet

if TYPE_CHECKING:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Flowable, Table

_SIZE = 7.4
_SEGMENTS_A_LINE = 6


def detail_story(report: ReportModel, width: float) -> list[Flowable]:
    """Return what the pages of detail hold, to be laid out on as many as it takes.

    Parameters
    ----------
    report : what is reported of the study
    width : of the pages' frame, in points
    """
    story: list[Flowable] = []
    for one in report.maps:
        story += _of_map(one, width)
    story += _of_findings(report)
    story += [_heading("Method and sources"), _words(report.method)]
    story += [_words(one.reference.citation) for one in report.maps if one.reference.citation]
    if any(one.reference.citation for one in report.maps):
        story.append(
            _words(
                "Published values are for orientation only: they depend on scanner, sequence and software. No z-score "
                "is calculated from them. A site's own ranges replace them (cmrmap reference-ranges)."
            )
        )
    return story


def _of_map(of_map: MapReport, width: float) -> list[Flowable]:
    from reportlab.platypus import KeepTogether

    content, reference = of_map.content, of_map.reference
    if not of_map.made:
        return [KeepTogether([_heading(content.title), _words(f"not made: {content.reason or 'no value'}")])]
    facts = [
        f"mean {content.value} (± standard error of the mean)",
        f"SD of {content.patient.n_pixels} pixels {content.patient.sd} {content.unit}",
        *content.facts,
        reference.headline and f"{reference.headline} ({reference.source})",
    ]
    head = [_heading(content.title), _words("; ".join(fact for fact in facts if fact))]
    if content.reason:
        head.append(_words(content.reason, colour=RED))
    return [KeepTogether(head), _slices(of_map, width), *_segments(of_map, width)]


def _slices(of_map: MapReport, width: float) -> Table:
    content, reference = of_map.content, of_map.reference
    heads = [
        "slice",
        f"mean ± standard error [{content.unit}]",
        f"SD of pixels [{content.unit}]",
        "pixels",
        "images used",
        "contours replaced",
        f"reference [{content.unit}]" if reference.ranges else "",
        "z-score" if reference.z else "",
        "findings",
    ]
    rows: list[list[object]] = []
    spans: list[tuple[object, ...]] = []  # row 0 holds the heads
    for one in content.slices:
        numbers = of_map.numbers_of_findings(one.slice_index)
        found = _words(marks(numbers, len(numbers)), BOLD, flag_colour(of_map, numbers))
        if not one.made:
            reason = _words(f"{one.status}: {one.reason}", colour=RED)
            rows.append([one.label, reason, "", "", "", "", "", "", found])
            spans.append(("SPAN", (1, len(rows)), (7, len(rows))))
            _add_by_network(rows, spans, one)
            continue
        z = reference.z.get(one.slice_index, "").removeprefix("z ")
        middle = [one.region.mean, one.region.sd, str(one.region.n_pixels), one.images, str(one.n_refined)]
        rows.append([one.label, *middle, reference.ranges.get(one.slice_index, ""), z, found])
        _add_by_network(rows, spans, one)
    return _table(heads, rows, [0.09, 0.15, 0.11, 0.07, 0.09, 0.1, 0.11, 0.07, 0.21], width, spans)


def _add_by_network(rows: list[list[object]], spans: list[tuple[object, ...]], one: SliceContent) -> None:
    if not one.by_network:
        return
    rows.append(["", _words(one.with_network, colour=SOFT), "", "", "", "", "", "", ""])
    spans.append(("SPAN", (1, len(rows)), (8, len(rows))))


def _segments(of_map: MapReport, width: float) -> list[Flowable]:
    by_slice: dict[str, list[str]] = {}
    indices = {one.label: one.slice_index for one in of_map.content.slices}
    for one in of_map.content.segments:
        z = of_map.reference.z_of_segments.get((indices[one.label], one.aha), "")
        cell = f"{one.aha}:  {one.region.mean}" + (f"  ({z})" if z else "")
        by_slice.setdefault(one.label, []).append(cell)
    if not by_slice:
        return []
    heads = [f"AHA segments, mean ± standard error [{of_map.content.unit}]"] + [""] * _SEGMENTS_A_LINE
    rows: list[list[object]] = []
    for label, cells in by_slice.items():
        for start in range(0, len(cells), _SEGMENTS_A_LINE):
            line = cells[start : start + _SEGMENTS_A_LINE]
            rows.append([label if start == 0 else "", *line, *[""] * (_SEGMENTS_A_LINE - len(line))])
    shares = [0.1] + [0.15] * _SEGMENTS_A_LINE
    return [_table(heads, rows, shares, width, [("SPAN", (0, 0), (-1, 0))])]


def _of_findings(report: ReportModel) -> list[Flowable]:
    from reportlab.platypus import KeepTogether

    story: list[Flowable] = [_heading("Findings")]
    if not report.warned:
        story.append(_words("No warnings."))
    for group in report.finding_groups:
        told = [_finding(one) for one in group.findings]
        story += [KeepTogether([_words(group.title, BOLD, before=4.0), told[0]]), *told[1:]]
    return story


def _finding(one: FindingContent) -> Flowable:
    colour = {"error": RED, "warning": AMBER}.get(one.severity, SOFT)
    mark = f"{one.number}. {one.severity}" if one.number else "note"
    detail = f" <font color='{_hex(SOFT)}'>[{_known(one.detail)}]</font>" if one.detail else ""
    return _paragraph(f"<font color='{_hex(colour)}' name='{BOLD}'>{mark}</font>  {_known(one.sentence)}{detail}")


def _table(
    heads: Sequence[str],
    rows: Sequence[Sequence[object]],
    shares: Sequence[float],
    width: float,
    more: Sequence[tuple[object, ...]] = (),
) -> Table:
    from reportlab.platypus import Table

    style = [
        ("FONT", (0, 0), (-1, -1), REGULAR, _SIZE),
        ("TEXTCOLOR", (0, 0), (-1, 0), _colour(SOFT)),
        ("LINEBELOW", (0, 0), (-1, 0), 0.5, _colour(PALE)),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 1.2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        *more,
    ]
    table = Table(
        [list(heads), *map(list, rows)],
        colWidths=[share * width for share in shares],
        repeatRows=1,
        splitInRow=1,
        style=style,
    )
    table.spaceBefore, table.spaceAfter, table.hAlign = 2, 5, "LEFT"
    return table


def _heading(words: str) -> Flowable:
    return _paragraph(_known(words), BOLD, 11.0, before=7.0, keep=1)


def _words(words: str, font: str = REGULAR, colour: Colour = INK, before: float = 1.0) -> Flowable:
    return _paragraph(_known(words), font, colour=colour, before=before)


def _paragraph(
    markup: str, font: str = REGULAR, size: float = _SIZE, colour: Colour = INK, before: float = 1.0, keep: int = 0
) -> Flowable:
    from reportlab.platypus import Paragraph

    return Paragraph(markup, _style(font, size, colour, before, keep))


def _style(font: str, size: float, colour: Colour, before: float, keep: int) -> ParagraphStyle:
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        "words",
        fontName=font,
        fontSize=size,
        leading=size * 1.25,
        textColor=_colour(colour),
        spaceBefore=before,
        spaceAfter=1.0,
        keepWithNext=keep,
        spaceShrinkage=0,
    )


def _known(words: str) -> str:
    return escape(Sheet.known(words))


def _colour(colour: Colour) -> object:
    from reportlab.lib.colors import Color

    return Color(*colour)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in colour)
