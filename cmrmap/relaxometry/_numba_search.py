"""The compiled search: from the samples of ``LANES`` pixels to log T, polarity and what is in doubt.

The steps are those of `cmrmap.relaxometry._numpy_kernel`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cmrmap.relaxometry._numba_lanes import LANES, inner
from cmrmap.relaxometry._numba_refine import VALUE, Z, refine
from cmrmap.relaxometry._numba_scan import candidates_of_prefixes, candidates_of_signed, product
from cmrmap.relaxometry.polarity import AMBIGUITY_LIMIT, DISTINCT_LOG_T, ROUNDING

_SINGLE = 2.0**-24  # rounding of float32


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
    product(dictionary, single, g)
    margin = gain + ROUNDING + (6 * n + 16) * _SINGLE
    if n_prefixes > 1:
        n_found = candidates_of_prefixes(
            single, base, total, dof, margin, dictionary, g, turned, most, small, w, pairs, candidates
        )
    else:
        n_found = candidates_of_signed(total, margin, g, small, pairs, candidates)

    for q in range(LANES):
        objective[q] = -1.0
        found[0, q] = found[1, q] = found[2, q] = 0
    for start in range(0, n_found, LANES):
        size = min(LANES, n_found - start)
        for part in range(3):
            for at in range(size):
                chunk[part, at] = candidates[part, start + at]
        refine(s, polynomials, chunk, size, c, w)
        for at in range(size):
            q, k = chunk[0, at], chunk[1, at]
            value = w[VALUE + at] * w[VALUE + at] + base[k * LANES + q]
            x = node_log_t[chunk[2, at]] + step * w[Z + at]
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
