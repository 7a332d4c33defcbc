"""The compiled end of a fit: parameters, their standard deviations and the quality, of ``LANES`` pixels at log T.

In (log T, length of the column, constant) the columns of the Jacobian are orthogonal, so nothing is inverted. Arrays of
rows are flat, row after row of ``LANES``.
"""

from __future__ import annotations

import math

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry._numba_lanes import LANES, Int64Array, inner, merged
from cmrmap.relaxometry._numba_workspace import RESULT_ROWS, SUM_ROWS, Block, Workspace
from cmrmap.relaxometry._problem import Problem

_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # their product with integers is exact
_ROUNDER = 1.5 * 2.0**52 + 1023.0  # added and taken off, it leaves the nearest integer; 1023 is a double's bias
_LOWEST = -708.0  # below, the result is not a normal number: as good as zero
#: 1 / i!: on half an octave the series is exact to the last bit
_SERIES = tuple(1.0 / math.factorial(i) for i in range(14))

#: rows of ``sums``: means of column, slope and signal, T, length of the column, slope along it, signal along it, power
#: of what is left of the slope, squares of the residuals and about the mean
_COLUMN_MEAN, _SLOPE_MEAN, _SIGNAL_MEAN, _T, _LENGTH, _ALONG, _LEVEL, _POWER, _SSR, _SPREAD = (
    i * LANES for i in range(SUM_ROWS)
)
#: rows of ``result``: T, its SD, A, B, their SDs, SSR, R2, T*, B / A, and factors on the way
_T_MS, _SD, _A, _B, _A_SD, _B_SD, _SSR_OUT, _R2, _T_STAR, _RATIO, _PER_SLOPE, _SHRINK, _LEAN, _GAIN, _PER_A = (
    i * LANES for i in range(RESULT_ROWS)
)
RATIO_ROW = 9


@inner
def _exponential(x: Float64Array, out: Float64Array, power: Float64Array, bits: Int64Array) -> None:
    """Write exp(x) of every lane to out; ``bits`` is the memory of ``power`` seen as integers.

    Cody and Waite's reduction to half an octave about an integer power of two.
    """
    for q in range(LANES):
        here = x[q] if x[q] > _LOWEST else _LOWEST
        whole = np.rint(here * _LOG2_E)
        r = (here - whole * _LN2_HIGH) - whole * _LN2_LOW
        total = _SERIES[13] * r + _SERIES[12]
        total = total * r + _SERIES[11]
        total = total * r + _SERIES[10]
        total = total * r + _SERIES[9]
        total = total * r + _SERIES[8]
        total = total * r + _SERIES[7]
        total = total * r + _SERIES[6]
        total = total * r + _SERIES[5]
        total = total * r + _SERIES[4]
        total = total * r + _SERIES[3]
        total = total * r + _SERIES[2]
        total = total * r + _SERIES[1]
        out[q] = total * r + _SERIES[0]
        power[q] = whole + _ROUNDER
    # the lowest bits of the shifted number are the exponent of two that is wanted
    for q in range(LANES):
        bits[q] = bits[q] << np.int64(52)
    for q in range(LANES):
        out[q] *= power[q]


@inner
def _columns(problem: Problem, block: Block, space: Workspace) -> None:
    """Restore the signs of s and write the model's column and its slope in log T; sums: their means, and T."""
    s, n_negative, x, times = block.s, block.found[0], block.log_t, problem.times_ms
    constant, coefficient = problem.column_constant, problem.column_slope
    column, slope, sums, work, bits = space.column, space.slope, space.sums, space.work, space.bits
    n = s.size // LANES
    argument, decay, power = work[:LANES], work[LANES : 2 * LANES], work[2 * LANES : 3 * LANES]
    sums[: SUM_ROWS * LANES] = 0.0
    _exponential(x, decay, power, bits)
    for q in range(LANES):
        sums[_T + q] = decay[q]
        sums[_LENGTH + q] = 1.0 / decay[q]  # until the length is known
    for j in range(n):
        at = j * LANES
        time = times[j]
        if math.isinf(time):
            argument[:] = 0.0
            decay[:] = 0.0
        else:
            for q in range(LANES):
                argument[q] = -time * sums[_LENGTH + q]
            _exponential(argument, decay, power, bits)
        for q in range(LANES):
            share = coefficient * work[LANES + q]
            lean = -work[q] * share
            column[at + q] = constant + share
            slope[at + q] = lean
            sums[_COLUMN_MEAN + q] += constant + share
            sums[_SLOPE_MEAN + q] += lean
        for q in range(LANES):
            value = -s[at + q] if j < n_negative[q] else s[at + q]
            s[at + q] = value
            sums[_SIGNAL_MEAN + q] += value
    for q in range(LANES):
        sums[_COLUMN_MEAN + q] *= 1.0 / n
        sums[_SLOPE_MEAN + q] *= 1.0 / n
        sums[_SIGNAL_MEAN + q] *= 1.0 / n


