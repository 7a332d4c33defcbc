"""Decays cut off where they sink into the noise: the late samples, which hold the noise floor, leave the fit.

The other way to treat that floor is to take it out of every sample (`cmrmap.relaxometry.rician`), which uses all of
them. Truncation is what most T2* software does (He et al., Magn Reson Med 2008;60:350-356).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.relaxation_models import get_model

#: in noise SDs of one channel; the mean of a magnitude lies 5 % above a signal of this size, 1 % above twice of it
LEAST_SIGNAL = 3.0


def can_be_truncated(model: str) -> bool:
    """Whether a model decays to zero: with a constant, or in a recovery, late samples are signal."""
    chosen = get_model(model)
    return not chosen.has_offset and chosen.column_constant == 0.0


def without_late_samples(
    signals: Float64Array,
    times_ms: Float64Array,
    model: str,
    noise_sd: float,
    *,
    around: Callable[[Float64Array], Float64Array] | None = None,
) -> Float64Array:
    """Return the samples with NaN from the first time at which the signal has sunk into the noise.

    Parameters
    ----------
    signals : (pixels, times) magnitudes; NaN: no sample
    times_ms : (times,) in any order
    model : a decay without a constant
    noise_sd : of one channel of one pixel; 0 or NaN leaves everything
    around : mean over each pixel's neighbourhood, by which the signal is judged; None: by the pixel's own sample,
        which then ends earlier where noise made it small, and so is biased

    Returns
    -------
    (pixels, times); the earliest samples, one more than the model has parameters, always stay
    """
    if not noise_sd > 0:
        return signals
    expected = signals if around is None else around(signals)
    order = np.argsort(times_ms, kind="stable")
    sunk = np.zeros(signals.shape, dtype=np.bool_)
    sunk[:, order] = np.logical_or.accumulate(expected[:, order] < LEAST_SIGNAL * noise_sd, axis=1)
    sunk[:, order[: get_model(model).fewest_images]] = False
    return np.where(sunk, np.nan, signals)
