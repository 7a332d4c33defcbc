"""One map's row of the page: headline, slices with contours and colour bar, bull's-eye, table."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from cmrmap.report import text
from cmrmap.report.bullseye import WEDGES, segment_means
from cmrmap.report.fonts import BOLD, REGULAR, can_show
from cmrmap.report.panels import Panel
from cmrmap.report.scales import SCALES, is_dark, lookup_table
from cmrmap.report.sheet import INK, PALE, PAPER, RED, SOFT, WHITE, Sheet
from cmrmap.results import MapResult, SliceResult

Box = tuple[float, float, float, float]  # left, top, width, height, mm

_HEADLINE_MM, _BAR_MM, _EYE_MM, _TABLE_MM = 40.0, 11.5, 37.5, 49.0
_MOST_SLICES = 10
_MOST_LINES = 9


def draw_row(sheet: Sheet, result: MapResult, panels: Sequence[Panel], box: Box) -> None:
    """Draw the row of one map; a map that was not made says why."""
    left, top, width, height = box
    sheet.box(left, top, width, height, fill=PAPER, radius_mm=1.2)
    _headline(sheet, result, (left + 2.5, top, _HEADLINE_MM - 3.0, height))
    if not panels:
        reason = result.reason or "no value"
        sheet.text(
            left + _HEADLINE_MM,
            top + height / 2.0 + 1.0,
            reason if can_show(reason) else "",
            REGULAR,
            9.0,
            SOFT,
            longest_mm=width - _HEADLINE_MM - 6.0,
        )
        return
    right = left + width
    pictures = width - _HEADLINE_MM - _BAR_MM - _EYE_MM - _TABLE_MM - 3.0
    used = _slices(sheet, result, panels, (left + _HEADLINE_MM, top + 1.4, pictures, height - 2.8))
    _bar(sheet, result, (left + _HEADLINE_MM + used + 1.2, top + 4.4, 2.6, height - 8.8))
    eye = (right - _TABLE_MM - _EYE_MM - 1.5, top + 0.8, _EYE_MM, height - 1.6)
    _bullseye(sheet, result, eye)
    _table(sheet, result.slices, result, (right - _TABLE_MM, top + 1.0, _TABLE_MM - 2.0, height - 2.0))


def _headline(sheet: Sheet, result: MapResult, box: Box) -> None:
    left, top, width, _ = box
    sheet.text(left, top + 6.4, text.TITLE[result.kind], BOLD, 12.0)
    if not math.isfinite(result.patient.mean):
        sheet.text(left, top + 12.4, "not made", BOLD, 10.0, RED if result.status == "refused" else SOFT)
        return
    value = text.with_error(result.kind, result.patient.mean, result.patient.uncertainty)
    sheet.text(left, top + 14.6, f"{value} {result.kind.unit}", BOLD, 14.5, longest_mm=width)
    lines = [f"SD {text.number(result.kind, result.patient.sd)} {result.kind.unit}, {result.patient.n_pixels} pixels"]
    if result.blood is not None and math.isfinite(result.blood.t1_ms):
        blood = text.with_error(result.kind, result.blood.t1_ms, result.blood.uncertainty)
        lines.append(f"blood {blood} ms")
    lines.append(text.slices_made(result))
    if result.model:
        lines.append(result.model)
    for number, line in enumerate(lines):
        sheet.text(left, top + 20.2 + 4.0 * number, line, REGULAR, 8.2, SOFT, longest_mm=width)


def _slices(sheet: Sheet, result: MapResult, panels: Sequence[Panel], box: Box) -> float:
    """Draw the slices side by side and return how wide they are; of very many, a choice over the whole length."""
    left, top, width, height = box
    choice = np.unique(np.linspace(0, len(panels) - 1, min(len(panels), _MOST_SLICES)).round().astype(int))
    by_index = {one.slice_index: one for one in result.slices}
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
        label = text.slice_label(by_index[panel.slice_index])
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
    means = segment_means(result)
    radius = min(width, height) / 2.0 - 0.6
    middle_x, middle_y = left + width / 2.0, top + height / 2.0
    scale = SCALES[result.kind]
    for number, wedge in WEDGES.items():
        value = means.get(number)
        colour = (0.88, 0.89, 0.91) if value is None else tuple(part / 255.0 for part in scale.colour(value))
        points = [(middle_x + x * radius, middle_y - y * radius) for x, y in wedge.outline]
        sheet.outline(points, fill=(colour[0], colour[1], colour[2]), stroke=WHITE, thick=0.6)
        x, y = wedge.middle
        dark = value is not None and is_dark(scale.colour(value))
        label = "-" if value is None else text.number(result.kind, value)
        size = 6.8 if len(label) < 5 else 6.2
        sheet.text(
            middle_x + x * radius, middle_y - y * radius + 0.8, label, REGULAR, size, WHITE if dark else INK, "middle"
        )


def _table(sheet: Sheet, slices: Sequence[SliceResult], result: MapResult, box: Box) -> None:
    left, top, width, height = box
    right = left + width
    columns = (left + 1.0, left + 27.0, left + 35.5, right - 0.5)
    shown = list(slices[:_MOST_LINES])
    step = min(4.6, (height - 6.0) / max(len(shown) + (len(slices) > len(shown)), 1))
    size = 7.6 if step > 3.8 else 6.6
    base = top + 4.6
    heads = ("slice", f"mean ± error [{result.kind.unit}]", "SD", "images")
    for x, head, anchor in zip(columns, heads, ("left", "right", "right", "right"), strict=True):
        sheet.text(x, base, head, REGULAR, 6.4, SOFT, anchor)
    sheet.rule(left, right, base + 1.2, PALE, 0.6)
    for one in shown:
        base += step
        sheet.text(columns[0], base, text.slice_label(one), REGULAR, size, INK)
        if one.status != "ok":
            sheet.text(columns[3], base, one.status, REGULAR, size, RED, "right")
            continue
        statistics = one.statistics
        value = text.with_error(result.kind, statistics.mean, statistics.uncertainty)
        sheet.text(columns[1], base, value, BOLD, size, INK, "right")
        sheet.text(columns[2], base, text.number(result.kind, statistics.sd), REGULAR, size, INK, "right")
        sheet.text(columns[3], base, f"{one.n_segmented} of {one.n_images}", REGULAR, size, INK, "right")
    if len(slices) > len(shown):
        sheet.text(columns[0], base + step, f"{len(slices) - len(shown)} more in results.json", REGULAR, size, SOFT)
