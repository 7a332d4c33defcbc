"""One map's row of the page: headline with its flags and reference, slices with contours, bull's-eye, table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.core.statuses import MapStatus
from cmrmap.report.bullseye import FilledWedge
from cmrmap.report.content import MapContent, SliceContent
from cmrmap.report.fonts import BOLD, REGULAR
from cmrmap.report.report_model import MapReport
from cmrmap.report.scales import Scale, lookup_table
from cmrmap.report.sheet import AMBER, INK, PALE, PAPER, RED, SOFT, WHITE, Colour, Sheet

Box = tuple[float, float, float, float]  # left, top, width, height, mm

_HEADLINE_MM, _BAR_MM, _TABLE_MM, _LABEL_MM = 57.0, 12.0, 72.0, 3.6
_LARGEST_EYE_MM = 62.0
_TALL_MM = 72.0
_EYE_RADIUS_MM = 17.8  # of a bull's-eye in a row of usual height, whose type is chosen for it
_LEAST_PICTURE_MM = 13.0  # smaller slices show nothing: then only some of them stand here, all on the next pages
_STEP_MM, _LEAST_STEP_MM = 4.6, 2.7  # between the lines of the table
_SMALL = 0.85  # of the type: a second line to a slice
_LEAST_SCALE = 0.55  # of the headline's type

_Line = tuple[str, str, float, Colour]  # words, font, size in points, colour


def draw_row(sheet: Sheet, of_map: MapReport, box: Box) -> None:
    """Draw the row of one map; a map that was not made says why.

    Parameters
    ----------
    sheet : drawn on
    of_map : what is reported of it
    box : of the row
    """
    left, top, width, height = box
    sheet.box(left, top, width, height, fill=PAPER, radius_mm=1.2)
    if not of_map.made:
        _not_made(sheet, of_map.content, box)
        return
    _headline(sheet, of_map, (left + 2.5, top, _HEADLINE_MM - 4.0, height))
    first, right = left + _HEADLINE_MM, left + width
    if height >= _TALL_MM:  # bull's-eye and table below the slices, not beside them
        upper = height - min(max(0.46 * height, 40.0), _LARGEST_EYE_MM)
        pictures, eye = right - first - _BAR_MM - 2.0, height - upper - 3.0
        eye_left, lower = first + 4.0, top + upper
    else:
        upper, eye = height, min(height - 1.6, _LARGEST_EYE_MM)
        pictures, eye_left, lower = right - first - _BAR_MM - eye - _TABLE_MM - 4.0, right - _TABLE_MM - eye - 2.0, top
    used = _slices(sheet, of_map, (first, top + 1.4, pictures, upper - 2.8))
    _bar(sheet, of_map.scale, of_map.content.unit, (first + used + 1.6, top + 5.2, 2.6, min(upper - 9.6, 60.0)))
    _bullseye(sheet, of_map.wedges, (eye_left, lower + 0.8, eye, eye))
    below = lower + 1.0
    table = (right - _TABLE_MM, below, _TABLE_MM - 2.0, top + height - below - 1.0)
    if height >= _TALL_MM:
        table = (eye_left + eye + 14.0, below, _TABLE_MM + 20.0, top + height - below - 1.0)
    _table(sheet, of_map, table)


def marks(numbers: Sequence[int], most: int = 6) -> str:
    """Return "see 1, 3" of the numbers of findings; "" of none."""
    listed = ", ".join(map(str, numbers[:most])) + (" ..." if len(numbers) > most else "")
    return f"see {listed}" if numbers else ""


def flag_colour(of_map: MapReport, numbers: Sequence[int]) -> Colour:
    """Return red where one of these findings is an error, else amber."""
    return RED if any(one.number in numbers and one.severity == "error" for one in of_map.findings) else AMBER


def _not_made(sheet: Sheet, content: MapContent, box: Box) -> None:
    left, top, width, height = box
    base = top + height / 2.0 + 1.3
    colour = RED if content.status is MapStatus.REFUSED else SOFT
    words = f"not made: {content.reason or 'no value'}"
    sheet.text(left + 2.5, base, content.title, BOLD, 10.0)
    sheet.text(
        left + _HEADLINE_MM, base, sheet.known(words), REGULAR, 9.0, colour, longest_mm=width - _HEADLINE_MM - 3.0
    )


def _headline(sheet: Sheet, of_map: MapReport, box: Box) -> None:
    """Write value, errors, reference and flags in the largest type in which all of them fit."""
    left, top, width, height = box
    scale = 1.3 if height >= _TALL_MM else 1.0
    while True:
        lines = _wrapped(_headline_lines(of_map, scale), width)
        needed = sum(_leading(size) for _, _, size, _ in lines)
        if needed <= height - 2.4 or scale <= _LEAST_SCALE:
            break
        scale -= 0.05
    base = top + 1.0
    for words, font, size, colour in lines:
        base += _leading(size)
        if base > top + height - 0.6:
            break
        sheet.text(left, base, sheet.known(words), font, size, colour, longest_mm=width)


def _leading(size: float) -> float:
    return size * 1.22 / Sheet.points(1.0)


def _headline_lines(of_map: MapReport, scale: float) -> list[_Line]:
    content, reference = of_map.content, of_map.reference
    numbers = of_map.numbers_of_findings()
    small = 8.2 * scale
    lines: list[_Line] = [
        (content.title, BOLD, 12.0 * scale, INK),
        (content.value, BOLD, 15.0 * scale, RED if content.faulty else INK),
        ("cannot be right: see the findings" if content.faulty else "", BOLD, small, RED),
        (marks(numbers), BOLD, small, flag_colour(of_map, numbers)),
        (reference.headline, REGULAR, small, INK),
        (reference.source, REGULAR, small * 0.9, SOFT),
        (f"± standard error; SD of pixels {content.patient.sd} {content.unit}", REGULAR, small, SOFT),
        (f"mid septum {content.mid_septum}" if content.mid_septum else "", REGULAR, small, SOFT),
        (f"blood {content.blood}" if content.blood else "", REGULAR, small, SOFT),
        (
            ", ".join(
                part for part in (content.slices_made, f"{content.patient.n_pixels} pixels", content.model) if part
            ),
            REGULAR,
            small,
            SOFT,
        ),
    ]
    return [line for line in lines if line[0]]


def _wrapped(lines: Sequence[_Line], width: float) -> list[_Line]:
    return [
        (part, font, size, colour)
        for words, font, size, colour in lines
        for part in Sheet.wrapped(words, font, size, width)
    ]


def _slices(sheet: Sheet, of_map: MapReport, box: Box) -> float:
    """Draw the slices in as large a grid as fits and return how wide it is; of very many, a choice over the length."""
    left, top, width, height = box
    panels = of_map.panels
    most = len(panels)
    while (grid := _grid(most, width, height))[1] < _LEAST_PICTURE_MM and most > 1:
        most -= 1
    n_columns, size = grid
    choice = np.unique(np.linspace(0, len(panels) - 1, most).round().astype(int))
    labels = {one.slice_index: one.label for one in of_map.content.slices}
    for place, number in enumerate(choice):
        panel = panels[int(number)]
        x = left + place % n_columns * (size + 0.8)
        y = top + place // n_columns * (size + _LABEL_MM + 0.4)
        fine = 1 if size > 45.0 else 2  # 230 px an inch and more; half the file where slices are small
        sheet.picture(panel.picture[::fine, ::fine], x, y, size, size)
        for line in panel.contours:
            points = [(x + u * size, y + v * size) for u, v in line]
            sheet.outline(points, stroke=(0.05, 0.05, 0.05), thick=0.7)
            sheet.outline(points, stroke=WHITE, thick=0.35)
        label = labels[panel.slice_index]
        sheet.text(x + size / 2.0, y + size + 3.0, label, REGULAR, 7.2, SOFT, "middle", longest_mm=size)
    return float(min(n_columns, len(choice)) * (size + 0.8) - 0.8)


def _grid(n: int, width: float, height: float) -> tuple[int, float]:
    """Return number of columns and side of the pictures that make the most of a box."""
    found = []
    for n_columns in range(1, n + 1):
        n_rows = -(-n // n_columns)
        size = min((width - 0.8 * (n_columns - 1)) / n_columns, height / n_rows - _LABEL_MM - 0.4)
        found.append((size, -n_columns))
    size, columns = max(found)
    return -columns, size


def _bar(sheet: Sheet, scale: Scale, unit: str, box: Box) -> None:
    left, top, width, height = box
    sheet.picture(np.repeat(lookup_table(scale.colours)[::-1, None], 4, axis=1), left, top, width, height)
    sheet.text(left, top - 1.0, unit, REGULAR, 6.6, SOFT)
    for tick in scale.ticks:
        y = top + height * (1.0 - scale.fraction(tick))
        sheet.rule(left + width, left + width + 0.9, y, SOFT)
        sheet.text(left + width + 1.4, y + 0.8, f"{tick:g}", REGULAR, 6.6, INK)


def _bullseye(sheet: Sheet, wedges: Sequence[FilledWedge], box: Box) -> None:
    left, top, width, height = box
    radius = min(width, height) / 2.0 - 0.6
    middle_x, middle_y = left + width / 2.0, top + height / 2.0
    for one in wedges:
        red, green, blue = (part / 255.0 for part in one.colour)
        points = [(middle_x + x * radius, middle_y - y * radius) for x, y in one.wedge.outline]
        sheet.outline(points, fill=(red, green, blue), stroke=WHITE, thick=0.6)
        x, y = one.wedge.middle
        size = (6.8 if len(one.label) < 5 else 6.2) * min(radius / _EYE_RADIUS_MM, 1.4)
        place = (middle_x + x * radius, middle_y - y * radius + 0.8)
        sheet.text(*place, one.label, REGULAR, size, WHITE if one.dark else INK, "middle")


def _table(sheet: Sheet, of_map: MapReport, box: Box) -> None:
    left, top, width, height = box
    content, right = of_map.content, left + width
    slices = content.slices
    most = int((height - 7.4) / _LEAST_STEP_MM)
    # a slice that a reader corrected has a second line, with what the network's outlines give
    lines = np.cumsum([1 + bool(one.by_network) for one in slices], dtype=int)
    shown = slices if not slices or lines[-1] <= most else slices[: int(np.count_nonzero(lines < most))]
    n_lines = int(lines[len(shown) - 1]) if shown else 0
    step = min(_STEP_MM, (height - 7.4) / max(n_lines + (len(shown) < len(slices)), 1))
    size = min(7.6, 2.35 * step)
    base = top + 4.6
    columns = (left + 1.0, left + 33.5, left + 42.0, left + 51.0, right - 0.5)
    anchors = ("left", "right", "right", "right", "right")
    heads = ("slice", f"mean ± std error [{content.unit}]", "SD", "z" if of_map.reference.z else "", "findings")
    for x, head, anchor in zip(columns, heads, anchors, strict=True):
        sheet.text(x, base, head, REGULAR, 6.4, SOFT, anchor)
    sheet.rule(left, right, base + 1.2, PALE, 0.6)
    base += max(4.0 - step, 0.0)  # the first line keeps clear of the rule
    for one in shown:
        base += step
        numbers = of_map.numbers_of_findings(one.slice_index)
        flags = marks(numbers, 4)
        sheet.text(columns[0], base, one.label, REGULAR, size, INK)
        if not one.made:
            sheet.text(columns[4], base, one.status, REGULAR, size, RED, "right")
            base = _by_network(sheet, one, (columns[0], base, width), step, size)
            continue
        z = of_map.reference.z.get(one.slice_index, "").removeprefix("z ")
        cells = ("", one.region.mean, one.region.sd, z, flags)
        fonts = (REGULAR, BOLD, REGULAR, REGULAR, BOLD)
        colours = (INK, INK, INK, INK, flag_colour(of_map, numbers))
        for x, cell, anchor, font, colour in zip(columns, cells, anchors, fonts, colours, strict=True):
            sheet.text(x, base, cell, font, size, colour, anchor)
        base = _by_network(sheet, one, (columns[0], base, width), step, size)
    if len(slices) > len(shown):
        sheet.text(columns[0], base + step, f"{len(slices) - len(shown)} more: next pages", REGULAR, size, SOFT)


def _by_network(sheet: Sheet, one: SliceContent, at: tuple[float, float, float], step: float, size: float) -> float:
    """Draw what the network's outlines give, a line below (left, base, width); return the base of the last line."""
    left, base, width = at
    if not one.by_network:
        return base
    whose = "contours by a reader; with the network's" if one.drawn_by == "reader" else "without corrections"
    words = f"{whose}: {one.by_network}"
    sheet.text(left + 1.0, base + step, words, REGULAR, _SMALL * size, SOFT, longest_mm=width - 2.0)
    return base + step
