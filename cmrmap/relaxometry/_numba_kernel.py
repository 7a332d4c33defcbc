"""The compiled fit: pixels side by side, `LANES` of them at once, all their work in the first caches.

Importing this module imports numba and loads or compiles the kernel; `cmrmap.relaxometry._backends` does so on first
use. `fit_pixels` alone has a signature and an entry from Python; what it calls is compiled into it. The steps are those
of `cmrmap.relaxometry._numpy_kernel`.
"""

from __future__ import annotations

import math
from typing import Any

import numba
import numpy as np

from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry._numba_finish import RATIO_ROW, RESULT_ROWS, SUM_ROWS, finish
from cmrmap.relaxometry._numba_lanes import (
    F8,
    LANES,
    compiled,
    inner,
    single_2d,
    table_1d,
    table_2d,
    table_3d,
)
from cmrmap.relaxometry._numba_refine import REFINE_ROWS
from cmrmap.relaxometry._numba_search import search
from cmrmap.relaxometry.basis import N_COEFFICIENTS, N_NODES

_OK = int(FitStatus.OK)
_EDGE = int(FitStatus.EDGE_OF_RANGE)
_DEGENERATE = int(FitStatus.DEGENERATE)
_AMBIGUOUS = int(FitStatus.NULL_AMBIGUOUS)
_UNPHYSICAL = int(FitStatus.UNPHYSICAL)
_SMALLEST = 1e-300  # below, the reciprocal may be infinite
_LOW, _HIGH, _LARGEST, _FINITE = (i * LANES for i in range(4))


@inner
def _take(signals: Any, start: int, size: int, magnitude: bool, s: Any, scale: Any, work: Any) -> None:
    """Write ``size`` pixels' samples over the largest to s (time, lane), zero where there is no answer.

    scale (lane,) is the divisor, 0 where there is no answer.
    """
    n = s.size // LANES
    for j in range(n):
        for q in range(size):
            s[j * LANES + q] = signals[start + q, j]
        for q in range(size, LANES):
            s[j * LANES + q] = 0.0
    for q in range(LANES):
        work[_LOW + q] = math.inf
        work[_HIGH + q] = -math.inf
        work[_LARGEST + q] = 0.0
        work[_FINITE + q] = 0.0
    for j in range(n):
        for q in range(LANES):
            value = s[j * LANES + q]
            height = abs(value)
            value = height if magnitude else value
            s[j * LANES + q] = value
            largest, low, high = work[_LARGEST + q], work[_LOW + q], work[_HIGH + q]
            work[_FINITE + q] += value * 0.0  # NaN where a value is NaN or infinite
            work[_LARGEST + q] = height if height > largest else largest
            work[_LOW + q] = value if value < low else low
            work[_HIGH + q] = value if value > high else high
    for q in range(LANES):
        largest = work[_LARGEST + q]
        varied = work[_HIGH + q] / largest - work[_LOW + q] / largest > 1e-12
        answered = (work[_FINITE + q] == 0.0) & varied
        scale[q] = largest if answered else 0.0
        work[_LOW + q] = 1.0 / largest if answered else 0.0
    for j in range(n):
        for q in range(LANES):
            # not by a product with zero: what is not finite must not stay
            value = s[j * LANES + q] * work[_LOW + q]
            s[j * LANES + q] = value if work[_LOW + q] > 0.0 else 0.0
    for q in range(size):
        if 0.0 < scale[q] <= _SMALLEST:
            for j in range(n):
                value = signals[start + q, j]
                s[j * LANES + q] = (abs(value) if magnitude else value) / scale[q]


