"""Pictures of the documents are kept small: 256 colours do for them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def few_colours(path: Path, widest: int = 1400) -> None:
    """Write a PNG anew in 256 colours, and narrower where it is wider than that many pixels."""
    picture = Image.open(path).convert("RGB")
    if picture.width > widest:
        picture = picture.resize((widest, round(picture.height * widest / picture.width)), Image.Resampling.LANCZOS)
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
