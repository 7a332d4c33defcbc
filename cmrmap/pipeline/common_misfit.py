"""Misfit common to all slices of a series: a relaxation that the model does not describe, no error of an image.

Errors of images differ from slice to slice: each slice's images are acquired in different heartbeats and segmented
separately. A misfit of the model is the same in all slices: the constant part of a T2 signal, magnetisation transfer by
the pulses of the neighbouring slices, an imperfect inversion. The differences between the slices separate the two. The
misfit is removed from the standard error and reported separately: residuals do not show its effect on the value.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, frozen
from cmrmap.core.memo import Unchanging
from cmrmap.pipeline.polar_fit import PolarFit
from cmrmap.relaxometry import get_model

FEWEST_SLICES = 3
SAME_TIME_MS = 1.0
_LEAST_KEPT = 0.5  # below, slices differ by so much that chance alone may be what they have in common
_SAME_TIME_SHARE = 0.1  # of the time: inversion times follow the heart's rhythm from slice to slice


@dataclass(frozen=True, slots=True)
class CommonMisfit(Unchanging):
    """Misfit common to all slices of a series; shares are of A, the signal without relaxation.

    Attributes
    ----------
    times_ms : (time,) of the images, medians over the slices
    share : (time,) median over the slices of the mean signed residual of their mid-wall; NaN in too few slices
    kept : the part of ``share`` that is not explained by how the slices differ by chance; 0 where less than half is
    taken_out : (slice, time) what is taken out of a slice's residuals: ``kept`` times the median of the other slices;
        0 in too few slices
    added_variance : (slice, time) by what share the variance of the slice's own errors grows by that
    """

    times_ms: Float64Array
    share: Float64Array
    kept: float
    taken_out: Float64Array
    added_variance: Float64Array

    def __post_init__(self) -> None:
        for one in fields(self):
            if isinstance(getattr(self, one.name), np.ndarray):
                object.__setattr__(self, one.name, frozen(getattr(self, one.name)))

    @property
    def believed(self) -> Float64Array:
        """(time,) the share that chance does not explain; NaN where too few slices have the image."""
        return np.asarray(self.kept * self.share, dtype=np.float64)

    @property
    def size(self) -> float:
        """Root mean square of `believed` over the images; NaN where nothing is known."""
        known = self.believed[np.isfinite(self.share)]
        return float(np.sqrt(np.mean(known**2))) if known.size else float("nan")


def wall_sums(fit: PolarFit, mid_wall: BoolArray) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Sum over the trusted cells at mid-wall.

    Parameters
    ----------
    fit : of a series
    mid_wall : (depth,) of the cells to judge by

    Returns
    -------
    fitted signal, residual and amplitude, (slice, time), of the cells that an image was used in; NaN if it was not used
    """
    inside = (fit.trusted & mid_wall)[:, None]
    used = inside & np.isfinite(fit.samples)
    planes = (fit.fitted, fit.residuals, np.broadcast_to(fit.amplitude[:, None], fit.samples.shape))
    none = ~used.any(axis=(2, 3))
    signal, residual, amplitude = (np.where(none, np.nan, np.where(used, one, 0.0).sum(axis=(2, 3))) for one in planes)
    return signal, residual, amplitude


def whole_slices(times_ms: Float64Array) -> BoolArray:
    """(slice,) True for the slices of (slice, time) that lost no image."""
    return np.asarray((~np.isnan(times_ms)).all(axis=1), dtype=np.bool_)


def wall_misfit(fit: PolarFit, mid_wall: BoolArray) -> CommonMisfit:
    """Measure the misfit that the walls of all slices have in common.

    Parameters
    ----------
    fit : of a series
    mid_wall : (depth,) of the cells to judge by
    """
    _, residual, amplitude = wall_sums(fit, mid_wall)
    known = np.isfinite(residual) & (amplitude > 0)
    share = np.where(known, residual / np.where(known, amplitude, 1.0), np.nan)
    return common_misfit(share, fit.times_ms, get_model(fit.model).n_parameters)


