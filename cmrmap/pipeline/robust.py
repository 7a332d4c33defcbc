"""Fits that one badly drawn image cannot spoil: a cell whose residuals betray it is fitted without that image.

An outline that reaches into lung or blood in one image spoils a few cells of that image only; the other images of the
cell still agree. Ours; docs/relaxometry.md shows what it gives.
"""

from __future__ import annotations

import numpy as np

from cmrmap.relaxometry import fit_relaxation
from cmrmap.relaxometry.models import get_model
from cmrmap.types import Float64Array

_SUSPECT_RATIO = 3.0  # residual variance of a cell over the slice's median from which it is looked at
_ACCEPTED_DROP = 0.4  # residual variance without the image over that with it, at or below which the image is left out
_LEAST_SPARE = 2  # degrees of freedom that must remain: with fewer, leaving out an image always looks good


def without_spoiled_images(
    signals: Float64Array, times_ms: Float64Array, model: str, magnitude: bool | None = None
) -> Float64Array:
    """Return the samples with NaN where one image has spoiled a cell.

    Parameters
    ----------
    signals : (cell, time); NaN drops out of its cell's fit
    times_ms : (time,)
    model : relaxometry model
    magnitude : as in ``fit_relaxation``

    Returns
    -------
    (cell, time) at most one sample of a cell is taken out
    """
    first = fit_relaxation(signals, times_ms, model, magnitude)
    spare = first.n_samples.astype(np.float64) - get_model(model).n_parameters
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(spare > 0, first.ssr / spare, np.nan)
    typical = np.nanmedian(variance) if np.isfinite(variance).any() else np.nan
    suspect = np.flatnonzero((variance > _SUSPECT_RATIO * typical) & (spare > _LEAST_SPARE))
    if not suspect.size:
        return signals
    best = np.full(suspect.size, np.inf)
    culprit = np.full(suspect.size, -1)
    for time in range(signals.shape[1]):
        without = signals[suspect].copy()
        without[:, time] = np.nan
        fit = fit_relaxation(without, times_ms, model, magnitude)
        left = np.where(np.isfinite(fit.ssr), fit.ssr, np.inf) / (spare[suspect] - 1)
        better = (left < best) & np.isfinite(signals[suspect, time])
        best[better], culprit[better] = left[better], time
    cleared = best <= _ACCEPTED_DROP * variance[suspect]
    cleaned = np.array(signals, dtype=np.float64)
    cleaned[suspect[cleared], culprit[cleared]] = np.nan
    return cleaned
