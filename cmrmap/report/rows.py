"""One map's row of the page: headline, slices with contours and colour bar, bull's-eye, table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.core.statuses import MapStatus
from cmrmap.report.bullseye import filled_wedges
from cmrmap.report.content import MapContent, map_content
from cmrmap.report.fonts import BOLD, REGULAR, can_show
from cmrmap.report.panels import Panel
from cmrmap.report.scales import SCALES, lookup_table
from cmrmap.report.sheet import INK, PALE, PAPER, RED, SOFT, WHITE, Sheet
from cmrmap.results import MapResult

Box = tuple[float, float, float, float]  # left, top, width, height, mm

_HEADLINE_MM, _BAR_MM, _EYE_MM, _TABLE_MM = 40.0, 11.5, 37.5, 49.0
_EYE_RADIUS_MM = 17.8  # of a bull's-eye in a row of full height, whose type is chosen for it
_TWO_LINES_MM = 14.0  # what a row needs for title and status below one another
_MOST_SLICES = 10
_MOST_LINES = 9
_SMALL = 6.2  # type of a second line to a slice


def draw_row(sheet: Sheet, result: MapResult, panels: Sequence[Panel], box: Box, *, faulty: bool = False) -> None:
    """Draw the row of one map; a map that was not made says why.

    Parameters
    ----------
    sheet : drawn on
    result : the map's numbers
    panels : its slices that have values; none: it was not made
    box : of the row
    faulty : whether its values are not to be used; the headline says so
    """
    left, top, width, height = box
    content = map_content(result, faulty=faulty)
    sheet.box(left, top, width, height, fill=PAPER, radius_mm=1.2)
    if not panels:
        _not_made(sheet, content, box)
        return
    _headline(sheet, content, (left + 2.5, top, _HEADLINE_MM - 3.0, height))
    right = left + width
    pictures = width - _HEADLINE_MM - _BAR_MM - _EYE_MM - _TABLE_MM - 3.0
    used = _slices(sheet, content, panels, (left + _HEADLINE_MM, top + 1.4, pictures, height - 2.8))
    _bar(sheet, result, (left + _HEADLINE_MM + used + 1.2, top + 4.4, 2.6, height - 8.8))
    eye = (right - _TABLE_MM - _EYE_MM - 1.5, top + 0.8, _EYE_MM, height - 1.6)
    _bullseye(sheet, result, eye)
    _table(sheet, content, (right - _TABLE_MM, top + 1.0, _TABLE_MM - 2.0, height - 2.0))


def _not_made(sheet: Sheet, content: MapContent, box: Box) -> None:
    left, top, width, height = box
    thin = height < _TWO_LINES_MM
    middle = top + height / 2.0 + 1.0
    sheet.text(left + 2.5, middle + 0.4 if thin else top + 6.4, content.title, BOLD, 12.0 if not thin else 10.0)
    if not thin:
        colour = RED if content.status is MapStatus.REFUSED else SOFT
        sheet.text(left + 2.5, top + 12.4, "not made", BOLD, 10.0, colour)
    reason = content.reason or "no value"
    words = f"not made: {reason}" if thin else reason
    sheet.text(
        left + _HEADLINE_MM,
        middle,
        words if can_show(words) else "",
        REGULAR,
        9.0,
        SOFT,
        longest_mm=width - _HEADLINE_MM - 6.0,
    )


def _headline(sheet: Sheet, content: MapContent, box: Box) -> None:
    left, top, width, height = box
    sheet.text(left, top + 6.4, content.title, BOLD, 12.0)
    sheet.text(left, top + 14.6, content.value, BOLD, 14.5, RED if content.faulty else INK, longest_mm=width)
    # four lines have room: a map without blood keeps the model, which may be long, in one of its own
    last = [content.slices_made, content.model]
    lines = [
        "cannot be right: see below" if content.faulty else "",
        f"SD {content.patient.sd} {content.unit}, {content.patient.n_pixels} pixels",
        f"mid septum {content.mid_septum}" if content.mid_septum else "",
        f"blood {content.blood}" if content.blood else "",
        *(last if not content.blood else [", ".join(part for part in last if part)]),
    ]
    shown = [line for line in lines if line]
    first = top + 20.2
    step = min(4.0, (top + height - 2.0 - first) / max(len(shown) - 1, 1))
    for number, line in enumerate(shown):
        sheet.text(left, first + step * number, line, REGULAR, min(8.2, 2.6 * step), SOFT, longest_mm=width)


def _slices(sheet: Sheet, content: MapContent, panels: Sequence[Panel], box: Box) -> float:
    """Draw the slices side by side and return how wide they are; of very many, a choice over the whole length."""
    left, top, width, height = box
    choice = np.unique(np.linspace(0, len(panels) - 1, min(len(panels), _MOST_SLICES)).round().astype(int))
    labels = {one.slice_index: one.label for one in content.slices}
    gap = 0.8
    size = min(height - 3.6, (width - gap * (len(choice) - 1)) / len(choice))
    for place, number in enumerate(choice):
        panel = panels[int(number)]
        x, y = left + place * (size + gap), top + (height - 3.6 - size) / 2.0
        sheet.picture(panel.picture[::2, ::2], x, y, size, size)  # 300 px an inch at this size; half the file
        for line in panel.contours:
            points = [(x + u * size, y + v * size) for u, v in line]
            sheet.outline(points, stroke=(0.05, 0.05, 0.05), thick=0.7)
            sheet.outline(points, stroke=WHITE, thick=0.35)
        label = labels[panel.slice_index]
        sheet.text(x + size / 2.0, y + size + 3.0, label, REGULAR, 7.2, SOFT, "middle", longest_mm=size)
    return float(len(choice) * size + (len(choice) - 1) * gap)


def _bar(sheet: Sheet, result: MapResult, box: Box) -> None:
    left, top, width, height = box
    scale = SCALES[result.kind]
    sheet.picture(np.repeat(lookup_table(scale.colours)[::-1, None], 4, axis=1), left, top, width, height)
    sheet.text(left, top - 1.0, result.kind.unit, REGULAR, 6.6, SOFT)
    for tick in scale.ticks:
        y = top + height * (1.0 - scale.fraction(tick))
        sheet.rule(left + width, left + width + 0.9, y, SOFT)
        sheet.text(left + width + 1.4, y + 0.8, f"{tick:g}", REGULAR, 6.6, INK)


def _bullseye(sheet: Sheet, result: MapResult, box: Box) -> None:
    left, top, width, height = box
    radius = min(width, height) / 2.0 - 0.6
    middle_x, middle_y = left + width / 2.0, top + height / 2.0
    for one in filled_wedges(result):
        red, green, blue = (part / 255.0 for part in one.colour)
        points = [(middle_x + x * radius, middle_y - y * radius) for x, y in one.wedge.outline]
        sheet.outline(points, fill=(red, green, blue), stroke=WHITE, thick=0.6)
        x, y = one.wedge.middle
        size = (6.8 if len(one.label) < 5 else 6.2) * min(radius / _EYE_RADIUS_MM, 1.0)
        place = (middle_x + x * radius, middle_y - y * radius + 0.8)
        sheet.text(*place, one.label, REGULAR, size, WHITE if one.dark else INK, "middle")


def _table(sheet: Sheet, content: MapContent, box: Box) -> None:
    left, top, width, height = box
    right, slices = left + width, content.slices
    columns = (left + 1.0, left + 27.0, left + 35.5, right - 0.5)
    shown = slices[:_MOST_LINES]
    n_lines = len(shown) + sum(bool(one.by_network) for one in shown) + (len(slices) > len(shown))
    step = min(4.6, (height - 6.0) / max(n_lines, 1))
    size = 7.6 if step > 3.8 else 6.6
    base = top + 4.6
    heads = ("slice", f"mean ± error [{content.unit}]", "SD", "images")
    for x, head, anchor in zip(columns, heads, ("left", "right", "right", "right"), strict=True):
        sheet.text(x, base, head, REGULAR, 6.4, SOFT, anchor)
    sheet.rule(left, right, base + 1.2, PALE, 0.6)
    for one in shown:
        base += step
        sheet.text(columns[0], base, one.label, REGULAR, size, INK)
        if one.made:
            sheet.text(columns[1], base, one.region.mean, BOLD, size, INK, "right")
            sheet.text(columns[2], base, one.region.sd, REGULAR, size, INK, "right")
            sheet.text(columns[3], base, one.images, REGULAR, size, INK, "right")
        else:
            sheet.text(columns[3], base, one.status, REGULAR, size, RED, "right")
        if one.by_network:
            base += step
            whose = "by a reader; by the network" if one.drawn_by == "reader" else "without corrections"
            words = f"{whose}: {one.by_network}"
            sheet.text(columns[0] + 1.0, base, words, REGULAR, _SMALL, SOFT, longest_mm=width - 2.0)
    if len(slices) > len(shown):
        sheet.text(columns[0], base + step, f"{len(slices) - len(shown)} more in results.json", REGULAR, size, SOFT)
