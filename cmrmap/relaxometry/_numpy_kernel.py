"""The fit in numpy alone: the fallback where numba is not at hand, and the cross-check of the compiled kernel.

Works on blocks of pixels that stay in the cache; inside a block every step is one array expression. The steps are
those of `cmrmap.relaxometry._numba_kernel`, the same formulas in the same order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry._problem import Problem
from cmrmap.relaxometry.basis import N_COEFFICIENTS
from cmrmap.relaxometry.models import decay, decay_slope
from cmrmap.relaxometry.polarity import AMBIGUITY_LIMIT, DISTINCT_LOG_T, ROUNDING, prefix_signs

_BLOCK = 2048


def fit_pixels(
    signals: Float64Array,
    problem: Problem,
    values: Float64Array,
    status: npt.NDArray[np.uint8],
    n_negative: npt.NDArray[np.int16],
    sensitivity: Float64Array,
) -> None:
    """Fit (pixels, times) samples in the order of their times into the arrays of a `Results`."""
    magnitude = problem.magnitude
    status[:] = FitStatus.DEGENERATE
    with np.errstate(all="ignore"):  # what has no value is NaN in the result, and has a status
        for start in range(0, signals.shape[0], _BLOCK):
            block = slice(start, start + _BLOCK)
            given = signals[block]
            samples = np.abs(given) if magnitude else given
            largest = np.abs(samples).max(axis=1)
            spread = samples.max(axis=1) / largest - samples.min(axis=1) / largest
            fitted = np.flatnonzero(np.isfinite(samples).all(axis=1) & (spread > 1e-12))
            if fitted.size == 0:
                continue
            scale = largest[fitted]
            s = samples[fitted] / scale[:, None]
            x, n_before, edge, ambiguous, found = _search(s, problem)
            fitted, scale, s = fitted[found], scale[found], s[found]
            signs = prefix_signs(s.shape[1], n_before)
            columns, rows, code = _finish(s * signs, x, edge, ambiguous, problem)
            columns[[2, 3, 4, 5]] *= scale
            columns[6] *= scale * scale
            target = start + fitted
            values[:, target] = columns
            status[target] = code
            n_negative[target] = n_before
            if sensitivity.shape[1]:
                if magnitude:
                    signs = np.where(given[fitted] < 0, -signs, signs)
                rows[edge] = np.nan
                sensitivity[target] = rows / scale[:, None] * signs


def _search(s: Float64Array, problem: Problem) -> tuple[Float64Array, IntArray, BoolArray, BoolArray, BoolArray]:
    """Find log T, number of negative samples, edge flag and ambiguity flag of normalised samples.

    The last array tells, for every pixel given, whether there is an answer; the others hold those that have one.
    """
    n_pixels, n = s.shape
    magnitude = problem.magnitude
    n_prefixes = n if magnitude else 1
    dof = n - problem.n_parameters
    total = (s * s).sum(axis=1)
    mean_sum = s.sum(axis=1)
    g = np.empty((n_prefixes, n_pixels, problem.log_t.size))
    g[0] = s @ problem.dictionary
    base = np.zeros((n_prefixes, n_pixels))
    for k in range(n_prefixes):
        if k > 0:
            turned = 2.0 * s[:, k - 1]
            mean_sum = mean_sum - turned
            np.subtract(g[k - 1], turned[:, None] * problem.dictionary[k - 1], out=g[k])
        if problem.has_offset:
            base[k] = mean_sum * mean_sum / n
    power = np.abs(g)
    best = power.max(axis=2) ** 2 + base
    top = best.max(axis=0)
    slack = AMBIGUITY_LIMIT * (total - top) / dof if dof > 0 and magnitude else 0.0
    least = top - slack - problem.gain * (total - base) - ROUNDING * total

    prefix, pixel = np.nonzero(best >= least)
    here = power[prefix, pixel]
    peak = here * here + base[prefix, pixel][:, None] >= least[prefix, pixel][:, None]
    peak[:, 1:] &= here[:, 1:] > here[:, :-1]
    peak[:, :-1] &= here[:, :-1] >= here[:, 1:]
    row, node = np.nonzero(peak)
    prefix, pixel = prefix[row], pixel[row]
    x, value, at_edge = _refine(s[pixel] * prefix_signs(n, prefix), node, problem)
    value = value * value + base[prefix, pixel]

    # the best maximum of every prefix, then the best prefix; of equals the first
    order = np.lexsort((node, -value, prefix, pixel))
    key = pixel[order] * n_prefixes + prefix[order]
    order = order[np.concatenate(([True], key[1:] != key[:-1]))] if key.size else order
    refined = np.full((n_prefixes, n_pixels), -1.0)
    answer = np.zeros((n_prefixes, n_pixels))
    edges = np.zeros((n_prefixes, n_pixels), np.bool_)
    refined[prefix[order], pixel[order]] = value[order]
    answer[prefix[order], pixel[order]] = x[order]
    edges[prefix[order], pixel[order]] = at_edge[order]
    # of prefixes that are equal but for rounding the one with fewer negative samples, as in the compiled search
    winner = (refined >= refined.max(axis=0) - ROUNDING * total).argmax(axis=0)
    each = np.arange(n_pixels)
    first, log_t = refined[winner, each], answer[winner, each]
    ambiguous = np.zeros(n_pixels, np.bool_)
    if magnitude:
        limit = first - ROUNDING * total
        if dof > 0:
            limit -= AMBIGUITY_LIMIT * np.maximum(total - first, 0.0) / dof
        ambiguous = ((refined >= limit) & (np.abs(answer - log_t) > DISTINCT_LOG_T)).any(axis=0)
    found = first > base[winner, each]
    return log_t[found], winner[found], edges[winner, each][found], ambiguous[found], found


def _refine(signed: Float64Array, node: IntArray, problem: Problem) -> tuple[Float64Array, Float64Array, BoolArray]:
    """Maximise the modulus of g about one node per row; return log T, g there and whether it is the range's edge."""
    last = problem.log_t.size - 1
    c = np.empty((signed.shape[0], N_COEFFICIENTS))
    order = np.argsort(node, kind="stable")
    bounds = np.searchsorted(node[order], np.arange(last + 2))
    for i in range(last + 1):
        rows = order[bounds[i] : bounds[i + 1]]
        if rows.size:
            c[rows] = signed[rows] @ problem.polynomials[i]
    c[c[:, 0] < 0] *= -1.0
    at_edge = ((node == 0) & (c[:, 1] <= 0)) | ((node == last) & (c[:, 1] >= 0))
    low, high = np.where(node == 0, 0.0, -1.0), np.where(node == last, 0.0, 1.0)
    z = np.where(c[:, 2] < 0, np.clip(-0.5 * c[:, 1] / c[:, 2], low, high), 0.0)
    z[at_edge] = 0.0
    active = np.flatnonzero(~at_edge)
    for _ in range(60):
        if active.size == 0:
            break
        a, here = c[active], z[active]
        value, slope, bend = a[:, -1], np.zeros(active.size), np.zeros(active.size)
        for i in range(N_COEFFICIENTS - 2, -1, -1):
            bend = bend * here + 2.0 * slope
            slope = slope * here + value
            value = value * here + a[:, i]
        rising = slope > 0
        low[active] = np.where(rising, here, low[active])
        high[active] = np.where(rising, high[active], here)
        step = -slope / bend
        # tested before the bracket: a converged Newton step may leave it by a rounding error
        done = (bend < 0) & (np.abs(step) < 1e-6)  # the next would be of its square
        newton = done | ((bend < 0) & (low[active] <= here + step) & (here + step <= high[active]))
        z[active] = np.where(newton, here + step, 0.5 * (low[active] + high[active]))
        active = active[~done]
    value = c[:, -1].copy()
    for i in range(N_COEFFICIENTS - 2, -1, -1):
        value = value * z + c[:, i]
    return problem.log_t[node] + problem.step * z, value, at_edge


