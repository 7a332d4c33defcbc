"""What T2-prepared images without a saturated one still tell of the constant part of their signal: all slices together.

Magnetisation that recovers between preparation and readout, and during the readout, adds a part that does not decay
(Akcakaya et al., Magn Reson Med 2015;74:93-105). The fit of two parameters takes it for a longer T2, and leaves the
same residual in every slice. One cell's three images cannot tell it from noise; the wall of all slices can, roughly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.pipeline.polar_fit import PolarFit
from cmrmap.relaxometry import fit_relaxation, get_model

_FEWEST_SLICES = 3
_FEWEST_TIMES = 3
_SAME_TIME_MS = 1.0


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


def common_misfit(fit: PolarFit, mid_wall: BoolArray) -> Float64Array:
    """Return the relative residual that the other slices have in common: what a decay without a constant cannot follow.

    Parameters
    ----------
    fit : of a series
    mid_wall : (depth,) of the cells to judge by

    Returns
    -------
    (slice, time) share of the fitted signal; 0 for other models, for fewer than three slices, and where slices have
    different times. A slice that lost an image has the share of each of its times, and no say in it
    """
    out = np.zeros(fit.times_ms.shape)
    model = get_model(fit.model)
    if model.family != "t2" or model.has_offset or not _same_times(fit.times_ms):
        return out
    whole = _whole(fit.times_ms)
    signal, residual = _sums(fit, mid_wall)
    known = whole[:, None] & np.isfinite(signal) & (signal > 0)
    share = np.where(known, residual / np.where(known, signal, 1.0), 0.0)
    n_known = known.sum(axis=0)
    others = n_known - known
    enough = known & (others >= _FEWEST_SLICES - 1)
    # of the others, so that a slice's own errors stay its own
    out = np.where(enough, (share.sum(axis=0) - share) / np.maximum(others, 1), out)
    everywhere = np.where(n_known >= _FEWEST_SLICES - 1, share.sum(axis=0) / np.maximum(n_known, 1), 0.0)
    times_ms = np.median(fit.times_ms[whole], axis=0)
    for s in np.flatnonzero(~whole):  # its images lie at the places of earlier times
        same = np.abs(fit.times_ms[s][:, None] - times_ms) <= _SAME_TIME_MS
        out[s] = same @ everywhere / np.maximum(same.sum(axis=1), 1)
    return out


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
    signal, residual = _sums(fit, mid_wall)
    seen = _whole(fit.times_ms) & np.isfinite(signal).all(axis=1)
    decays = (signal + residual)[seen]
    if len(decays) < _FEWEST_SLICES:
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


def _whole(times_ms: Float64Array) -> BoolArray:
    """(slice,) True for the slices that lost no image."""
    return np.asarray(np.isfinite(times_ms).all(axis=1), dtype=np.bool_)


def _same_times(times_ms: Float64Array) -> bool:
    known = times_ms[_whole(times_ms)]
    return len(known) >= _FEWEST_SLICES and bool(np.ptp(known, axis=0).max() <= _SAME_TIME_MS)


def _sums(fit: PolarFit, mid_wall: BoolArray) -> tuple[Float64Array, Float64Array]:
    """(slice, time) fitted signal and residual, summed over the trusted cells at mid-wall; NaN if not used."""
    inside = (fit.trusted & mid_wall)[:, None]
    used = inside & np.isfinite(fit.samples)
    signal, residual = (np.where(used, planes, 0.0).sum(axis=(2, 3)) for planes in (fit.fitted, fit.residuals))
    none = ~used.any(axis=(2, 3))
    return np.where(none, np.nan, signal), np.where(none, np.nan, residual)
