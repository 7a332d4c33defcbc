"""A contact sheet of one series: all its images, a line a slice, with their times, in one window a kind of image."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cmrmap.core.arrays import FloatArray, LabelArray
from cmrmap.core.series_picture import SeriesPicture
from cmrmap.core.series_row import SeriesRow
from cmrmap.report.fonts import BOLD, REGULAR, font_file

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

_WIDTH = 1500  # px that the images of a line share
_SMALLEST, _LARGEST = 88, 208
_HEAD, _GUTTER, _GAP, _EDGE = 66, 76, 3, 14
_LEAST_WIDTH = 900
_WINDOW = (1.0, 99.0)  # percentiles of the kind's pixels about the middle, where the heart is: fat lies further out
_WHITE, _SOFT, _AMBER, _PAPER, _EMPTY = (245, 245, 245), (165, 172, 180), (240, 180, 70), (14, 17, 22), (38, 43, 50)


@dataclass(frozen=True, slots=True)
class _Line:
    """Images that stand in one line, and the place that is written before it."""

    place: str
    pictures: tuple[SeriesPicture, ...]


def contact_sheet(row: SeriesRow, pictures: Sequence[SeriesPicture]) -> bytes:
    """Draw the images of a series.

    Parameters
    ----------
    row : of the series
    pictures : of the series, those of one place beside each other

    Returns
    -------
    a PNG file
    """
    from PIL import Image, ImageDraw

    lines = _lines(pictures)
    n_columns = max(len(line.pictures) for line in lines)
    size = int(np.clip(_WIDTH // n_columns, _SMALLEST, _LARGEST))
    heights = [_height(line, size) for line in lines]
    width = max(_EDGE * 2 + _GUTTER + n_columns * (size + _GAP), _LEAST_WIDTH)
    sheet = Image.new("RGB", (width, _HEAD + sum(heights) + _GAP * len(lines) + _EDGE), _PAPER)
    pen = ImageDraw.Draw(sheet)
    _head(pen, row, width - 2 * _EDGE)
    windows = {key: _window([one for one in pictures if _kind(one) == key]) for key in map(_kind, pictures)}
    top = _HEAD
    for line, height in zip(lines, heights, strict=True):
        pen.text((_EDGE, top + height / 2), line.place, font=_font(REGULAR, 13), fill=_SOFT, anchor="lm")
        for index, one in enumerate(line.pictures):
            left = _EDGE + _GUTTER + index * (size + _GAP)
            _place(sheet, pen, one, windows[_kind(one)], (left, top, size, height))
        top += height + _GAP
    stream = io.BytesIO()
    sheet.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _lines(pictures: Sequence[SeriesPicture]) -> list[_Line]:
    """Begin a line with every place and part; one image a place, as of a localiser or a volume, runs on instead."""
    groups: dict[tuple[str, str], list[SeriesPicture]] = {}
    for one in pictures:
        groups.setdefault((one.place, one.part), []).append(one)
    most = _WIDTH // _SMALLEST
    if max(map(len, groups.values())) == 1:
        groups = {("", ""): list(pictures)}
    return [
        _Line(place if start == 0 else "", tuple(members[start : start + most]))
        for (place, _), members in groups.items()
        for start in range(0, len(members), most)
    ]


def _height(line: _Line, width: int) -> int:
    """Return the height of a line whose images are all drawn ``width`` wide."""
    shapes = [one.pixels.shape for one in line.pictures if one.pixels is not None]
    tallest = max((shape[0] / shape[1] for shape in shapes), default=1.0)
    return int(np.clip(round(width * tallest), width // 3, width * 2))


def _kind(one: SeriesPicture) -> tuple[str, bool]:
    """Return what is to be compared with each other: a map without a word may stand among weighted images, unused."""
    return one.part, one.used


def _window(pictures: Sequence[SeriesPicture]) -> tuple[float, float]:
    """Return black and white of the images of one kind, so that they can be compared with each other."""
    found = [_middle(one.pixels).ravel() for one in pictures if one.pixels is not None]
    values = np.concatenate(found) if found else np.zeros(1)
    values = values[np.isfinite(values)]
    low, high = np.percentile(values, _WINDOW) if values.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-6 * max(abs(low), 1.0)))


def _middle(pixels: FloatArray) -> FloatArray:
    rows, columns = pixels.shape[0] // 5, pixels.shape[1] // 5
    return pixels[rows : pixels.shape[0] - rows, columns : pixels.shape[1] - columns]


def _grey(one: SeriesPicture, window: tuple[float, float]) -> LabelArray:
    """Return (row, column, 3) uint8."""
    pixels = np.nan_to_num(np.asarray(one.pixels, dtype=np.float64), posinf=window[1], neginf=window[0])
    if pixels.ndim == 3:
        return np.asarray(np.clip(pixels, 0, 255), dtype=np.uint8)
    shown = np.clip((pixels - window[0]) / (window[1] - window[0]), 0.0, 1.0)
    return np.repeat(np.asarray(255 * shown, dtype=np.uint8)[:, :, None], 3, axis=2)


def _place(
    sheet: Image.Image,
    pen: ImageDraw.ImageDraw,
    one: SeriesPicture,
    window: tuple[float, float],
    box: tuple[int, int, int, int],
) -> None:
    """Draw one image with its label into (left, top, width, height)."""
    from PIL import Image

    left, top, width, height = box
    if one.pixels is None:
        pen.rectangle((left, top, left + width - 1, top + height - 1), fill=_EMPTY)
        pen.text((left + width / 2, top + height / 2), "unreadable", font=_font(REGULAR, 13), fill=_AMBER, anchor="mm")
    else:
        image = Image.fromarray(_grey(one, window))
        shape = width, min(height, max(1, round(width * image.height / image.width)))
        sheet.paste(image.resize(shape, Image.Resampling.LANCZOS), (left, top))
    label = f"{one.part} {one.label}".strip()
    colour = _WHITE if one.used else _AMBER
    pen.text(
        (left + 4, top + height - 4),
        label,
        font=_font(REGULAR, 13),
        fill=colour,
        anchor="ls",
        stroke_width=2,
        stroke_fill=_PAPER,
    )


def _head(pen: ImageDraw.ImageDraw, row: SeriesRow, room: int) -> None:
    number = "without number" if row.series_number is None else str(row.series_number)
    title = f"series {number}   {_shown(row.description)}".rstrip()
    wanted = row.map.spec.name if row.map is not None else ""
    words = {"taken": f"taken for {wanted}", "refused": f"{wanted}: refused", "not_chosen": f"{wanted}: not chosen"}
    verdict = words.get(row.verdict, str(row.verdict).replace("_", " "))
    counted = ", ".join((_some(row.n_slices, "slice"), _some(row.n_images, "image"), f"{row.n_used} used"))
    counted += " (labels in white)" if 0 < row.n_used < row.n_images else ""
    for text, y, size, name, colour in (
        (title, 22, 19, BOLD, _WHITE),
        (f"{verdict}: {counted}; {_shown(row.reason)}", 46, 14, REGULAR, _SOFT),
    ):
        pen.text((_EDGE, y), _cut(text, _font(name, size), room), font=_font(name, size), fill=colour, anchor="lm")


def _some(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _cut(text: str, font: ImageFont.FreeTypeFont, room: int) -> str:
    while font.getlength(text) > room and len(text) > 1:
        text = text[: -2 if text.endswith("…") else -1].rstrip() + "…"
    return text


def _shown(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


@cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(str(font_file(name)), size)