def _finish(
    s: Float64Array,
    x: Float64Array,
    edge: BoolArray,
    ambiguous: BoolArray,
    problem: Problem,
) -> tuple[Float64Array, Float64Array, npt.NDArray[np.uint8]]:
    """Evaluate parameters, their SDs, fit quality and sensitivity at log T, in variables with orthogonal Jacobian."""
    n = s.shape[1]
    dof = n - problem.n_parameters
    t = np.exp(x)[:, None]
    column = problem.column_constant + problem.column_slope * decay(problem.times_ms, t)
    slope = problem.column_slope * decay_slope(problem.times_ms, t)
    signal_mean = s.mean(axis=1, keepdims=True)
    zero = np.zeros_like(t)
    column_mean = column.mean(axis=1, keepdims=True) if problem.has_offset else zero
    slope_mean = slope.mean(axis=1, keepdims=True) if problem.has_offset else zero
    column = column - column_mean
    slope = slope - slope_mean
    length = np.sqrt((column * column).sum(axis=1, keepdims=True))
    along = (column * slope).sum(axis=1, keepdims=True) / length
    column /= length
    slope = (slope - column * along) / length
    level = (column * s).sum(axis=1, keepdims=True)
    power = (slope * slope).sum(axis=1, keepdims=True)
    constant = signal_mean if problem.has_offset else zero
    ssr = ((s - constant - level * column) ** 2).sum(axis=1)
    spread = ((s - signal_mean) ** 2).sum(axis=1)
    coefficient = level / length
    intercept = constant - coefficient * column_mean
    amplitude, offset = (intercept, -coefficient) if problem.recovering else (coefficient, intercept)
    ratio = offset / amplitude
    factor = ratio - 1.0 if problem.look_locker else np.ones_like(t)

    # rows of the pseudo-inverse; MOLLI's T1 by the chain rule
    dx = slope / (level * power)
    d_coefficient = column / length - coefficient * along / length * dx
    d_intercept = np.zeros_like(s)
    if problem.has_offset:
        d_intercept = 1.0 / n - column_mean * d_coefficient - coefficient * slope_mean * dx
    d_amplitude, d_offset = (d_intercept, -d_coefficient) if problem.recovering else (d_coefficient, d_intercept)
    rows = t * dx * factor
    if problem.look_locker:
        rows += t * (d_offset - ratio * d_amplitude) / amplitude

    turned = np.where(amplitude[:, 0] < 0, -1.0, 1.0) if problem.magnitude else 1.0
    sigma = np.sqrt(ssr / dof) if dof > 0 else np.full_like(ssr, np.nan)
    sigma = np.where(edge, np.nan, sigma)
    nothing = np.full_like(ssr, np.nan)
    columns = np.stack(
        [
            (t * factor)[:, 0],
            sigma * np.sqrt((rows * rows).sum(axis=1)),
            turned * amplitude[:, 0],
            turned * offset[:, 0] if problem.has_offset else nothing,
            sigma * np.sqrt((d_amplitude * d_amplitude).sum(axis=1)),
            sigma * np.sqrt((d_offset * d_offset).sum(axis=1)) if problem.has_offset else nothing,
            ssr,
            1.0 - ssr / spread,
            t[:, 0],
        ]
    )
    code = np.where(ambiguous, FitStatus.NULL_AMBIGUOUS, FitStatus.OK).astype(np.uint8)
    if problem.has_offset:
        physical = (problem.ratio_low < ratio[:, 0]) & (ratio[:, 0] <= problem.ratio_high)
        code[~physical] = FitStatus.UNPHYSICAL
    code[edge] = FitStatus.EDGE_OF_RANGE
    return columns, rows, code
