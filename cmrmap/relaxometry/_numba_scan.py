"""The compiled scan: which maxima of the dictionary, of which polarities, may win, of ``LANES`` pixels.

In float32, which halves the work: the bound on what may still win leaves room for its rounding. All arrays of rows are
flat, row after row of ``LANES``: at constant distances the compiler sees that they do not overlap.
"""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry._numba_lanes import LANES, Float32Array, Int64Array, inlined, inner
from cmrmap.relaxometry._numba_workspace import Block, Workspace
from cmrmap.relaxometry._problem import Problem
from cmrmap.relaxometry.basis import N_NODES
from cmrmap.relaxometry.polarity import AMBIGUITY_LIMIT


@inner
def product(dictionary: Float32Array, s: Float32Array, g: Float32Array) -> None:
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
def _sweep_prefixes(
    dictionary: Float32Array, s: Float32Array, g: Float32Array, most: Float32Array, work: Float32Array
) -> None:
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
def _largest(g: Float32Array, most: Float32Array) -> None:
    """Write the largest modulus of g over the nodes to most (lane,)."""
    most[:LANES] = np.float32(0.0)
    for i in range(1, N_NODES + 1, 2):
        for q in range(LANES):
            a, b = abs(g[i * LANES + q]), abs(g[i * LANES + LANES + q])
            a = a if a > b else b
            m = most[q]
            most[q] = a if a > m else m


@inner
def _count_maxima(g: Float32Array, least: Float32Array, seen: Float32Array) -> None:
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
def _collect(
    g: Float32Array,
    least: Float32Array,
    seen: Float32Array,
    n_pairs: int,
    pairs: Int64Array,
    candidates: Int64Array,
    n: int,
) -> int:
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
def _limits(
    most: Float32Array, base: Float64Array, total: Float64Array, dof: int, margin: float, limit: Float64Array
) -> None:
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


@inlined
def candidates_of_prefixes(problem: Problem, block: Block, space: Workspace, dof: int, margin: float) -> int:
    """Collect the candidates of magnitude samples: of every prefix that may win or comes near the one that does."""
    s, dictionary, base, total = space.single, problem.dictionary_single, block.base, block.total
    g, turned, most, small, limit = space.g, space.turned, space.most, space.small, space.work
    pairs, candidates = space.pairs, space.candidates
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
                product(dictionary, turned, g)
                found = _collect(g, least, seen, n_pairs, pairs, candidates, found)
                n_pairs = 0
    if n_pairs:
        product(dictionary, turned, g)
        found = _collect(g, least, seen, n_pairs, pairs, candidates, found)
    return found


@inlined
def candidates_of_signed(block: Block, space: Workspace, margin: float) -> int:
    """Collect the candidates of signed samples."""
    total, g, small, pairs = block.total, space.g, space.small, space.pairs
    seen, least, most = small[: 2 * LANES], small[2 * LANES : 3 * LANES], small[3 * LANES :]
    _largest(g, most)
    for q in range(LANES):
        value = np.float64(most[q])
        limit = value * value - margin * total[q]
        # without samples nothing is to be found, and nothing reaches two
        least[q] = np.float32(np.sqrt(limit if limit > 0 else 0.0) if total[q] > 0 else 2.0)
    for q in range(LANES):
        pairs[0, q], pairs[1, q] = q, 0
    return _collect(g, least, seen, LANES, pairs, space.candidates, 0)
