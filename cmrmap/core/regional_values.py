"""Levels of the ventricle and the statistics of a region."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from cmrmap.core.errors import InputError


class SliceLevel(str, Enum):
    """Long-axis level of a short-axis slice (AHA, Cerqueira 2002).

    Attributes
    ----------
    BASAL : six segments, 1-6
    MID : six segments, 7-12
    APICAL : four segments, 13-16
    """

    BASAL = "basal"
    MID = "mid"
    APICAL = "apical"


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """The numbers of one region of a map.

    Attributes
    ----------
    mean : over its pixels, in the map's unit; NaN without pixels
    sd : over its pixels (divisor n - 1); NaN with fewer than two
    n_pixels : how many have a value
    uncertainty : standard error of the mean, propagated from the fit; NaN where it is not known

    Raises
    ------
    InputError
        a negative number of pixels, SD or standard error; or a mean without pixels
    """

    mean: float
    sd: float
    n_pixels: int
    uncertainty: float

    def __post_init__(self) -> None:
        if self.n_pixels < 0 or self.sd < 0 or self.uncertainty < 0:
            raise InputError(
                f"pixels, SD and standard error of a region are 0 or more; found {self.n_pixels}, {self.sd:.4g}, "
                f"{self.uncertainty:.4g}"
            )
        if not self.n_pixels and not (math.isnan(self.mean) and math.isnan(self.sd) and math.isnan(self.uncertainty)):
            raise InputError(f"a region without pixels has no numbers; found a mean of {self.mean:.4g}")
