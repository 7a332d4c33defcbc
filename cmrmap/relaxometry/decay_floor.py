"""Decays of many pixels with the noise floor taken out, cheaply: for maps of whole images, not for the wall's numbers.

As `cmrmap.relaxometry.rician` does, but only in pixels that reach the noise, each for itself, and without carrying the
floor on to the standard deviations, which is where that fit's time goes.
"""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.relaxometry.fit import RelaxationFit, fit_relaxation
from cmrmap.relaxometry.models import get_model
from cmrmap.relaxometry.rician import fitted_signal
from cmrmap.relaxometry.rician_moments import rician_moments

_NEAR_NOISE = 5.0  # in noise SDs: the mean of a magnitude lies 2 % above a signal of this size
_ROUNDS = 3  # of what is to be corrected a third or less is left from round to round
_LARGEST = 12.0  # of the table, in noise SDs; beyond, a magnitude lies less than 0.4 % above its signal
_SIZES = np.linspace(0.0, _LARGEST, 1201)
_EXCESS = rician_moments(_SIZES, 1.0)[0] - _SIZES


def decays_above_floor(
    fit: RelaxationFit, signals: Float64Array, times_ms: Float64Array, noise_sd: float
) -> tuple[IntArray, RelaxationFit]:
    """Fit again the pixels that reach the noise, with the floor taken out of their samples.

    Parameters
    ----------
    fit : of the magnitudes as they are
    signals : (pixels, times) magnitudes without NaN
    times_ms : (times,)
    noise_sd : of one channel of one pixel

    Returns
    -------
    which : (k,) indices of the pixels that were fitted again; none of recoveries, and none without noise
    fit : of these; where there are none, the fit that was given
    """
    nothing = np.zeros(0, dtype=np.intp)
    if get_model(fit.model).magnitude or not noise_sd > 0:
        return nothing, fit
    own = fitted_signal(fit, times_ms)
    which = np.flatnonzero(own.min(axis=1) < _NEAR_NOISE * noise_sd)  # a NaN is no answer: nothing to correct
    if not which.size:
        return nothing, fit
    given, expected = signals[which], own[which]
    for _ in range(_ROUNDS):
        size = np.abs(expected) / noise_sd
        near = size < _LARGEST
        aim = given.copy()
        aim[near] -= noise_sd * np.interp(size[near], _SIZES, _EXCESS)
        fit = fit_relaxation(aim, times_ms, fit.model, magnitude=False)
        expected = fitted_signal(fit, times_ms)
    return which, fit
