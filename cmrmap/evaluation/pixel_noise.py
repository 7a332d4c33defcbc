"""The noise of one image, from the image alone.

The second difference along rows of the second difference along columns is zero for every plane, every slope and every
straight edge that runs along either; what is left is noise, and corners, which a median does not see (Immerkaer,
Computer Vision and Image Understanding 1996;64:300; there with the mean). Neighbours two pixels apart are taken:
scanners interpolate up to twofold, which makes next neighbours alike, and the noise would be underestimated.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from cmrmap.core.arrays import BoolArray, FloatArray

_APART = 2
_GAIN = 6.0  # SD of the filter's answer to white noise of SD 1: the weights 1, -2, 1 squared and added, twice


def noise_sd(image: FloatArray, within: BoolArray) -> float:
    """Return the standard deviation of the noise of a pixel.

    Parameters
    ----------
    image : (row, column), any unit
    within : (row, column) pixels to judge by

    Returns
    -------
    in the image's unit; NaN where no pixel within has all its neighbours
    """
    values = np.asarray(image, dtype=np.float64)
    for axis in (0, 1):
        size = values.shape[axis]
        first, middle, last = (
            values.take(np.arange(start, size - 2 * _APART + start), axis=axis) for start in (0, _APART, 2 * _APART)
        )
        values = first - 2 * middle + last
    inside = values[within[_APART:-_APART, _APART:-_APART]]
    inside = inside[np.isfinite(inside)]
    return float(stats.median_abs_deviation(inside, scale="normal")) / _GAIN if inside.size else float("nan")
