"""The memory that the compiled fit works in: one set a thread, taken anew for each of its blocks of ``LANES`` pixels.

All rows are of ``LANES`` numbers, one a pixel (or a candidate), and most arrays are flat, row after row: at constant
distances the compiler sees that they do not overlap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry._numba_lanes import LANES, Float32Array, Int64Array, inlined
from cmrmap.relaxometry.basis import N_COEFFICIENTS, N_NODES

#: rows of ``work``, ``sums`` and ``result``; what they hold is told where they are used
WORK_ROWS, SUM_ROWS, RESULT_ROWS = 6, 10, 15


class Block(NamedTuple):
    """What is known of ``LANES`` pixels.

    Attributes
    ----------
    s : (time, lane) samples of unit height, zero where there is no pixel
    scale : (2, lane) their height, 0 where there is no answer; and sigma over the root of SSR
    base : (prefix, lane) the part of the objective that the offset explains
    total : (lane,) sum of squares of s
    log_t : (lane,) the answer
    objective : (lane,) its height; -1 where there is no answer
    found : (3, lane) number of negative samples; whether T is the edge of the range; whether another polarity with
        another T explains the samples almost equally
    """

    s: Float64Array
    scale: Float64Array
    base: Float64Array
    total: Float64Array
    log_t: Float64Array
    objective: Float64Array
    found: Int64Array


class Workspace(NamedTuple):
    """What has no meaning between two steps.

    Attributes
    ----------
    single, turned : (time, lane) samples in float32, and the same with the signs of a prefix
    g : (node + 2, lane) u . s at the nodes, zero before the first and after the last
    most : (time, lane) of every prefix the largest modulus of g
    small : (4, lane) of the scan, in float32
    pairs : (2, lane) a lane and a prefix
    candidates : (3, candidate) lane, prefix and node of every maximum that may win
    refined : (2, candidate) their objectives and their log T
    chunk : (4, lane) the candidates that are refined side by side; whether they lie at the edge
    coefficients : (coefficient, lane) of g about their nodes
    work, bits : (6, lane) in float64, and its third row seen as integers
    column, slope : (time, lane) the model's column and its slope in log T
    sums, result : (10, lane), (15, lane) rows of `cmrmap.relaxometry._numba_finish`
    """

    single: Float32Array
    turned: Float32Array
    g: Float32Array
    most: Float32Array
    small: Float32Array
    pairs: Int64Array
    candidates: Int64Array
    refined: Float64Array
    chunk: Int64Array
    coefficients: Float64Array
    work: Float64Array
    bits: Int64Array
    column: Float64Array
    slope: Float64Array
    sums: Float64Array
    result: Float64Array


@inlined
def new_block(n: int, n_prefixes: int) -> Block:
    """Return the memory of a block at n times."""
    return Block(
        np.empty(n * LANES),
        np.empty(2 * LANES),
        np.empty(n_prefixes * LANES),
        np.empty(LANES),
        np.zeros(LANES),
        np.empty(LANES),
        np.zeros((3, LANES), np.int64),
    )


@inlined
def new_workspace(n: int, n_prefixes: int) -> Workspace:
    """Return the memory that a block at n times is worked on in."""
    most_candidates = LANES * n_prefixes * (N_NODES // 2 + 1)
    work = np.empty(WORK_ROWS * LANES)
    return Workspace(
        np.empty(n * LANES, np.float32),
        np.zeros(n * LANES, np.float32),
        np.zeros((N_NODES + 2) * LANES, np.float32),
        np.empty(n * LANES, np.float32),
        np.empty(4 * LANES, np.float32),
        np.zeros((2, LANES), np.int64),
        np.empty((3, most_candidates), np.int64),
        np.empty(2 * most_candidates),
        np.zeros((4, LANES), np.int64),
        np.zeros(N_COEFFICIENTS * LANES),
        work,
        work[2 * LANES : 3 * LANES].view(np.int64),
        np.empty(n * LANES),
        np.empty(n * LANES),
        np.empty(SUM_ROWS * LANES),
        np.empty(RESULT_ROWS * LANES),
    )
