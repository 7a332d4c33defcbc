"""The compiled search: from the samples of ``LANES`` pixels to log T, polarity and what is in doubt.

The steps are those of `cmrmap.relaxometry._numpy_kernel`.
"""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry._numba_lanes import LANES, Int64Array, inlined
from cmrmap.relaxometry._numba_refine import VALUE, Z, refine
from cmrmap.relaxometry._numba_scan import candidates_of_prefixes, candidates_of_signed, product
from cmrmap.relaxometry._numba_workspace import Block, Workspace
from cmrmap.relaxometry._problem import Problem
from cmrmap.relaxometry.polarity import AMBIGUITY_LIMIT, DISTINCT_LOG_T, ROUNDING

_SINGLE = 2.0**-24  # rounding of float32


@inlined
def _mark_ambiguous(block: Block, candidates: Int64Array, value: Float64Array, n: int, dof: int) -> None:
    """Set found[2] where a maximum of another prefix lies elsewhere and is almost as high.

    value: the candidates' objective, then, from ``n`` on, their log T.
    """
    total, log_t, objective, found = block.total, block.log_t, block.objective, block.found
    for at in range(n):
        q = candidates[0, at]
        limit = objective[q] - ROUNDING * total[q]
        if dof > 0:
            limit -= AMBIGUITY_LIMIT * max(total[q] - objective[q], 0.0) / dof
        if candidates[1, at] != found[0, q] and value[at] >= limit and abs(value[n + at] - log_t[q]) > DISTINCT_LOG_T:
            found[2, q] = 1


@inlined
def search(problem: Problem, block: Block, space: Workspace, dof: int) -> None:
    """Find log T, its objective, polarity and doubt of every lane, from the samples and ``base``."""
    s, base, total, single = block.s, block.base, block.total, space.single
    log_t, objective, found = block.log_t, block.objective, block.found
    candidates, chunk, refined, w = space.candidates, space.chunk, space.refined, space.work
    n = s.size // LANES
    n_prefixes = base.size // LANES
    total[:] = 0.0
    for j in range(n):
        for q in range(LANES):
            value = s[j * LANES + q]
            total[q] += value * value
            single[j * LANES + q] = np.float32(value)
    product(problem.dictionary_single, single, space.g)
    margin = problem.gain + ROUNDING + (6 * n + 16) * _SINGLE
    if n_prefixes > 1:
        n_found = candidates_of_prefixes(problem, block, space, dof, margin)
    else:
        n_found = candidates_of_signed(block, space, margin)

    for q in range(LANES):
        objective[q] = -1.0
        found[0, q] = found[1, q] = found[2, q] = 0
    for start in range(0, n_found, LANES):
        size = min(LANES, n_found - start)
        for part in range(3):
            for at in range(size):
                chunk[part, at] = candidates[part, start + at]
        refine(s, problem.polynomials, chunk, size, space.coefficients, w)
        for at in range(size):
            q, k = chunk[0, at], chunk[1, at]
            value = w[VALUE + at] * w[VALUE + at] + base[k * LANES + q]
            x = problem.log_t[chunk[2, at]] + problem.step * w[Z + at]
            refined[start + at] = value
            refined[n_found + start + at] = x
            # of equals the one with fewer negative samples
            if value > objective[q] or (value == objective[q] and k < found[0, q]):
                log_t[q], objective[q] = x, value
                found[0, q], found[1, q] = k, chunk[3, at]
    if n_prefixes > 1:
        _mark_ambiguous(block, candidates, refined, n_found, dof)
    for q in range(LANES):
        if objective[q] <= base[found[0, q] * LANES + q]:
            objective[q] = -1.0
