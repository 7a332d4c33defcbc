"""The compiled fit: one pixel after the other, all its work on a few kilobytes that stay in the first cache.

Importing this module imports numba and loads or compiles the kernel; `cmrmap.relaxometry._backends` does so on first
use. The functions are plain Python that numba is given explicitly, with one signature, so that nothing is compiled
twice. The steps are those of `cmrmap.relaxometry._numpy_kernel`, the same formulas in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from cmrmap.relaxometry.basis import N_COEFFICIENTS
from cmrmap.relaxometry.polarity import AMBIGUITY_LIMIT, DISTINCT_LOG_T, ROUNDING
from cmrmap.types import FitStatus, Float64Array

_OK = int(FitStatus.OK)
_EDGE = int(FitStatus.EDGE_OF_RANGE)
_DEGENERATE = int(FitStatus.DEGENERATE)
_AMBIGUOUS = int(FitStatus.NULL_AMBIGUOUS)
_UNPHYSICAL = int(FitStatus.UNPHYSICAL)


def _compile(function: Callable[..., Any], signature: Any) -> Any:
    """Compile eagerly; keep the machine code on disk where there is a place for it, else do without.

    A read-only package folder and a user without a home leave numba no place to write to (RuntimeError), a full or
    damaged cache fails in the operating system's or the unpickler's own ways: none of them may stop a fit.
    """
    # numpy's rule for a division by zero: no test and no exit in the loops
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "reassoc"}}
    try:
        return numba.njit(signature, cache=True, **options)(function)
    except Exception:
        return numba.njit(signature, **options)(function)


def _normalise(row: Float64Array, magnitude: bool, s: Float64Array) -> float:
    """Write the pixel's samples, divided by the largest, to s; return the divisor, 0 for a pixel without an answer."""
    n = row.size
    largest = 0.0
    low = math.inf
    high = -math.inf
    finite = True
    for j in range(n):
        value = abs(row[j]) if magnitude else row[j]
        finite = finite and math.isfinite(value)
        largest = max(largest, abs(value))
        low = min(low, value)
        high = max(high, value)
    if not finite or largest == 0.0 or high / largest - low / largest <= 1e-12:
        return 0.0
    for j in range(n):
        s[j] = (abs(row[j]) if magnitude else row[j]) / largest
    return largest


def _climb(c: Float64Array, low: float, high: float) -> float:
    """Return the z in low..high where the modulus of the polynomial c is largest: Newton, kept inside a bracket."""
    sign = 1.0 if c[0] >= 0 else -1.0
    z = 0.0
    if sign * c[2] < 0:
        z = min(max(-0.5 * c[1] / c[2], low), high)
    for _ in range(60):
        value = c[7]
        slope = 0.0
        bend = 0.0
        for i in range(6, -1, -1):
            bend = bend * z + 2.0 * slope
            slope = slope * z + value
            value = value * z + c[i]
        if sign * slope > 0:
            low = z
        else:
            high = z
        if sign * bend < 0:
            step = -slope / bend
            # tested before the bracket: a converged Newton step may leave it by a rounding error
            if abs(step) < 1e-6:  # the next would be of its square
                return z + step
            if low <= z + step <= high:
                z += step
                continue
        z = 0.5 * (low + high)
    return z


