"""The compiled search: from the samples of ``LANES`` pixels to log T, polarity and what is in doubt.

The steps are those of `cmrmap.relaxometry._numpy_kernel`. The dictionary is scanned in float32, for whose rounding the
bound on what may still win leaves room; what is refined, is refined in float64. All arrays of rows are flat, row after
row of ``LANES``: at constant distances the compiler sees that they do not overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cmrmap.relaxometry._numba_lanes import (
    LANES,
    inner,
)
from cmrmap.relaxometry.basis import N_NODES
from cmrmap.relaxometry.polarity import AMBIGUITY_LIMIT, DISTINCT_LOG_T, ROUNDING

_SINGLE = 2.0**-24  # rounding of float32
_CONVERGED = 1e-4  # of Halley's steps: the next is of the cube of this one
_AT_BORDER = 1.0 - 1e-9
_MOST_STEPS = 60
#: rows of the workspace of `_refine`
_Z, _LOW, _HIGH, _MOVING, _VALUE, _NODE = (i * LANES for i in range(6))
REFINE_ROWS = 6


@inner
def _product(dictionary: Any, s: Any, g: Any) -> None:
    """Write u . s at node i to row i + 1 of g; s (time, lane), g (node + 2, lane)."""
    n = s.size // LANES
    whole = n - n % 4
    for i in range(0, N_NODES, 2):
        at = (i + 1) * LANES
        for q in range(LANES):
            g[at + q] = np.float32(0.0)
            g[at + LANES + q] = np.float32(0.0)
        # four samples at two nodes: each sample is fetched once for both nodes, each sum once for four samples
        for j in range(0, whole, 4):
            a0, b0 = dictionary[j, i], dictionary[j, i + 1]
            a1, b1 = dictionary[j + 1, i], dictionary[j + 1, i + 1]
            a2, b2 = dictionary[j + 2, i], dictionary[j + 2, i + 1]
            a3, b3 = dictionary[j + 3, i], dictionary[j + 3, i + 1]
            row = j * LANES
            for q in range(LANES):
                s0, s1 = s[row + q], s[row + LANES + q]
                s2, s3 = s[row + 2 * LANES + q], s[row + 3 * LANES + q]
                g[at + q] += (s0 * a0 + s1 * a1) + (s2 * a2 + s3 * a3)
                g[at + LANES + q] += (s0 * b0 + s1 * b1) + (s2 * b2 + s3 * b3)
        for j in range(whole, n):
            a0, b0 = dictionary[j, i], dictionary[j, i + 1]
            for q in range(LANES):
                g[at + q] += s[j * LANES + q] * a0
                g[at + LANES + q] += s[j * LANES + q] * b0


@inner
def _sweep_prefixes(dictionary: Any, s: Any, g: Any, most: Any, work: Any) -> None:
    """Write the largest modulus over the nodes of prefix k to row k of most; g is that of prefix 0, work 4 rows."""
    n = s.size // LANES
    most[:] = np.float32(0.0)
    for i in range(0, N_NODES, 4):
        at = (i + 1) * LANES
        for q in range(LANES):
            a, b, c, d = g[at + q], g[at + LANES + q], g[at + 2 * LANES + q], g[at + 3 * LANES + q]
            work[q], work[LANES + q], work[2 * LANES + q], work[3 * LANES + q] = a, b, c, d
            a, b, c, d = abs(a), abs(b), abs(c), abs(d)
            a = a if a > b else b
            c = c if c > d else d
            a = a if a > c else c
            m = most[q]
            most[q] = a if a > m else m
        for k in range(1, n):
            # one sample turns from the prefix before
            two = np.float32(-2.0)
            d0, d1 = two * dictionary[k - 1, i], two * dictionary[k - 1, i + 1]
            d2, d3 = two * dictionary[k - 1, i + 2], two * dictionary[k - 1, i + 3]
            row = k * LANES
            for q in range(LANES):
                value = s[row - LANES + q]
                a = work[q] + value * d0
                b = work[LANES + q] + value * d1
                c = work[2 * LANES + q] + value * d2
                d = work[3 * LANES + q] + value * d3
                work[q], work[LANES + q], work[2 * LANES + q], work[3 * LANES + q] = a, b, c, d
                a, b, c, d = abs(a), abs(b), abs(c), abs(d)
                a = a if a > b else b
                c = c if c > d else d
                a = a if a > c else c
                m = most[row + q]
                most[row + q] = a if a > m else m


@inner
def _largest(g: Any, most: Any) -> None:
    """Write the largest modulus of g over the nodes to most (lane,)."""
    most[:LANES] = np.float32(0.0)
    for i in range(1, N_NODES + 1, 2):
        for q in range(LANES):
            a, b = abs(g[i * LANES + q]), abs(g[i * LANES + LANES + q])
            a = a if a > b else b
            m = most[q]
            most[q] = a if a > m else m


@inner
def _count_maxima(g: Any, least: Any, seen: Any) -> None:
    """Count the local maxima of |g| that reach ``least`` (lane,): row 0 of seen the number, row 1 the last one's node.

    The rows before the first node and after the last are zero.
    """
    seen[:] = np.float32(0.0)
    for i in range(N_NODES):
        place = np.float32(i)
        at = i * LANES
        for q in range(LANES):
            before, here, after = abs(g[at + q]), abs(g[at + LANES + q]), abs(g[at + 2 * LANES + q])
            found = (here >= least[q]) & (here > before) & (here >= after)
            seen[q] += np.float32(1.0) if found else np.float32(0.0)
            last = seen[LANES + q]
            seen[LANES + q] = place if found else last


@inner
def _collect(g: Any, least: Any, seen: Any, n_pairs: int, pairs: Any, candidates: Any, n: int) -> int:
    """Append the local maxima of the pairs (lane, prefix) that may still win to candidates; return their number."""
    _count_maxima(g, least, seen)
    for at in range(n_pairs):
        if seen[at] == 1:
            candidates[0, n], candidates[1, n], candidates[2, n] = (
                pairs[0, at],
                pairs[1, at],
                np.int64(seen[LANES + at]),
            )
            n += 1
        elif seen[at] > 1:
            for i in range(N_NODES):
                here = abs(g[(i + 1) * LANES + at])
                if here >= least[at] and here > abs(g[i * LANES + at]) and here >= abs(g[(i + 2) * LANES + at]):
                    candidates[0, n], candidates[1, n], candidates[2, n] = pairs[0, at], pairs[1, at], i
                    n += 1
    return n


@inner
def _limits(most: Any, base: Any, total: Any, dof: int, margin: float, limit: Any) -> None:
    """Write what a prefix's objective at a node must reach to matter to row 0 of limit, and leave it in ``most``.

    Row k of most becomes 1 where prefix k does matter, 0 where it does not.
    """
    slack = AMBIGUITY_LIMIT / dof if dof > 0 else 0.0
    n = most.size // LANES
    limit[:LANES] = 0.0
    for k in range(n):
        for q in range(LANES):
            value = np.float64(most[k * LANES + q])
            value = value * value + base[k * LANES + q]
            top = limit[q]
            limit[q] = value if value > top else top
    for q in range(LANES):
        left = total[q] - limit[q]
        limit[q] -= margin * total[q] + slack * (left if left > 0 else 0.0)
    for k in range(n):
        for q in range(LANES):
            value = np.float64(most[k * LANES + q])
            reached = value * value + base[k * LANES + q] >= limit[q]
            most[k * LANES + q] = np.float32(1.0) if reached else np.float32(0.0)


@inner
def _candidates_of_prefixes(
    s: Any,
    base: Any,
    total: Any,
    dof: int,
    margin: float,
    dictionary: Any,
    g: Any,
    turned: Any,
    most: Any,
    small: Any,
    limit: Any,
    pairs: Any,
    candidates: Any,
) -> int:
    """Collect the candidates of magnitude samples: of every prefix that may win or comes near the one that does."""
    n = s.size // LANES
    seen, least = small[: 2 * LANES], small[2 * LANES : 3 * LANES]
    _sweep_prefixes(dictionary, s, g, most, small)
    _limits(most, base, total, dof, margin, limit)
    found = 0
    n_pairs = 0
    for k in range(n):
        for q in range(LANES):
            if most[k * LANES + q] == 0 or total[q] == 0:
                continue
            pairs[0, n_pairs], pairs[1, n_pairs] = q, k
            least[n_pairs] = np.float32(np.sqrt(max(limit[q] - base[k * LANES + q], 0.0)))
            for j in range(k):
                turned[j * LANES + n_pairs] = -s[j * LANES + q]
            for j in range(k, n):
                turned[j * LANES + n_pairs] = s[j * LANES + q]
            n_pairs += 1
            if n_pairs == LANES:
                _product(dictionary, turned, g)
                found = _collect(g, least, seen, n_pairs, pairs, candidates, found)
                n_pairs = 0
    if n_pairs:
        _product(dictionary, turned, g)
        found = _collect(g, least, seen, n_pairs, pairs, candidates, found)
    return found


@inner
def _candidates_of_signed(total: Any, margin: float, g: Any, small: Any, pairs: Any, candidates: Any) -> int:
    """Collect the candidates of signed samples."""
    seen, least, most = small[: 2 * LANES], small[2 * LANES : 3 * LANES], small[3 * LANES :]
    _largest(g, most)
    for q in range(LANES):
        value = np.float64(most[q])
        limit = value * value - margin * total[q]
        # without samples nothing is to be found, and nothing reaches two
        least[q] = np.float32(np.sqrt(limit if limit > 0 else 0.0) if total[q] > 0 else 2.0)
    for q in range(LANES):
        pairs[0, q], pairs[1, q] = q, 0
    n: int = _collect(g, least, seen, LANES, pairs, candidates, 0)
    return n


@inner
def _expand(s: Any, polynomials: Any, candidates: Any, first: int, last: int, c: Any) -> None:
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
def _begin(c: Any, w: Any) -> None:
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
        w[_Z + q] = start if (bend < 0) & (not edge) else 0.0
        w[_LOW + q] = below
        w[_HIGH + q] = above
        w[_MOVING + q] = 0.0 if edge else 1.0


@inner
def _step(c: Any, w: Any) -> float:
    """Move every z a step towards the maximum of its polynomial: Halley's, halving the bracket where that fails.

    A lane moves until it has converged; the number of those that have not is returned.
    """
    left = 0.0
    for q in range(LANES):
        here = w[_Z + q]
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
        w[_Z + q] = taken if moving > 0 else here
        w[_LOW + q] = below
        w[_HIGH + q] = above
        w[_MOVING + q] = moving_on
        left += moving_on
    return left


@inner
def _evaluate(c: Any, w: Any) -> None:
    """Write the polynomials c at z to their row."""
    for q in range(LANES):
        here = w[_Z + q]
        total = c[7 * LANES + q] * here + c[6 * LANES + q]
        total = total * here + c[5 * LANES + q]
        total = total * here + c[4 * LANES + q]
        total = total * here + c[3 * LANES + q]
        total = total * here + c[2 * LANES + q]
        total = total * here + c[LANES + q]
        w[_VALUE + q] = total * here + c[q]


@inner
def _refine(s: Any, polynomials: Any, candidates: Any, n: int, c: Any, w: Any) -> None:
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
            node = np.int64(w[_NODE + at]) + (1 if w[_Z + at] > 0 else -1)
            if candidates[3, at] or abs(w[_Z + at]) < _AT_BORDER or node < 0 or node >= N_NODES:
                break
            w[_NODE + at] = candidates[2, at] = node
            _expand(s, polynomials, candidates, at, at + 1, c)
            kept = w[_Z : _Z + LANES].copy()
            _begin(c, w)
            candidates[3, at] = np.int64(w[_MOVING + at] == 0)
            for other in range(LANES):
                if other != at:
                    w[_Z + other] = kept[other]
                    w[_MOVING + other] = 0.0
            for _ in range(_MOST_STEPS):
                if _step(c, w) == 0:
                    break
    _evaluate(c, w)


@inner
def _mark_ambiguous(
    candidates: Any, n: int, value: Any, dof: int, total: Any, log_t: Any, objective: Any, found: Any
) -> None:
    """Set found[2] where a maximum of another prefix lies elsewhere and is almost as high.

    value: the candidates' objective, then, from ``n`` on, their log T.
    """
    for at in range(n):
        q = candidates[0, at]
        limit = objective[q] - ROUNDING * total[q]
        if dof > 0:
            limit -= AMBIGUITY_LIMIT * max(total[q] - objective[q], 0.0) / dof
        if candidates[1, at] != found[0, q] and value[at] >= limit and abs(value[n + at] - log_t[q]) > DISTINCT_LOG_T:
            found[2, q] = 1


@inner
def search(
    s: Any,
    base: Any,
    dof: int,
    gain: float,
    dictionary: Any,
    polynomials: Any,
    node_log_t: Any,
    step: float,
    single: Any,
    turned: Any,
    g: Any,
    most: Any,
    small: Any,
    pairs: Any,
    candidates: Any,
    chunk: Any,
    refined: Any,
    c: Any,
    w: Any,
    total: Any,
    log_t: Any,
    objective: Any,
    found: Any,
) -> None:
    """Find log T and polarity of every lane.

    s (time, lane) samples of unit height, zero where there is no pixel; base (prefix, lane) the part of the objective
    that the offset explains. Written: log_t and objective (lane,), the latter -1 where there is no answer; found[0]
    the number of negative samples, found[1] whether T is the edge of the range, found[2] whether another polarity with
    another T explains the samples almost equally. The rest is workspace.
    """
    n = s.size // LANES
    n_prefixes = base.size // LANES
    total[:] = 0.0
    for j in range(n):
        for q in range(LANES):
            value = s[j * LANES + q]
            total[q] += value * value
            single[j * LANES + q] = np.float32(value)
    _product(dictionary, single, g)
    margin = gain + ROUNDING + (6 * n + 16) * _SINGLE
    if n_prefixes > 1:
        n_found = _candidates_of_prefixes(
            single, base, total, dof, margin, dictionary, g, turned, most, small, w, pairs, candidates
        )
    else:
        n_found = _candidates_of_signed(total, margin, g, small, pairs, candidates)

    for q in range(LANES):
        objective[q] = -1.0
        found[0, q] = found[1, q] = found[2, q] = 0
    for start in range(0, n_found, LANES):
        size = min(LANES, n_found - start)
        for part in range(3):
            for at in range(size):
                chunk[part, at] = candidates[part, start + at]
        _refine(s, polynomials, chunk, size, c, w)
        for at in range(size):
            q, k = chunk[0, at], chunk[1, at]
            value = w[_VALUE + at] * w[_VALUE + at] + base[k * LANES + q]
            x = node_log_t[chunk[2, at]] + step * w[_Z + at]
            refined[start + at] = value
            refined[n_found + start + at] = x
            # of equals the one with fewer negative samples
            if value > objective[q] or (value == objective[q] and k < found[0, q]):
                log_t[q], objective[q] = x, value
                found[0, q], found[1, q] = k, chunk[3, at]
    if n_prefixes > 1:
        _mark_ambiguous(candidates, n_found, refined, dof, total, log_t, objective, found)
    for q in range(LANES):
        if objective[q] <= base[found[0, q] * LANES + q]:
            objective[q] = -1.0
