"""The compiled fit: pixels side by side, `LANES` of them at once, all their work in the first caches.

Importing this module imports numba and loads or compiles the kernel; `cmrmap.relaxometry._backends` does so on first
use. `fit_pixels` alone has a signature and an entry from Python; what it calls is compiled into it. The steps are those
of `cmrmap.relaxometry._numpy_kernel`.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry._numba_finish import RATIO_ROW, finish
from cmrmap.relaxometry._numba_lanes import LANES, compiled, inner
from cmrmap.relaxometry._numba_search import search
from cmrmap.relaxometry._numba_workspace import new_block, new_workspace
from cmrmap.relaxometry._problem import Problem

_OK = int(FitStatus.OK)
_EDGE = int(FitStatus.EDGE_OF_RANGE)
_DEGENERATE = int(FitStatus.DEGENERATE)
_AMBIGUOUS = int(FitStatus.NULL_AMBIGUOUS)
_UNPHYSICAL = int(FitStatus.UNPHYSICAL)
_SMALLEST = 1e-300  # below, the reciprocal may be infinite
_LOW, _HIGH, _LARGEST, _FINITE = (i * LANES for i in range(4))

_F8 = numba.float64
_TABLE_1D, _TABLE_2D, _TABLE_3D = (numba.types.Array(_F8, d, "C", readonly=True) for d in (1, 2, 3))
_SINGLE_2D = numba.types.Array(numba.float32, 2, "C", readonly=True)


@inner
def _take(
    signals: Float64Array,
    start: int,
    size: int,
    magnitude: bool,
    s: Float64Array,
    scale: Float64Array,
    work: Float64Array,
) -> None:
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
def _explained_by_offset(s: Float64Array, base: Float64Array, has_offset: bool, work: Float64Array) -> None:
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


_PROBLEM = numba.types.NamedTuple(  # type: ignore[no-untyped-call]
    (
        *(_TABLE_1D, _TABLE_1D, _F8, _TABLE_2D, _SINGLE_2D, _TABLE_3D, _F8),
        *(numba.boolean,) * 4,
        *(_F8,) * 4,
    ),
    Problem,
)


SIGNATURE = numba.void(_TABLE_2D, _PROBLEM, _F8[:, :], numba.uint8[::1], numba.int16[::1], _F8[:, :])


@compiled(SIGNATURE)
def fit_pixels(
    signals: Float64Array,
    problem: Problem,
    values: Float64Array,
    status: npt.NDArray[np.uint8],
    n_negative: npt.NDArray[np.int16],
    sensitivity: Float64Array,
) -> None:
    """Fit (pixels, times) samples in the order of their times into the arrays of a `Results`."""
    magnitude, has_offset = problem.magnitude, problem.has_offset
    n_pixels, n = signals.shape
    n_prefixes = n if magnitude else 1
    dof = n - (3 if has_offset else 2)
    block, space = new_block(n, n_prefixes), new_workspace(n, n_prefixes)
    scale, objective, found = block.scale, block.objective, block.found
    slope, result = space.slope, space.result
    for start in range(0, n_pixels, LANES):
        size = min(LANES, n_pixels - start)
        _take(signals, start, size, magnitude, block.s, scale, space.work)
        _explained_by_offset(block.s, block.base, has_offset, space.work)
        search(problem, block, space, dof)
        for q in range(LANES):
            scale[LANES + q] = math.sqrt(1.0 / dof) if dof > 0 and found[1, q] == 0 else math.nan
        finish(problem, block, space)
        for i in range(9):
            if has_offset or (i != 3 and i != 5):
                for q in range(size):
                    if objective[q] >= 0:
                        values[i, start + q] = result[i * LANES + q]
        for q in range(size):
            p = start + q
            status[p] = _DEGENERATE
            if objective[q] < 0:
                continue
            n_negative[p] = found[0, q]
            ratio = result[RATIO_ROW * LANES + q]
            if found[1, q]:
                status[p] = _EDGE
            elif has_offset and not problem.ratio_low < ratio <= problem.ratio_high:
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
