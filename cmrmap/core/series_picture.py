"""One image of a series as people look at it: reduced, with where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import FloatArray, frozen


@dataclass(frozen=True, slots=True)
class SeriesPicture:
    """One image.

    Attributes
    ----------
    pixels : (row, column) or, in colour (0-255), (row, column, 3) float32; None where they cannot be decoded
    place : of its slice, e.g. "-12.5 mm"; images of one place stand beside each other
    label : its time or number
    part : "" for a magnitude image, else what it is, e.g. "phase"
    used : whether a map is made from it, or its signs are told by it
    """

    pixels: FloatArray | None
    place: str
    label: str
    part: str = ""
    used: bool = False

    def __post_init__(self) -> None:
        if self.pixels is None:
            return
        pixels = frozen(self.pixels, np.float32)
        if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
            raise ValueError(f"a picture has axes (row, column) or (row, column, 3); found {pixels.shape}")
        object.__setattr__(self, "pixels", pixels)