@inner
def _orthogonalise(problem: Problem, block: Block, space: Workspace) -> None:
    """Take the means off where there is an offset; make the column of unit length, the slope orthogonal to it."""
    s, column, slope, sums = block.s, space.column, space.slope, space.sums
    has_offset = problem.has_offset
    n = s.size // LANES
    kept = 1.0 if has_offset else 0.0
    for q in range(LANES):
        sums[_COLUMN_MEAN + q] *= kept
        sums[_SLOPE_MEAN + q] *= kept
        sums[_LENGTH + q] = 0.0
    for j in range(n):
        at = j * LANES
        for q in range(LANES):
            here = column[at + q] - sums[_COLUMN_MEAN + q]
            lean = slope[at + q] - sums[_SLOPE_MEAN + q]
            column[at + q] = here
            slope[at + q] = lean
            sums[_LENGTH + q] += here * here
            sums[_ALONG + q] += here * lean
    for q in range(LANES):
        inverse = 1.0 / math.sqrt(sums[_LENGTH + q])
        sums[_LENGTH + q] = inverse
        sums[_ALONG + q] *= inverse
    for j in range(n):
        at = j * LANES
        for q in range(LANES):
            inverse = sums[_LENGTH + q]
            unit = column[at + q] * inverse
            rest = (slope[at + q] - unit * sums[_ALONG + q]) * inverse
            column[at + q] = unit
            slope[at + q] = rest
            sums[_LEVEL + q] += unit * s[at + q]
            sums[_POWER + q] += rest * rest
    for j in range(n):
        at = j * LANES
        for q in range(LANES):
            residual = s[at + q] - kept * sums[_SIGNAL_MEAN + q] - sums[_LEVEL + q] * column[at + q]
            about = s[at + q] - sums[_SIGNAL_MEAN + q]
            sums[_SSR + q] += residual * residual
            sums[_SPREAD + q] += about * about


@inner
def _parameters(problem: Problem, space: Workspace) -> None:
    """Write T, A, B and B / A, and the sums of squares of the pseudo-inverse's rows, to result; d T / d s to slope."""
    column, slope, sums, result = space.column, space.slope, space.sums, space.result
    has_offset, recovering, look_locker = problem.has_offset, problem.recovering, problem.look_locker
    n = column.size // LANES
    kept = 1.0 if has_offset else 0.0
    turn = 1.0 if recovering else 0.0
    stay = 1.0 - turn
    for q in range(LANES):
        inverse = sums[_LENGTH + q]
        value = sums[_LEVEL + q] * inverse  # of the column
        intercept = kept * sums[_SIGNAL_MEAN + q] - value * sums[_COLUMN_MEAN + q]
        a = turn * intercept + stay * value
        b = stay * intercept - turn * value
        ratio = b / a
        t = sums[_T + q]
        result[_A + q] = a
        result[_B + q] = b
        result[_RATIO + q] = ratio
        result[_T_STAR + q] = t
        result[_PER_SLOPE + q] = 1.0 / (sums[_LEVEL + q] * sums[_POWER + q])
        result[_SHRINK + q] = value * sums[_ALONG + q] * inverse
        result[_LEAN + q] = value * sums[_SLOPE_MEAN + q]
        result[_GAIN + q] = t * (ratio - 1.0) if look_locker else t
        result[_PER_A + q] = t / a if look_locker else 0.0
        result[_SD + q] = 0.0
        result[_A_SD + q] = 0.0
        result[_B_SD + q] = 0.0
    mean = kept / n
    # MOLLI's T1 by the chain rule
    for j in range(n):
        at = j * LANES
        for q in range(LANES):
            dx = slope[at + q] * result[_PER_SLOPE + q]
            d_value = column[at + q] * sums[_LENGTH + q] - result[_SHRINK + q] * dx
            d_intercept = mean - sums[_COLUMN_MEAN + q] * d_value - result[_LEAN + q] * dx
            d_a = turn * d_intercept + stay * d_value
            d_b = stay * d_intercept - turn * d_value
            d_t = result[_GAIN + q] * dx
            d_t += result[_PER_A + q] * (d_b - result[_RATIO + q] * d_a)
            slope[at + q] = d_t
            result[_SD + q] += d_t * d_t
            result[_A_SD + q] += d_a * d_a
            result[_B_SD + q] += d_b * d_b


@merged
def finish(problem: Problem, block: Block, space: Workspace) -> None:
    """Evaluate every lane at its log T.

    The samples are left with their signs restored, ``slope`` with d T / d signal; rows of ``result`` as they are listed
    above.
    """
    _columns(problem, block, space)
    _orthogonalise(problem, block, space)
    _parameters(problem, space)
    scale, sums, result, magnitude = block.scale, space.sums, space.result, problem.magnitude
    for q in range(LANES):
        height = scale[q]
        ssr = sums[_SSR + q]
        sigma = scale[LANES + q] * math.sqrt(ssr)
        turned = -height if magnitude & (result[_A + q] < 0) else height
        result[_T_MS + q] = result[_GAIN + q]
        result[_SD + q] = sigma * math.sqrt(result[_SD + q])
        result[_A + q] *= turned
        result[_B + q] *= turned
        result[_A_SD + q] = sigma * height * math.sqrt(result[_A_SD + q])
        result[_B_SD + q] = sigma * height * math.sqrt(result[_B_SD + q])
        result[_SSR_OUT + q] = ssr * height * height
        result[_R2 + q] = 1.0 - ssr / sums[_SPREAD + q]