def _fit(
    signals: Float64Array,
    times: Float64Array,
    log_t: Float64Array,
    step: float,
    dictionary: Float64Array,
    polynomials: Float64Array,
    gain: float,
    has_offset: bool,
    recovering: bool,
    look_locker: bool,
    magnitude: bool,
    column_constant: float,
    column_slope: float,
    ratio_low: float,
    ratio_high: float,
    out: Float64Array,
    status: Any,
    n_negative: Any,
    sensitivity: Float64Array,
) -> None:
    n_pixels, n = signals.shape
    n_nodes = log_t.size
    n_prefixes = n if magnitude else 1
    dof = n - (3 if has_offset else 2)
    s = np.empty(n)
    g = np.empty((n_prefixes, n_nodes))
    best = np.empty(n_prefixes)
    base = np.empty(n_prefixes)
    refined = np.empty(n_prefixes)
    answer = np.empty(n_prefixes)
    c = np.empty(N_COEFFICIENTS)
    column = np.empty(n)
    slope = np.empty(n)
    for p in range(n_pixels):
        status[p] = _DEGENERATE
        scale = _normalise(signals[p], magnitude, s)
        if scale == 0.0:
            continue

        # every node of every prefix
        total = 0.0
        mean_sum = 0.0
        for i in range(n_nodes):
            g[0, i] = 0.0
        for j in range(n):
            value = s[j]
            total += value * value
            mean_sum += value
        # four samples at once: each partial sum is fetched and stored once for the four
        whole = n - n % 4
        for j in range(0, whole, 4):
            s0 = s[j]
            s1 = s[j + 1]
            s2 = s[j + 2]
            s3 = s[j + 3]
            for i in range(n_nodes):
                g[0, i] += (s0 * dictionary[j, i] + s1 * dictionary[j + 1, i]) + (
                    s2 * dictionary[j + 2, i] + s3 * dictionary[j + 3, i]
                )
        for j in range(whole, n):
            value = s[j]
            for i in range(n_nodes):
                g[0, i] += value * dictionary[j, i]
        for k in range(n_prefixes):
            if k > 0:
                value = 2.0 * s[k - 1]
                mean_sum -= value
                for i in range(n_nodes):
                    g[k, i] = g[k - 1, i] - value * dictionary[k - 1, i]
            base[k] = mean_sum * mean_sum / n if has_offset else 0.0
            # four running maxima: none waits for the one before
            m0 = abs(g[k, 0])
            m1 = m0
            m2 = m0
            m3 = m0
            for i in range(0, n_nodes - 3, 4):
                m0 = max(m0, abs(g[k, i]))
                m1 = max(m1, abs(g[k, i + 1]))
                m2 = max(m2, abs(g[k, i + 2]))
                m3 = max(m3, abs(g[k, i + 3]))
            for i in range(n_nodes - n_nodes % 4, n_nodes):
                m0 = max(m0, abs(g[k, i]))
            largest = max(max(m0, m1), max(m2, m3))
            best[k] = largest * largest + base[k]

        # refine, the most promising prefix first, every local maximum that may turn out best, and then those within the
        # ambiguity limit until one is found: in pixels of mere noise there are many
        first = -1.0
        first_k = 0
        first_x = 0.0
        first_edge = False
        limit = math.inf
        ambiguous = False
        margin = (gain + ROUNDING) * total
        for k in range(n_prefixes):
            refined[k] = -1.0
        for _ in range(n_prefixes):
            k = 0
            for i in range(1, n_prefixes):
                if best[i] > best[k]:
                    k = i
            if best[k] + margin < first and (ambiguous or best[k] + margin < limit):
                break
            least = math.sqrt(max(best[k] - margin - base[k], 0.0))
            best[k] = -1.0
            prefix = -1.0
            x = 0.0
            edge = False
            for i in range(n_nodes):
                here = abs(g[k, i])
                if here < least:
                    continue
                if i > 0 and abs(g[k, i - 1]) >= here:
                    continue
                if i < n_nodes - 1 and abs(g[k, i + 1]) > here:
                    continue
                c[:] = 0.0
                for j in range(n):
                    value = -s[j] if j < k else s[j]
                    for q in range(N_COEFFICIENTS):
                        c[q] += value * polynomials[i, j, q]
                uphill = c[1] if c[0] >= 0 else -c[1]
                at_edge = (i == 0 and uphill <= 0) or (i == n_nodes - 1 and uphill >= 0)
                z = 0.0
                if not at_edge:
                    z = _climb(c, 0.0 if i == 0 else -1.0, 0.0 if i == n_nodes - 1 else 1.0)
                value = c[7]
                for q in range(6, -1, -1):
                    value = value * z + c[q]
                value = value * value + base[k]
                if value > prefix:
                    prefix = value
                    x = log_t[i] + step * z
                    edge = at_edge
            refined[k] = prefix
            answer[k] = x
            # of equals the one with fewer negative samples
            if prefix > first or (prefix == first and k < first_k):
                first = prefix
                first_k = k
                first_x = x
                first_edge = edge
                limit = first - ROUNDING * total
                if dof > 0:
                    limit -= AMBIGUITY_LIMIT * max(total - first, 0.0) / dof
            ambiguous = False
            for i in range(n_prefixes):
                if i != first_k and refined[i] >= limit and abs(answer[i] - first_x) > DISTINCT_LOG_T:
                    ambiguous = True
        if first <= base[first_k]:
            continue

        # the answer, exactly: columns of the Jacobian in variables in which they are orthogonal
        t = math.exp(first_x)
        rate = 1.0 / t
        column_mean = 0.0
        slope_mean = 0.0
        signal_mean = 0.0
        for j in range(n):
            if j < first_k:
                s[j] = -s[j]
            e = 0.0
            d = 0.0
            if not math.isinf(times[j]):
                d = times[j] * rate
                e = math.exp(-d)
                d *= e
            column[j] = column_constant + column_slope * e
            slope[j] = column_slope * d
            column_mean += column[j]
            slope_mean += slope[j]
            signal_mean += s[j]
        signal_mean /= n
        column_mean = column_mean / n if has_offset else 0.0
        slope_mean = slope_mean / n if has_offset else 0.0
        length = 0.0
        along = 0.0
        for j in range(n):
            column[j] -= column_mean
            slope[j] -= slope_mean
            length += column[j] * column[j]
            along += column[j] * slope[j]
        inverse = 1.0 / math.sqrt(length)
        along *= inverse
        level = 0.0
        power = 0.0
        for j in range(n):
            column[j] *= inverse
            slope[j] = (slope[j] - column[j] * along) * inverse
            level += column[j] * s[j]
            power += slope[j] * slope[j]
        constant = signal_mean if has_offset else 0.0
        ssr = 0.0
        spread = 0.0
        for j in range(n):
            residual = s[j] - constant - level * column[j]
            ssr += residual * residual
            spread += (s[j] - signal_mean) ** 2
        coefficient = level * inverse
        intercept = constant - coefficient * column_mean
        amplitude = intercept if recovering else coefficient
        offset = -coefficient if recovering else intercept
        ratio = offset / amplitude if amplitude != 0.0 else math.nan
        factor = ratio - 1.0 if look_locker else 1.0

        # rows of the pseudo-inverse; MOLLI's T1 by the chain rule
        t_power = 0.0
        amplitude_power = 0.0
        offset_power = 0.0
        keep = sensitivity.shape[1] > 0 and not first_edge
        per_slope = 1.0 / (level * power)
        shrink = coefficient * along * inverse
        d_mean = 1.0 / n if has_offset else 0.0
        d_slope = coefficient * slope_mean
        along_t = t * factor
        along_ratio = t / amplitude if look_locker else 0.0
        for j in range(n):
            dx = slope[j] * per_slope
            d_coefficient = column[j] * inverse - shrink * dx
            d_intercept = d_mean - column_mean * d_coefficient - d_slope * dx
            d_amplitude = d_intercept if recovering else d_coefficient
            d_offset = -d_coefficient if recovering else d_intercept
            d_t = along_t * dx
            if look_locker:
                d_t += along_ratio * (d_offset - ratio * d_amplitude)
            t_power += d_t * d_t
            amplitude_power += d_amplitude * d_amplitude
            offset_power += d_offset * d_offset
            if keep:
                # to the data as they were given: their sign, the polarity, the scale
                given = -1.0 if magnitude and signals[p, j] < 0 else 1.0
                sensitivity[p, j] = d_t / scale * (-given if j < first_k else given)

        turned = -1.0 if magnitude and amplitude < 0 else 1.0
        out[0, p] = t * factor
        out[2, p] = turned * amplitude * scale
        if has_offset:
            out[3, p] = turned * offset * scale
        out[6, p] = ssr * scale * scale
        out[7, p] = 1.0 - ssr / spread if spread > 0 else math.nan
        out[8, p] = t
        if dof > 0 and not first_edge:
            sigma = math.sqrt(ssr / dof)
            out[1, p] = sigma * math.sqrt(t_power)
            out[4, p] = sigma * math.sqrt(amplitude_power) * scale
            if has_offset:
                out[5, p] = sigma * math.sqrt(offset_power) * scale
        n_negative[p] = first_k
        if first_edge:
            status[p] = _EDGE
        elif has_offset and not ratio_low < ratio <= ratio_high:
            status[p] = _UNPHYSICAL
        elif ambiguous:
            status[p] = _AMBIGUOUS
        else:
            status[p] = _OK


_F8 = numba.float64
_read_1d, _read_2d, _read_3d = (numba.types.Array(_F8, d, "C", readonly=True) for d in (1, 2, 3))
_normalise = _compile(_normalise, _F8(_read_1d, numba.boolean, _F8[::1]))
_climb = _compile(_climb, _F8(_F8[::1], _F8, _F8))
fit_pixels = _compile(
    _fit,
    numba.void(
        *(_read_2d, _read_1d, _read_1d, _F8, _read_2d, _read_3d, _F8),
        *(numba.boolean,) * 4,
        *(_F8,) * 4,
        *(_F8[:, :], numba.uint8[::1], numba.int16[::1], _F8[:, :]),
    ),
)
