"""The type that reports are set in: Source Sans Pro (SIL Open Font License), with Latin, Greek and Cyrillic."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path

REGULAR, BOLD = "SourceSansPro", "SourceSansPro-Semibold"
_FILES = {REGULAR: "SourceSansPro-Regular.ttf", BOLD: "SourceSansPro-Semibold.ttf"}


def font_file(name: str) -> Path:
    """Return the font's file."""
    return Path(str(resources.files("font_source_sans_pro") / "files" / _FILES[name]))


@cache
def register_fonts() -> None:
    """Make both fonts known to the PDF library."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for name in _FILES:
        pdfmetrics.registerFont(TTFont(name, str(font_file(name))))


def can_show(text: str) -> bool:
    """Whether the font has every character of the text."""
    from reportlab.pdfbase import pdfmetrics

    register_fonts()
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph
    return all(ord(character) in known for character in text)


def width(text: str, name: str, size: float) -> float:
    """Return the text's width in points."""
    from reportlab.pdfbase import pdfmetrics

    register_fonts()
    return float(pdfmetrics.stringWidth(text, name, size))
