"""Blood T1 of a slice: a circle in the middle of the cavity, followed from image to image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray
from cmrmap.core.parameter_map import BloodValue
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.error_model import widened
from cmrmap.relaxometry import BloodFit, fit_blood, get_model
from cmrmap.settings import BloodSettings

CAVITY_SHARE = 0.7  # ours: the paper's 5 pixels reach into the wall of a small apical cavity
LEAST_PIXELS = 5


def circle_signals(
    images: FloatArray, polar: PolarStack, slice_index: int, times: IntArray, radius_px: float
) -> Float64Array:
    """Signals (pixel, time) of a circle about each image's own centre; the same offsets in every image."""
    reach = int(radius_px)
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = np.hypot(dy, dx) <= radius_px
    dy, dx = dy[inside], dx[inside]
    centres = np.rint(polar.centres[slice_index, times]).astype(np.intp)
    rows = np.clip(centres[:, :1] + dy, 0, images.shape[2] - 1)
    columns = np.clip(centres[:, 1:] + dx, 0, images.shape[3] - 1)
    signals = images[slice_index, times[:, None], rows, columns]
    return np.asarray(signals.T, dtype=np.float64)


def blood_of_slices(
    stack: WeightedStack,
    polar: PolarStack,
    times: Sequence[IntArray],
    signed: BoolArray,
    settings: BloodSettings,
) -> tuple[BloodValue | None, ...]:
    """Fit the signal of a circle in every slice (Zhu 2020: radius 5 pixels about the myocardium's centre of mass).

    The circle never reaches beyond 0.7 of the cavity's smallest radius in any image. None where that leaves fewer
    than 5 pixels, or where the fit has no answer.

    Parameters
    ----------
    times : per slice the images that are fitted; none for a slice that is not made
    signed : (slice,) whether the images' signs are used

    Notes
    -----
    The images' own errors are judged half by the slice and half by all slices: one slice has few images to judge by.
    """
    fits = [_fit_slice(stack, polar, s, used, bool(signed[s]), settings) for s, used in enumerate(times)]
    gains = [fit.gain_variance for fit in fits if fit is not None and np.isfinite(fit.gain_variance)]
    pooled = float(np.mean(gains)) if gains else 0.0
    n_parameters = get_model(stack.model).n_parameters
    freedom = sum(max(fit.n_images - n_parameters, 1) for fit in fits if fit is not None)

    def value(fit: BloodFit | None) -> BloodValue | None:
        if fit is None:
            return None
        own = max(fit.n_images - n_parameters, 1)
        gain = max(0.5 * (fit.gain_variance + pooled), 0.0) * widened(own, max(freedom, own))
        error = float(np.sqrt(fit.noise_sd_ms**2 + gain * fit.gain_effect_ms**2))
        return BloodValue(fit.t1_ms, error if np.isfinite(error) else fit.sd_ms, fit.n_pixels)

    return tuple(value(fit) for fit in fits)


def _fit_slice(
    stack: WeightedStack,
    polar: PolarStack,
    slice_index: int,
    times: IntArray,
    signed: bool,
    settings: BloodSettings,
) -> BloodFit | None:
    if not times.size:
        return None
    smallest = float(polar.inner_radius[slice_index, times].min())
    radius = min(settings.radius_px, CAVITY_SHARE * smallest)
    if not radius >= 1.0:
        return None
    signals = circle_signals(stack.fitted_images, polar, slice_index, times, radius)
    if len(signals) < LEAST_PIXELS:
        return None
    times_ms = stack.times_ms[slice_index, times]
    if stack.has_signs[slice_index] and not signed:  # the signs were found to be wrong
        signals = np.abs(signals)
    epochs = stack.epochs_of(slice_index)
    fit = fit_blood(
        signals,
        times_ms,
        stack.model,
        settings.method,
        magnitude=False if signed else None,
        look_locker=stack.look_locker,
        epochs=None if epochs is None else epochs[times],
    )
    return fit if np.isfinite(fit.t1_ms) else None