def common_misfit(share: Float64Array, times_ms: Float64Array, n_parameters: int) -> CommonMisfit:
    """Separate the misfit common to all slices from each slice's own residuals.

    Parameters
    ----------
    share : (slice, time) mean signed residual of a slice's region over its amplitude; NaN where it is not known
    times_ms : (slice, time); NaN for an image that a slice lost, whose others then lie at the places of earlier times
    n_parameters : of the fit that left them

    Returns
    -------
    CommonMisfit
        Nothing is taken out where fewer than three slices have times that match to a tenth, nor from the images that do
        not match. A slice that lost an image has the others' median at each of its times, and does not contribute.
    """
    whole = whole_slices(times_ms) & np.isfinite(share).any(axis=1)
    nothing = np.zeros(share.shape)
    if np.count_nonzero(whole) < FEWEST_SLICES or share.shape[1] <= n_parameters:
        times = np.median(times_ms[whole], axis=0) if whole.any() else np.full(share.shape[1], np.nan)
        return CommonMisfit(times, np.full(share.shape[1], np.nan), 0.0, nothing, nothing)
    times = np.median(times_ms[whole], axis=0)
    told = np.where(whole[:, None] & _same(times_ms, times), share, np.nan)
    n = np.isfinite(told).sum(axis=0)
    enough = n >= FEWEST_SLICES
    middle = _median(told)
    kept = _kept(told[:, enough], middle[enough], n[enough])
    taken_out, added = nothing.copy(), nothing.copy()
    for s, row in enumerate(times_ms):
        others = np.delete(told, s, axis=0)
        n_others = np.isfinite(others).sum(axis=0)
        there = np.where(n_others >= FEWEST_SLICES - 1, _median(others), 0.0)
        variance = np.where(n_others >= FEWEST_SLICES - 1, _variance_of_median(n_others), 0.0)
        same = np.diag(_same(row, times).astype(np.float64)) if whole[s] else _nearest(row, times)
        taken_out[s], added[s] = kept * same @ there, kept**2 * same @ variance
    return CommonMisfit(times, np.where(enough, middle, np.nan), kept, taken_out, added)


def _median(values: Float64Array) -> Float64Array:
    """Medians over the slices of (slice, time), without NaN; NaN where there is none."""
    out = np.full(values.shape[1], np.nan)
    told = np.isfinite(values).any(axis=0)
    out[told] = np.nanmedian(values[:, told], axis=0)
    return out


def _variance_of_median(n: IntArray) -> Float64Array:
    """Variance of the median of ``n`` normal values of variance 1, within 4 % of the exact one."""
    return np.asarray(np.pi / (2.0 * (n + np.where(n % 2 == 1, 0.5, 1.27))), dtype=np.float64)


def _kept(told: Float64Array, middle: Float64Array, n: IntArray) -> float:
    """Return by how much the medians must be shrunk so that chance is not taken for misfit, 0-1 (James and Stein 1961).

    Parameters
    ----------
    told : (slice, time) shares; NaN where a slice does not contribute
    middle, n : (time,) median and number of those that have
    """
    found = float((middle**2).sum())
    if not found > 0:
        return 0.0
    by_chance = _variance_of_median(n)
    # a value and the median of all share 1 / n of their variance; the median slice is robust against one that is bad
    known = np.isfinite(told)
    apart = np.where(known, told - middle, 0.0) ** 2
    expected = np.where(known, 1.0 + by_chance - 2.0 / n, 0.0)
    speak = known.any(axis=1)
    variance = float(np.median(apart[speak].sum(axis=1) / expected[speak].sum(axis=1)))
    kept = 1.0 - variance * float(by_chance.sum()) / found
    return kept if kept >= _LEAST_KEPT else 0.0


def _same(times_ms: Float64Array, others_ms: Float64Array) -> BoolArray:
    """Whether times are those of the same image of the sequence; infinity is infinity, and NaN is nothing."""
    with np.errstate(invalid="ignore"):
        near = np.abs(times_ms - others_ms) <= np.maximum(SAME_TIME_MS, _SAME_TIME_SHARE * others_ms)
    return np.asarray((near & np.isfinite(times_ms)) | (np.isposinf(times_ms) & np.isposinf(others_ms)), dtype=np.bool_)


def _nearest(row: Float64Array, times_ms: Float64Array) -> Float64Array:
    """(image, time) weights of the series' times in each image's; rows of 0 where none is near."""
    same = _same(row[:, None], times_ms[None])
    with np.errstate(invalid="ignore"):
        apart = np.where(same, np.nan_to_num(np.abs(row[:, None] - times_ms[None]), nan=0.0), np.inf)
    same &= apart <= apart.min(axis=1, initial=np.inf, keepdims=True) + SAME_TIME_MS
    return np.asarray(same / np.maximum(same.sum(axis=1, keepdims=True), 1), dtype=np.float64)
