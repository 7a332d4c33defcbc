"""The first echo of a spin-echo train: left out where it is lower than the later ones tell.

It is the only one that holds no stimulated echo, and so lies below the decay of the others by an amount that the
refocusing pulses decide (6 % at 150 degrees): fitted with them it lengthens T2. Leaving it out is usual (Milford et
al., PLoS One 2015;10:e0145255); here the data decide, once for the whole series, whose slices share their pulses.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.alignment import wall_parts
from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.relaxometry import fit_relaxation, fitted_signal, get_model

_LEAST_LOW = 0.02  # share of the signal below which leaving it out changes T2 by less than 1 ms
_SURE = 3.0  # standard errors of the mean over the wall's parts
_FEWEST_PARTS = 6
_LEAST_SPARE = 2  # echoes beyond the parameters that must remain
_SAME_TIME = 1e-3  # relative: by which times that are one may differ from slice to slice


def low_first_echo(signals: Sequence[Float64Array], times_ms: Sequence[Float64Array], model: str) -> float:
    """Return by how much the first echo lies below the decay of the later ones, where that is no chance.

    Parameters
    ----------
    signals : per slice (time, angle, depth) samples at mid-wall; a slice without images has no times
    times_ms : per slice (time,) rising
    model : relaxometry model of a decay

    Returns
    -------
    median share of the signal over parts of the wall, above 0; NaN where the first echo is to stay
    """
    low: list[float] = []
    n_parameters = get_model(model).n_parameters
    shortest = np.concatenate([*times_ms, np.zeros(0)])
    for samples, times in zip(signals, times_ms, strict=True):
        if len(times) <= n_parameters + _LEAST_SPARE or not np.isfinite(times).all():
            continue
        first = first_echo(times, shortest)
        if len(first) == 1:
            low += _low(samples, times, int(first[0]), model).tolist()
    if len(low) < _FEWEST_PARTS:
        return float("nan")
    share, error = float(np.median(low)), float(np.std(low, ddof=1)) / np.sqrt(len(low))
    return share if share > _LEAST_LOW and np.mean(low) > _SURE * error else float("nan")


def first_echo(times_ms: Float64Array, of_series_ms: Float64Array) -> IntArray:
    """Return the indices of the series' shortest time among the times of one slice; none where that echo is not there.

    Parameters
    ----------
    times_ms : (time,) of the slice; NaN where there is no image
    of_series_ms : of all slices
    """
    return np.flatnonzero(np.isclose(times_ms, np.nanmin(of_series_ms), rtol=_SAME_TIME, atol=0.0))


def _low(samples: Float64Array, times_ms: Float64Array, first: int, model: str) -> Float64Array:
    """(part,) share by which the first echo lies below what the later ones tell; parts that can be fitted."""
    parts = np.array([part.mean(axis=(-2, -1)) for part in wall_parts(samples)])
    later = parts.copy()
    later[:, first] = np.nan
    told = fitted_signal(fit_relaxation(later, times_ms, model), times_ms)[:, first]
    known = np.isfinite(told) & np.isfinite(parts[:, first]) & (told > 0)
    return np.asarray(1.0 - parts[known, first] / told[known], dtype=np.float64)
