"""What T2-prepared images without a saturated one still tell of the constant part of their signal: all slices together.

Magnetisation that recovers between preparation and readout, and during the readout, adds a part that does not decay
(Akcakaya et al., Magn Reson Med 2015;74:93-105). The fit of two parameters takes it for a longer T2, and leaves the
same residual in every slice. One cell's three images cannot tell it from noise; the wall of all slices can, roughly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.pipeline.common_misfit import FEWEST_SLICES, SAME_TIME_MS, wall_sums, whole_slices
from cmrmap.pipeline.polar_fit import PolarFit
from cmrmap.relaxometry import fit_relaxation

_FEWEST_TIMES = 3


@dataclass(frozen=True, slots=True)
class OffsetEffect:
    """By how much a T2 of two parameters is longer than one of three, over the wall of all slices, in ms.

    Attributes
    ----------
    excess_ms : the difference
    uncertainty_ms : its standard error, from slice to slice
    t2_ms : the T2 of two parameters that it is a part of
    """

    excess_ms: float
    uncertainty_ms: float
    t2_ms: float


def offset_effect(fit: PolarFit, mid_wall: BoolArray) -> OffsetEffect | None:
    """Compare fits of two and of three parameters to the mean decay of the wall of all slices.

    Parameters
    ----------
    fit : of a T2 series by two parameters
    mid_wall : (depth,) of the cells to judge by

    Returns
    -------
    None where slices or times are too few, or have different times
    """
    if not _same_times(fit.times_ms) or fit.times_ms.shape[1] < _FEWEST_TIMES:
        return None
    signal, residual, _ = wall_sums(fit, mid_wall)
    seen = whole_slices(fit.times_ms) & np.isfinite(signal).all(axis=1)
    decays = (signal + residual)[seen]
    if len(decays) < FEWEST_SLICES:
        return None
    decays = decays / decays.mean(axis=1, keepdims=True)
    whole = decays.mean(axis=0)
    without = (whole * len(decays) - decays) / (len(decays) - 1)
    times_ms = np.median(fit.times_ms[seen], axis=0)
    sets = np.vstack([whole, without])
    two, three = (fit_relaxation(sets, times_ms, name, magnitude=False).t_ms for name in ("t2_2p", "t2_3p"))
    excess = two - three
    if not np.isfinite(excess).all():
        return None
    # jackknife (Efron, SIAM 1982)
    error = np.sqrt((len(decays) - 1) * np.mean((excess[1:] - excess[1:].mean()) ** 2))
    return OffsetEffect(float(excess[0]), float(error), float(two[0]))


def _same_times(times_ms: Float64Array) -> bool:
    known = times_ms[whole_slices(times_ms)]
    return len(known) >= FEWEST_SLICES and bool(np.ptp(known, axis=0).max() <= SAME_TIME_MS)
