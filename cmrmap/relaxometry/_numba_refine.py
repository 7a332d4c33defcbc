"""The compiled refinement: from a node to the maximum beside it, of ``LANES`` candidates, in float64."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry._numba_lanes import LANES, Int64Array, inner
from cmrmap.relaxometry._numba_workspace import WORK_ROWS
from cmrmap.relaxometry.basis import N_NODES

_CONVERGED = 1e-4  # of Halley's steps: the next is of the cube of this one
_AT_BORDER = 1.0 - 1e-9
_MOST_STEPS = 60
#: rows of the workspace of `refine`
Z, _LOW, _HIGH, _MOVING, VALUE, _NODE = (i * LANES for i in range(WORK_ROWS))


@inner
def _expand(
    s: Float64Array, polynomials: Float64Array, candidates: Int64Array, first: int, last: int, c: Float64Array
) -> None:
    """Write the coefficients of u . s about their nodes to c (coefficient, candidate), turned so that c[0] >= 0.

    The first samples of a candidate (lane, prefix, node) are turned as its prefix says.
    """
    n = s.size // LANES
    for at in range(first, last):
        q, k, node = candidates[0, at], candidates[1, at], candidates[2, at]
        c0 = c1 = c2 = c3 = c4 = c5 = c6 = c7 = 0.0
        for j in range(n):
            value = -s[j * LANES + q] if j < k else s[j * LANES + q]
            c0 += value * polynomials[node, j, 0]
            c1 += value * polynomials[node, j, 1]
            c2 += value * polynomials[node, j, 2]
            c3 += value * polynomials[node, j, 3]
            c4 += value * polynomials[node, j, 4]
            c5 += value * polynomials[node, j, 5]
            c6 += value * polynomials[node, j, 6]
            c7 += value * polynomials[node, j, 7]
        sign = 1.0 if c0 >= 0 else -1.0
        c[at], c[LANES + at] = sign * c0, sign * c1
        c[2 * LANES + at], c[3 * LANES + at] = sign * c2, sign * c3
        c[4 * LANES + at], c[5 * LANES + at] = sign * c4, sign * c5
        c[6 * LANES + at], c[7 * LANES + at] = sign * c6, sign * c7


@inner
def _begin(c: Float64Array, w: Float64Array) -> None:
    """Set every lane to begin at its node; where the maximum is the edge of the range, it stays there."""
    for q in range(LANES):
        first = w[_NODE + q] == 0
        last = w[_NODE + q] == N_NODES - 1
        below = 0.0 if first else -1.0
        above = 0.0 if last else 1.0
        slope, bend = c[LANES + q], c[2 * LANES + q]
        edge = (first & (slope <= 0)) | (last & (slope >= 0))
        start = -0.5 * slope / bend
        start = below if start < below else start
        start = above if start > above else start
        w[Z + q] = start if (bend < 0) & (not edge) else 0.0
        w[_LOW + q] = below
        w[_HIGH + q] = above
        w[_MOVING + q] = 0.0 if edge else 1.0


@inner
def _step(c: Float64Array, w: Float64Array) -> float:
    """Move every z a step towards the maximum of its polynomial: Halley's, halving the bracket where that fails.

    A lane moves until it has converged; the number of those that have not is returned.
    """
    left = 0.0
    for q in range(LANES):
        here = w[Z + q]
        c1, c2, c3, c4 = c[LANES + q], c[2 * LANES + q], c[3 * LANES + q], c[4 * LANES + q]
        c5, c6, c7 = c[5 * LANES + q], c[6 * LANES + q], c[7 * LANES + q]
        # the first, second and third derivative
        slope = c1 + here * (
            2.0 * c2 + here * (3.0 * c3 + here * (4.0 * c4 + here * (5.0 * c5 + here * (6.0 * c6 + here * 7.0 * c7))))
        )
        bend = 2.0 * c2 + here * (
            6.0 * c3 + here * (12.0 * c4 + here * (20.0 * c5 + here * (30.0 * c6 + here * 42.0 * c7)))
        )
        turn = 6.0 * c3 + here * (24.0 * c4 + here * (60.0 * c5 + here * (120.0 * c6 + here * 210.0 * c7)))
        rising = slope > 0
        low, high, moving = w[_LOW + q], w[_HIGH + q], w[_MOVING + q]
        below = here if rising else low
        above = high if rising else here
        curved = 2.0 * bend * bend - slope * turn
        halley = curved > bend * bend
        step = -(2.0 * slope * bend if halley else slope) / (curved if halley else bend)
        concave = bend < 0
        taken = here + step
        # tested before the bracket: a converged step may leave it by a rounding error
        done = concave & (abs(step) < _CONVERGED)
        inside = concave & (below <= taken) & (taken <= above)
        taken = taken if done | inside else 0.5 * (below + above)
        moving_on = 0.0 if done else moving
        w[Z + q] = taken if moving > 0 else here
        w[_LOW + q] = below
        w[_HIGH + q] = above
        w[_MOVING + q] = moving_on
        left += moving_on
    return left


@inner
def _evaluate(c: Float64Array, w: Float64Array) -> None:
    """Write the polynomials c at z to their row."""
    for q in range(LANES):
        here = w[Z + q]
        total = c[7 * LANES + q] * here + c[6 * LANES + q]
        total = total * here + c[5 * LANES + q]
        total = total * here + c[4 * LANES + q]
        total = total * here + c[3 * LANES + q]
        total = total * here + c[2 * LANES + q]
        total = total * here + c[LANES + q]
        w[VALUE + q] = total * here + c[q]


@inner
def refine(
    s: Float64Array, polynomials: Float64Array, candidates: Int64Array, n: int, c: Float64Array, w: Float64Array
) -> None:
    """Refine ``n`` candidates (lane, prefix, node), at most ``LANES``: rows z, value and node of w.

    candidates[3] tells the edge of the range.
    """
    for at in range(n):
        w[_NODE + at] = candidates[2, at]
    _expand(s, polynomials, candidates, 0, n, c)
    _begin(c, w)
    for at in range(n):
        candidates[3, at] = np.int64(w[_MOVING + at] == 0)
    for at in range(n, LANES):
        w[_MOVING + at] = 0.0
    for _ in range(_MOST_STEPS):
        if _step(c, w) == 0:
            break
    for at in range(n):
        # where g hardly changes the rounding of the scan may have chosen a node beside the highest
        for _ in range(N_NODES):
            node = np.int64(w[_NODE + at]) + (1 if w[Z + at] > 0 else -1)
            if candidates[3, at] or abs(w[Z + at]) < _AT_BORDER or node < 0 or node >= N_NODES:
                break
            w[_NODE + at] = candidates[2, at] = node
            _expand(s, polynomials, candidates, at, at + 1, c)
            kept = w[Z : Z + LANES].copy()
            _begin(c, w)
            candidates[3, at] = np.int64(w[_MOVING + at] == 0)
            for other in range(LANES):
                if other != at:
                    w[Z + other] = kept[other]
                    w[_MOVING + other] = 0.0
            for _ in range(_MOST_STEPS):
                if _step(c, w) == 0:
                    break
    _evaluate(c, w)
