"""A PDF page in millimetres from its top left corner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cmrmap.report.fonts import REGULAR, can_show, width
from cmrmap.report.scales import RgbArray

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Colour = tuple[float, float, float]
INK, SOFT, PALE = (0.10, 0.12, 0.15), (0.40, 0.44, 0.49), (0.80, 0.82, 0.85)
PAPER, WHITE, RED = (0.955, 0.962, 0.97), (1.0, 1.0, 1.0), (0.75, 0.13, 0.13)
AMBER = (0.72, 0.42, 0.0)
WIDTH_MM, HEIGHT_MM, EDGE_MM = 297.0, 210.0, 9.0  # A4 landscape
_POINTS_PER_MM = 72.0 / 25.4


class Sheet:
    """Draws on a canvas; ``y`` grows downwards, sizes of type are in points, everything else in mm."""

    def __init__(self, canvas: Canvas, height_mm: float) -> None:
        self._canvas = canvas
        self._height_mm = height_mm

    @staticmethod
    def points(length_mm: float) -> float:
        """Return a length in points."""
        return length_mm * _POINTS_PER_MM

    @staticmethod
    def wrapped(words: str, font: str, size: float, width_mm: float) -> list[str]:
        """Return the words as lines that are no wider than that; a single word that is wider keeps its line."""
        from reportlab.lib.utils import simpleSplit

        return [str(line) for line in simpleSplit(words, font, size, Sheet.points(width_mm))]

    @staticmethod
    def known(words: str) -> str:
        """Return the words with "?" in place of characters that the type does not have."""
        return words if can_show(words) else "".join(one if can_show(one) else "?" for one in words)

    def _y(self, y_mm: float) -> float:
        return self.points(self._height_mm - y_mm)

    def text(
        self,
        x_mm: float,
        y_mm: float,
        words: str,
        font: str = REGULAR,
        size: float = 8.0,
        colour: Colour = INK,
        anchor: str = "left",
        longest_mm: float | None = None,
    ) -> None:
        """Write one line on the base line ``y_mm``; what is longer than ``longest_mm`` ends in an ellipsis."""
        if longest_mm is not None:
            words = shortened(words, font, size, self.points(longest_mm))
        self._canvas.setFont(font, size)
        self._canvas.setFillColorRGB(*colour)
        draw = {
            "left": self._canvas.drawString,
            "right": self._canvas.drawRightString,
            "middle": self._canvas.drawCentredString,
        }[anchor]
        draw(self.points(x_mm), self._y(y_mm), words)

    def box(
        self,
        x_mm: float,
        y_mm: float,
        width_mm: float,
        height_mm: float,
        fill: Colour | None = None,
        stroke: Colour | None = None,
        radius_mm: float = 0.0,
    ) -> None:
        """Draw a box whose top left corner is given."""
        self._colours(fill, stroke)
        self._canvas.roundRect(
            self.points(x_mm),
            self._y(y_mm + height_mm),
            self.points(width_mm),
            self.points(height_mm),
            self.points(radius_mm),
            stroke=int(stroke is not None),
            fill=int(fill is not None),
        )

    def rule(self, from_mm: float, to_mm: float, y_mm: float, colour: Colour, thick: float = 0.4) -> None:
        """Draw a horizontal line."""
        self._canvas.setStrokeColorRGB(*colour)
        self._canvas.setLineWidth(thick)
        self._canvas.line(self.points(from_mm), self._y(y_mm), self.points(to_mm), self._y(y_mm))

    def dot(self, x_mm: float, y_mm: float, radius_mm: float, colour: Colour) -> None:
        """Draw a filled circle."""
        self._colours(colour, None)
        self._canvas.circle(self.points(x_mm), self._y(y_mm), self.points(radius_mm), stroke=0, fill=1)

    def outline(
        self,
        points_mm: Sequence[tuple[float, float]],
        fill: Colour | None = None,
        stroke: Colour | None = None,
        thick: float = 0.5,
    ) -> None:
        """Draw a closed line through the points."""
        self._colours(fill, stroke)
        self._canvas.setLineWidth(thick)
        path = self._canvas.beginPath()
        for number, (x_mm, y_mm) in enumerate(points_mm):
            (path.lineTo if number else path.moveTo)(self.points(x_mm), self._y(y_mm))
        path.close()
        self._canvas.drawPath(path, stroke=int(stroke is not None), fill=int(fill is not None))

    def picture(self, pixels: RgbArray, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> None:
        """Draw pixels; the top left corner is given."""
        from PIL import Image
        from reportlab.lib.utils import ImageReader

        self._canvas.drawImage(
            ImageReader(Image.fromarray(pixels)),
            self.points(x_mm),
            self._y(y_mm + height_mm),
            self.points(width_mm),
            self.points(height_mm),
        )

    def _colours(self, fill: Colour | None, stroke: Colour | None) -> None:
        if fill is not None:
            self._canvas.setFillColorRGB(*fill)
        if stroke is not None:
            self._canvas.setStrokeColorRGB(*stroke)


def shortened(words: str, font: str, size: float, longest: float) -> str:
    """Return the words, or as many characters of them as fit before an ellipsis; lengths in points."""
    if width(words, font, size) <= longest:
        return words
    while words and width(words + "…", font, size) > longest:
        words = words[:-1]
    return words.rstrip() + "…"
