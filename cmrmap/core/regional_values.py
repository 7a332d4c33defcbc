"""Levels of the ventricle and the statistics of a region."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SliceLevel(str, Enum):
    """Long-axis level of a short-axis slice (AHA, Cerqueira 2002)."""

    BASAL = "basal"
    MID = "mid"
    APICAL = "apical"


@dataclass(frozen=True, slots=True)
class RegionStatistics:
    """Mean, SD over pixels, pixel count and standard error of the mean (propagated from the fit), in the map's unit."""

    mean: float
    sd: float
    n_pixels: int
    uncertainty: float
