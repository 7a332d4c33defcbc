"""One colour picture a slice for viewers that show nothing but pictures: map, contours, colour bar, value."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.report.fonts import BOLD, REGULAR, font_file
from cmrmap.report.panels import Panel
from cmrmap.report.report_model import PICTURE, MapReport, ReportModel
from cmrmap.report.scales import RgbArray, Scale, lookup_table

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

_LEGEND = 128
_HEAD, _FOOT = 44, 24
_FINE = 2  # drawn twice as large and reduced, so that lines are smooth
_WHITE, _SOFT, _PAPER, _RED = (245, 245, 245), (165, 172, 180), (14, 17, 22), (255, 96, 80)


@dataclass(frozen=True, slots=True)
class Capture:
    """One picture.

    Attributes
    ----------
    kind, slice_index : of which map and slice
    pixels : (row, column, 3) uint8
    """

    kind: MapKind
    slice_index: int
    pixels: RgbArray


def draw_capture(report: ReportModel, of_map: MapReport, panel: Panel) -> Capture:
    """Draw a slice of a map with its contours, colour bar and mean, and the words that it cannot be right if so."""
    from PIL import Image, ImageDraw

    size = ((PICTURE + _LEGEND) * _FINE, (_HEAD + PICTURE + _FOOT) * _FINE)
    image = Image.new("RGB", size, _PAPER)
    whole = Image.fromarray(panel.picture).resize((PICTURE * _FINE, PICTURE * _FINE), Image.Resampling.NEAREST)
    image.paste(whole, (0, _HEAD * _FINE))
    pen = ImageDraw.Draw(image)
    for line in panel.contours:
        points = [(x * PICTURE * _FINE, (y * PICTURE + _HEAD) * _FINE) for x, y in line]
        pen.line(points, fill=_PAPER, width=5 * _FINE // 2, joint="curve")
        pen.line(points, fill=_WHITE, width=3 * _FINE // 2, joint="curve")
    content = of_map.content
    one = next(one for one in content.slices if one.slice_index == panel.slice_index)
    _text(pen, (12, 22), content.title, 22, BOLD, _WHITE, "lm")
    if content.faulty:
        _text(pen, (12, _HEAD + 14), "values cannot be right: see the report", 16, BOLD, _RED, "lm")
    _text(pen, (PICTURE - 12, 22), f"slice {one.label}", 18, REGULAR, _SOFT, "rm")
    _legend(image, pen, of_map.scale)
    middle = PICTURE + _LEGEND // 2
    _text(pen, (middle, _HEAD + 18), f"mean [{content.unit}]", 14, REGULAR, _SOFT, "mm")
    _text(pen, (middle, _HEAD + 42), one.region.mean, 19, BOLD, _WHITE, "mm")
    _text(pen, (12, _HEAD + PICTURE + 12), f"CMRmap {report.version}", 12, REGULAR, _SOFT, "lm")
    _text(pen, (PICTURE + _LEGEND - 12, _HEAD + PICTURE + 12), report.research, 12, REGULAR, _SOFT, "rm")
    small = image.resize((size[0] // _FINE, size[1] // _FINE), Image.Resampling.BOX)
    return Capture(of_map.kind, panel.slice_index, np.asarray(small, dtype=np.uint8))


def _legend(image: Image.Image, pen: ImageDraw.ImageDraw, scale: Scale) -> None:
    from PIL import Image

    left, top, width, height = PICTURE + 26, _HEAD + 84, 22, PICTURE - 108
    bar = Image.fromarray(lookup_table(scale.colours)[::-1, None])
    bar = bar.resize((width * _FINE, height * _FINE), Image.Resampling.NEAREST)
    image.paste(bar, (left * _FINE, top * _FINE))
    for tick in scale.ticks:
        place = top + height * (1.0 - scale.fraction(tick))
        pen.line(
            [((left + width) * _FINE, place * _FINE), ((left + width + 5) * _FINE, place * _FINE)],
            fill=_SOFT,
            width=_FINE,
        )
        _text(pen, (left + width + 10, place), f"{tick:g}", 16, REGULAR, _WHITE, "lm")


def _text(
    pen: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    name: str,
    colour: tuple[int, int, int],
    anchor: str,
) -> None:
    pen.text((place[0] * _FINE, place[1] * _FINE), text, fill=colour, font=_font(name, size), anchor=anchor)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(name)), size * _FINE, layout_engine=ImageFont.Layout.BASIC)
