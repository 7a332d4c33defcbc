"""Blood T1 of a slice: a circle in the middle of the cavity, followed from image to image."""

from __future__ import annotations

import numpy as np

from cmrmap.relaxometry import fit_blood
from cmrmap.settings import BloodSettings
from cmrmap.types import BloodValue, Float64Array, IntArray, PolarStack, WeightedStack

_CAVITY_SHARE = 0.7  # ours: the paper's 5 pixels reach into the wall of a small apical cavity
_LEAST_PIXELS = 5


def circle_signals(
    stack: WeightedStack, polar: PolarStack, slice_index: int, times: IntArray, radius_px: float
) -> Float64Array:
    """Signals (pixel, time) of a circle about each image's own centre; the same offsets in every image."""
    reach = int(radius_px)
    dy, dx = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    inside = np.hypot(dy, dx) <= radius_px
    dy, dx = dy[inside], dx[inside]
    centres = np.rint(polar.centres[slice_index, times]).astype(np.intp)
    rows = np.clip(centres[:, :1] + dy, 0, stack.images.shape[2] - 1)
    columns = np.clip(centres[:, 1:] + dx, 0, stack.images.shape[3] - 1)
    signals = stack.images[slice_index, times[:, None], rows, columns]
    return np.asarray(signals.T, dtype=np.float64)


def blood_of_slice(
    stack: WeightedStack, polar: PolarStack, slice_index: int, times: IntArray, settings: BloodSettings
) -> BloodValue | None:
    """Fit the mean signal of the circle (Zhu 2020: radius 5 pixels about the myocardium's centre of mass).

    The circle never reaches beyond 0.7 of the cavity's smallest radius in any image. None where that leaves fewer
    than 5 pixels, or where the fit has no answer.
    """
    smallest = float(polar.inner_radius[slice_index, times].min())
    radius = min(settings.radius_px, _CAVITY_SHARE * smallest)
    if not radius >= 1.0:
        return None
    signals = circle_signals(stack, polar, slice_index, times, radius)
    if len(signals) < _LEAST_PIXELS:
        return None
    fit = fit_blood(signals, stack.times_ms[slice_index, times], stack.model, method=settings.method)
    if not np.isfinite(fit.t1_ms):
        return None
    return BloodValue(float(fit.t1_ms), float(fit.sd_ms), len(signals))