@inner
def _explained_by_offset(s: Any, base: Any, has_offset: bool, work: Any) -> None:
    """Write sum(s)^2 / n of every prefix to base (prefix, lane); zero without an offset."""
    if not has_offset:
        base[:] = 0.0
        return
    n = s.size // LANES
    work[:LANES] = 0.0
    for j in range(n):
        for q in range(LANES):
            work[q] += s[j * LANES + q]
    for k in range(base.size // LANES):
        turned = 2.0 if k > 0 else 0.0
        last = max(k - 1, 0)
        for q in range(LANES):
            value = work[q] - turned * s[last * LANES + q]
            work[q] = value
            base[k * LANES + q] = value * value / n


@compiled(
    numba.void(
        *(table_2d, table_1d, table_1d, F8, single_2d, table_3d, F8),
        *(numba.boolean,) * 4,
        *(F8,) * 4,
        *(F8[:, :], numba.uint8[::1], numba.int16[::1], F8[:, :]),
    )
)
def fit_pixels(
    signals: Any,
    times: Any,
    log_t: Any,
    step: float,
    dictionary: Any,
    polynomials: Any,
    gain: float,
    has_offset: bool,
    recovering: bool,
    look_locker: bool,
    magnitude: bool,
    column_constant: float,
    column_slope: float,
    ratio_low: float,
    ratio_high: float,
    out: Any,
    status: Any,
    n_negative: Any,
    sensitivity: Any,
) -> None:
    """Fit (pixels, times) samples in the order of their times into the last four arguments, which hold NaN before."""
    n_pixels, n = signals.shape
    n_prefixes = n if magnitude else 1
    dof = n - (3 if has_offset else 2)
    s = np.empty(n * LANES)
    column = np.empty(n * LANES)
    slope = np.empty(n * LANES)
    base = np.empty(n_prefixes * LANES)
    scale = np.empty(2 * LANES)
    work = np.empty(REFINE_ROWS * LANES)
    sums = np.empty(SUM_ROWS * LANES)
    result = np.empty(RESULT_ROWS * LANES)
    total = np.empty(LANES)
    x = np.zeros(LANES)
    objective = np.empty(LANES)
    coefficients = np.zeros(N_COEFFICIENTS * LANES)
    single = np.empty(n * LANES, np.float32)
    turned = np.zeros(n * LANES, np.float32)
    most = np.empty(n * LANES, np.float32)
    small = np.empty(4 * LANES, np.float32)
    g = np.zeros((N_NODES + 2) * LANES, np.float32)
    most_candidates = LANES * n_prefixes * (N_NODES // 2 + 1)
    pairs = np.zeros((2, LANES), np.int64)
    candidates = np.empty((3, most_candidates), np.int64)
    refined = np.empty(2 * most_candidates)
    chunk = np.zeros((4, LANES), np.int64)
    found = np.zeros((3, LANES), np.int64)
    power = work[2 * LANES : 3 * LANES]
    bits = power.view(np.int64)
    for start in range(0, n_pixels, LANES):
        size = min(LANES, n_pixels - start)
        _take(signals, start, size, magnitude, s, scale, work)
        _explained_by_offset(s, base, has_offset, work)
        search(
            s,
            base,
            dof,
            gain,
            dictionary,
            polynomials,
            log_t,
            step,
            single,
            turned,
            g,
            most,
            small,
            pairs,
            candidates,
            chunk,
            refined,
            coefficients,
            work,
            total,
            x,
            objective,
            found,
        )
        for q in range(LANES):
            scale[LANES + q] = math.sqrt(1.0 / dof) if dof > 0 and found[1, q] == 0 else math.nan
        finish(
            s,
            found[0],
            x,
            times,
            scale,
            column_constant,
            column_slope,
            has_offset,
            recovering,
            look_locker,
            magnitude,
            column,
            slope,
            sums,
            work,
            bits,
            result,
        )
        for i in range(9):
            if has_offset or (i != 3 and i != 5):
                for q in range(size):
                    if objective[q] >= 0:
                        out[i, start + q] = result[i * LANES + q]
        for q in range(size):
            p = start + q
            status[p] = _DEGENERATE
            if objective[q] < 0:
                continue
            n_negative[p] = found[0, q]
            ratio = result[RATIO_ROW * LANES + q]
            if found[1, q]:
                status[p] = _EDGE
            elif has_offset and not ratio_low < ratio <= ratio_high:
                status[p] = _UNPHYSICAL
            elif found[2, q]:
                status[p] = _AMBIGUOUS
            else:
                status[p] = _OK
            if sensitivity.shape[1] and found[1, q] == 0:
                for j in range(n):
                    # to the data as they were given: their sign, the polarity, the scale
                    given = -1.0 if magnitude and signals[p, j] < 0 else 1.0
                    if j < found[0, q]:
                        given = -given
                    sensitivity[p, j] = given * slope[j * LANES + q] / scale[q]
