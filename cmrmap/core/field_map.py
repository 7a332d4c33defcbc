"""A map as it is shown: the wall and all around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, check_shapes, frozen
from cmrmap.core.memo import Unchanging


@dataclass(frozen=True, slots=True)
class FieldMap(Unchanging):
    """A map over the field of view, in the place of each slice's reference image.

    Attributes
    ----------
    values, sd : (slice, row, column) in the map's unit: on the wall those of the map, around it those of the pixels'
        own fits; NaN where there is no value to be trusted, and for an SD that nobody knows

    Raises
    ------
    ValueError
        shapes that do not match
    """

    values: Float64Array
    sd: Float64Array

    def __post_init__(self) -> None:
        for name in ("values", "sd"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.float64))
        check_shapes("field map", sd=(self.sd, self.values.shape))
