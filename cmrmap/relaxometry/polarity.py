"""Polarity of magnitude data: the exact optimum over all signs, by prefixes.

A model's signal is monotonic in time, so it changes sign at most once: with the samples in the order of their times
the signs that a model can have are "the first k negative, the others positive". For magnitudes ``s >= 0`` and any signs
``(m - sign * s)^2 >= (|m| - s)^2``, with equality for the model's own signs; hence the least of the signed
least-squares optima over the n prefixes is the least-squares optimum of the magnitude model, exactly. (Trying the
signs one after the other: Nekolla et al., J Comput Assist Tomogr 1992;16:327-332; Barral et al., Magn Reson Med
2010;64:1057-1067, who look at the two prefixes about the smallest sample only.)
From one prefix to the next a single sample changes sign: ``g_k = g_(k-1) - 2 u_(k-1) s_(k-1)``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array

#: another polarity whose SSR is within this many residual variances of the best one explains the data almost equally:
#: the 95 % limit of a likelihood ratio with one degree of freedom
AMBIGUITY_LIMIT = 3.841
#: answers closer than this (relative) are one answer: a sample of exactly zero has either sign
DISTINCT_LOG_T = 1e-6
#: rounding of the residual of normalised data, relative to their power
ROUNDING = 1e-13


def prefix_signs(n_times: int, n_negative: npt.ArrayLike) -> Float64Array:
    """Return the signs of samples in the order of their times: the first ``n_negative`` are -1, the others +1.

    Parameters
    ----------
    n_times : number of samples
    n_negative : (...) int, how many samples lie before the null

    Returns
    -------
    (..., times) of -1 and 1
    """
    before = np.arange(n_times) < np.asarray(n_negative)[..., None]
    return np.where(before, -1.0, 1.0)
