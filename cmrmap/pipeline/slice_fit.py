"""The fit of one slice's cells: whether its signs can be right, how noisy it is, what the noise floor adds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.core.look_locker import LookLocker
from cmrmap.core.memo import remembered
from cmrmap.core.parameter_map import COUNTED_STATUS
from cmrmap.pipeline.robust import without_spoiled_images
from cmrmap.pipeline.sign_check import check_signs
from cmrmap.relaxometry import (
    RelaxationFit,
    fit_above_noise_floor,
    fit_relaxation,
    fitted_signal,
    get_model,
    only_counted,
)
from cmrmap.relaxometry.rician_moments import rician_moments
from cmrmap.relaxometry.truncation import can_be_truncated, without_late_samples
from cmrmap.settings import FitSettings

#: cells about a cell, (angle, depth), over which its expected signal is averaged: 15 degrees and a quarter of the wall
_AROUND = (5, 3)


@dataclass(frozen=True, slots=True)
class SliceFit:
    """One slice: the fit, its samples (cell, time) with the signs and without the floor, its noise, a note."""

    fit: RelaxationFit
    samples: Float64Array
    fitted: Float64Array
    share: Float64Array
    noise_sd: float
    floor_sd: float
    signed: bool
    note: str


@remembered
def fit_slice(
    signals: Float64Array,
    times_ms: Float64Array,
    model: str,
    signed: bool,
    weights: Float64Array,
    grid: tuple[int, int],
    settings: FitSettings,
    *,
    look_locker: LookLocker | None = None,
    epochs: IntArray | None = None,
) -> SliceFit:
    """Fit (cell, time) samples; ``weights`` is their noise variance relative to a pixel's, 0 off mid-wall.

    ``look_locker`` and ``epochs`` (time,) are those of `fit_relaxation`.
    """
    note = ""

    def around(values: Float64Array) -> Float64Array:
        return _mean_around(values, grid)

    if signed:
        signals, note = _checked_signs(signals, times_ms, model, epochs)
        signed = not note
    magnitude = False if signed else None
    # from here on the images that a conditional fit does not count are like images that are not there
    signals, model = only_counted(signals, times_ms, model, magnitude, epochs=epochs)
    if settings.leave_out_outliers:
        signals = without_spoiled_images(signals, times_ms, model, magnitude)
    fit = fit_relaxation(signals, times_ms, model, magnitude, with_sensitivity=True, look_locker=look_locker)
    noise_sd = _pixel_noise(fit, weights)
    truncated = settings.truncate_decays and can_be_truncated(model)
    if truncated:
        signals = without_late_samples(signals, times_ms, model, noise_sd, around=around)
        fit = fit_relaxation(signals, times_ms, model, magnitude, with_sensitivity=True)
        noise_sd = _pixel_noise(fit, weights)
    if signed or truncated or not settings.noise_floor:
        fitted = fitted_signal(fit, times_ms)
        signs = np.where(fitted < 0, -1.0, 1.0) if get_model(model).magnitude and not signed else 1.0
        return SliceFit(fit, signs * signals, fitted, np.ones(signals.shape), noise_sd, 0.0, signed, note)

    floor_sd, plain = 0.0, fit
    for _ in range(2):  # the noise that the first fit leaves still holds the floor's misfit
        floor_sd = noise_sd if noise_sd > 0 else 0.0
        fit = fit_above_noise_floor(
            signals, times_ms, model, floor_sd, around=around, look_locker=look_locker, plain=plain
        )
        noise_sd = _pixel_noise(fit, weights)
    fitted = fitted_signal(fit, times_ms)
    size = np.nan_to_num(np.abs(fitted))
    mean, _, share = rician_moments(size, floor_sd)
    floor = mean - size
    signs = np.where(fitted < 0, -1.0, 1.0) if get_model(model).magnitude else np.ones_like(fitted)
    return SliceFit(fit, signs * (signals - floor), fitted, share, noise_sd, floor_sd, False, note)


def _checked_signs(
    signals: Float64Array, times_ms: Float64Array, model: str, epochs: IntArray | None
) -> tuple[Float64Array, str]:
    """Return (cell, time) samples with signs that a recovery can have, and why the slice has none, "" where it has.

    An image of which all signs are turned (a readout's own phase) is coherent, yet no recovery explains it: then no
    sign of the slice is used. Beside fat, whose signal is opposed in balanced readouts, the phase may be taken from the
    fat: cells in which that shows take the signs that fit best, as those of magnitudes do.
    """
    check = check_signs(signals, times_ms, model, epochs)
    if not np.isfinite(check.slice_excess):
        return np.abs(signals), "the signed images cannot be fitted"
    if check.slice_wrong:
        more = f"{check.slice_excess:.1f}" if check.slice_excess < 10.0 else f"{check.slice_excess:.0f}"
        note = f"the signs from phase leave {more} noise variances more than the best signs"
        return np.abs(signals), note
    if not check.wrong.any():
        return signals, ""
    sizes = np.abs(signals[check.wrong])
    best = fit_relaxation(sizes, times_ms, model, magnitude=True, epochs=epochs)
    restored = signals.copy()
    restored[check.wrong] = np.where(fitted_signal(best, times_ms) < 0, -sizes, sizes)
    return restored, ""


def _pixel_noise(fit: RelaxationFit, weights: Float64Array) -> float:
    """SD of one pixel's noise from the residuals of interpolated samples, pooled over the trusted cells at mid-wall.

    Interpolated samples are smoother than pixels: ``weights`` is their variance relative to a pixel's. NaN where there
    are as many images as parameters.
    """
    # ambiguous signs too: they are called so where residuals are large, and without those the noise came out 8 % low
    used = np.isin(fit.status, COUNTED_STATUS) & (weights > 0).any(axis=1)
    freedom: npt.NDArray[np.signedinteger[Any]] = fit.n_samples[used] - fit.n_parameters
    expected = float((weights[used].mean(axis=1) * freedom).sum())
    return float(np.sqrt(fit.ssr[used].sum() / expected)) if expected > 0 else float("nan")


def _mean_around(values: Float64Array, grid: tuple[int, int]) -> Float64Array:
    """Mean of (cell, time) values over neighbouring cells of the same image; NaN where no neighbour has a value."""
    images = values.reshape(*grid, -1)
    known = np.isfinite(images)

    def mean(planes: Float64Array) -> Float64Array:
        return ndimage.uniform_filter(planes, (*_AROUND, 1), mode=("wrap", "nearest", "nearest"))

    count = mean(known.astype(np.float64))
    total = mean(np.where(known, images, 0.0))
    # the running sum leaves a rounding error where there is nothing
    out = np.divide(total, count, out=np.full(images.shape, np.nan), where=count > 1e-9)
    return np.asarray(out.reshape(values.shape), dtype=np.float64)
