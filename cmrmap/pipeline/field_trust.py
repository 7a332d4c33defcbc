"""Which values of a map are shown: those that a tissue can have, where values are sure enough to be looked at.

How sure is judged by the neighbourhood, not pixel by pixel: noise that makes a value high makes its standard deviation
high too, and leaving out such pixels one by one would pull the mean of any region that somebody draws.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.map_specs import MapKind
from cmrmap.settings import PruningSettings

_AROUND = (0, 5, 5)
#: standard deviation over value, of a neighbourhood, from which it tells nothing; 0.1 in the blood of a T2 map by noise
_LARGEST_RELATIVE = 0.3
_LARGEST_POINTS = 10.0  # the same of a percentage, which may be near zero
_LONE = 2.0  # times as much in a single pixel: its fit failed
_MOST_STRANGE = 0.1  # of a neighbourhood's values that may be impossible: where more are, the others are a selection
_LEAST_COMPANY = 0.4  # of the nine pixels about one that must be good: specks in the lung tell nothing


def shown_range(kind: MapKind, pruning: PruningSettings) -> tuple[float, float]:
    """Return the lowest and the highest value that is shown: what tissues have, and all that the statistics count.

    Parameters
    ----------
    kind : the map; a percentage goes down to zero, since fat has next to no extracellular volume
    pruning : whose ranges a site may have widened
    """
    possible, counted = kind.spec.plausible_range, pruning.ranges[kind]
    low = 0.0 if kind.unit == "%" else min(possible[0], counted[0])
    return low, max(possible[1], counted[1])


def possible(values: Float64Array, sd: Float64Array, kind: MapKind, pruning: PruningSettings) -> BoolArray:
    """Tell which values may be shown as far as each alone tells.

    Parameters
    ----------
    values, sd : of any shape, in the map's unit; an unknown SD (a scanner's map may have none) speaks against nothing
    kind, pruning : as for :func:`shown_range`
    """
    low, high = shown_range(kind, pruning)
    # False for a NaN value, True for a NaN SD
    return np.asarray((values >= low) & (values <= high) & ~(sd > _LONE * _limit(values, kind)), dtype=np.bool_)


def trusted(values: Float64Array, sd: Float64Array, kind: MapKind, pruning: PruningSettings) -> BoolArray:
    """Tell which values are shown, going by their neighbours too.

    Parameters
    ----------
    values, sd : (slice, row, column) as for :func:`possible`
    kind, pruning : as for :func:`shown_range`
    """
    good, limit = possible(values, sd, kind, pruning), _limit(values, kind)
    known = good & np.isfinite(sd)
    spread = _mean(np.where(known, np.minimum(sd, _LONE * limit), 0.0))
    unsure = known & (spread > _mean(np.where(known, limit, 0.0)))
    strange = _mean(np.isfinite(values) & ~good) > _MOST_STRANGE * _mean(np.isfinite(values))
    good &= ~unsure & ~strange
    company = ndimage.uniform_filter(good.astype(np.float32), (0, 3, 3), mode="nearest")
    return np.asarray(good & (company > _LEAST_COMPANY), dtype=np.bool_)


def _limit(values: Float64Array, kind: MapKind) -> Float64Array:
    return np.full(values.shape, _LARGEST_POINTS) if kind.unit == "%" else _LARGEST_RELATIVE * np.abs(values)


def _mean(planes: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    return np.asarray(ndimage.uniform_filter(planes.astype(np.float32), _AROUND, mode="nearest"), dtype=np.float32)
