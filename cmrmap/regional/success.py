"""When a slice and a patient count as mapped."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cmrmap.core.arrays import BoolArray
from cmrmap.core.regional_values import SliceLevel


def minimum_images(n_times: int, n_parameters: int, *, full_series: int, share: float) -> int:
    """Return how many segmented images a slice needs to count as mapped.

    The paper asks for 6 T2-weighted (of 9) or 8 T1-weighted images (of 11). A shorter series needs a share of its
    images, rounded up (ours), and every fit one image more than it has parameters.

    Parameters
    ----------
    n_times : images the series has or should have per slice: a lost image is no reason to ask for less
    n_parameters : of the relaxation model
    full_series : images asked for in a full series
    share : of a shorter series, 0-1
    """
    shorter = math.ceil(round(share * n_times, 9))  # rounded: 0.7 * 10 is a little more than 7
    return max(min(full_series, shorter), n_parameters + 1)


def patient_success(levels: Sequence[SliceLevel | None], successful: BoolArray) -> bool:
    """Return whether at least one basal, one mid and one apical slice were mapped (Zhu 2020, "Data Analysis").

    Parameters
    ----------
    levels : one per slice
    successful : (slice,)
    """
    return set(SliceLevel) <= {level for level, good in zip(levels, successful, strict=True) if good}
