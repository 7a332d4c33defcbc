"""Fits of the benchmark's pixels with this package and with scipy, and what a fit costs."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from fitting.cases import Case


def ours(case: Case, s: np.ndarray, backend: str) -> np.ndarray:
    """Fit with this package on one thread; NaN where the pixel is flagged as having no trustworthy answer."""
    from cmrmap.relaxometry import fit_relaxation

    fit = fit_relaxation(s, case.times_ms, case.model, case.magnitude, backend=backend, threads=1)
    return np.where(np.isin(fit.status, (0, 3)), fit.t_ms, np.nan)


def curve_fit_all(case: Case, s: np.ndarray) -> np.ndarray:
    """Fit pixel after pixel with scipy's curve_fit, as most notebooks do: the equation and a sensible start."""
    from scipy.optimize import OptimizeWarning, curve_fit

    from cmrmap.relaxometry import get_model

    model, times = get_model(case.model), np.minimum(case.times_ms, 1e6)  # it takes no infinite time
    start = 60.0 if model.family == "t2" else 1000.0

    def equation(t: np.ndarray, *p: float) -> np.ndarray:
        e = np.exp(-t / p[0])
        if not model.has_offset:
            values = p[1] * (model.column_constant + model.column_slope * e)
        else:
            values = p[1] - p[2] * e if model.recovering else p[1] * e + p[2]
        return np.abs(values) if case.magnitude else values

    import warnings

    found = np.full(len(s), np.nan)
    first = [start, 1.0, 2.0 if model.look_locker else 1.0 if model.recovering else 0.0][: model.n_parameters]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", OptimizeWarning)
        for i, samples in enumerate(s):
            try:
                p = curve_fit(equation, times, samples, p0=first)[0]
            except RuntimeError:
                continue
            found[i] = p[0] * (p[2] / p[1] - 1) if model.look_locker else p[0]
    return found


def timed(call: Callable[[], object], repeats: int = 5) -> float:
    """Return the least processor time of several calls: what else the machine does can only add to it."""
    least = np.inf
    for _ in range(repeats):
        start = time.process_time()
        call()
        least = min(least, time.process_time() - start)
    return least


def by_turns(case: Case, s: np.ndarray, turns: int = 7, few: int = 200) -> list[float]:
    """Return curve_fit's processor time a pixel over this package's, turn by turn.

    What else the machine does changes from second to second, and slows both: each turn compares neighbours in time.
    """
    ratios = []
    for _ in range(turns):
        theirs = timed(lambda: curve_fit_all(case, s[:few]), 1) / few
        ratios.append(theirs * len(s) / timed(lambda: ours(case, s, "numba"), 2))
    return ratios


def usable(t: np.ndarray, truth: np.ndarray | float) -> np.ndarray:
    """Return which fits are no failures: an answer that is less than half the truth off."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(t) & (np.abs(t - truth) < 0.5 * truth)
