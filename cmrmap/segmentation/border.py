"""One closed smooth outline about a centre, from the probability of lying inside.

It is the closed path through (angle, radius) that separates best what lies inside from what lies outside, found exactly
by dynamic programming. Dynamic programming for closed outlines: Geiger et al., IEEE TPAMI 1995;17:294 (there on edges,
here on probabilities).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array

N_ANGLES = 96
#: radial resolution
STEP_PX = 0.5
_MAX_JUMP = 2  # radial steps from one angle to the next
_BEND_COST = 0.06  # of one radial step between neighbouring angles, squared, in nats
_HARMONICS = 9  # of the outline that are kept: trabeculae are finer
_PRIOR_COST = 0.15  # of a pixel off the slice's shape, squared, in nats; a clear border costs about 2
FLOOR = 0.02  # least probability: one sure pixel does not outvote a whole ray


@dataclass(frozen=True, slots=True)
class Outline:
    """Radius over the angle about a centre, pixels; angles from the +column axis towards +row."""

    centre: tuple[float, float]
    radius: Float64Array

    def fill(self, shape: tuple[int, int]) -> BoolArray:
        """(row, column) True for the pixels whose centre lies inside the outline."""
        return self.contains(np.arange(shape[0]), np.arange(shape[1]))

    def contains(self, rows: npt.NDArray[Any], columns: npt.NDArray[Any]) -> BoolArray:
        """(row, column) whether the points of the grid that ``rows`` and ``columns`` span lie inside."""
        inside = np.zeros((len(rows), len(columns)), dtype=np.bool_)
        least, most = self.radius.min(), self.radius.max()
        dy, dx = rows - self.centre[0], columns - self.centre[1]
        near = np.ix_(np.abs(dy) < most, np.abs(dx) < most)
        dy, dx = np.broadcast_arrays(dy[near[0]], dx[near[1]])
        distance = np.hypot(dy, dx)
        found: BoolArray = distance < least
        doubtful = ~found & (distance < most)  # only here the angle is asked for
        position = np.mod(np.arctan2(dy[doubtful], dx[doubtful]), 2 * np.pi) * (len(self.radius) / (2 * np.pi))
        closed = np.concatenate([self.radius, self.radius[:1]])
        found[doubtful] = distance[doubtful] < np.interp(position, np.arange(len(closed)), closed)
        inside[near] = found
        return inside


def trace(
    inside: npt.NDArray[np.floating],
    centre: tuple[float, float],
    max_radius_px: float,
    bounds_px: tuple[Float64Array | float, Float64Array | float] = (0.0, np.inf),
    prior: Float64Array | None = None,
) -> Outline:
    """Trace the closed outline about ``centre`` that best separates high from low ``inside``.

    Parameters
    ----------
    inside : (row, column) probability of lying within the outline, 0-1
    centre : (row, column) pixels; the region must be star-shaped about it
    max_radius_px : longest radius that is searched
    bounds_px : least and largest radius, one number or one an angle
    prior : (angle,) radius that is expected where ``inside`` does not tell
    """
    return trace_together([path_cost(inside, centre, max_radius_px, bounds_px, prior)], [centre])[0]


def path_cost(
    inside: npt.NDArray[np.floating],
    centre: tuple[float, float],
    max_radius_px: float,
    bounds_px: tuple[Float64Array | float, Float64Array | float],
    prior: Float64Array | None,
) -> Float64Array:
    """(angle, radius) cost of a border there; arguments as in :func:`trace`."""
    angles = np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES)
    radii = np.arange(1, int(np.ceil(max_radius_px / STEP_PX))) * STEP_PX
    rows = centre[0] + radii * np.sin(angles)[:, None]
    columns = centre[1] + radii * np.cos(angles)[:, None]
    probability = ndimage.map_coordinates(np.asarray(inside, dtype=np.float64), [rows, columns], order=1)
    probability = np.clip(probability, FLOOR, 1 - FLOOR)
    # moving the border out by a step turns one sample from "outside" to "inside"
    cost = np.cumsum(np.log((1 - probability) / probability) * STEP_PX, axis=1)
    if prior is not None:
        cost += _PRIOR_COST * (radii - prior[:, None]) ** 2
    low, high = (np.broadcast_to(np.asarray(bound, dtype=np.float64), (N_ANGLES,))[:, None] for bound in bounds_px)
    excess = np.maximum(low - radii, 0) + np.maximum(radii - np.where(np.isfinite(high), high, np.inf), 0)
    return np.where(excess > 0, 1e3 + excess, cost)


def trace_together(costs: Sequence[Float64Array], centres: Sequence[tuple[float, float]]) -> list[Outline]:
    """Trace one outline per (angle, radius) cost and centre, all together, for speed only."""
    radius = (_closed_paths(np.stack(costs)) + 1.5) * STEP_PX  # the border lies beyond the last sample inside
    spectrum = np.fft.rfft(radius)
    spectrum[:, _HARMONICS + 1 :] = 0
    smooth = np.asarray(np.fft.irfft(spectrum, N_ANGLES), dtype=np.float64)
    return [Outline(centre, one) for centre, one in zip(centres, smooth, strict=True)]


def _closed_paths(cost: Float64Array) -> npt.NDArray[np.intp]:
    """(outline, angle) column of the cheapest paths through (outline, angle, radius) that end where they began.

    Viterbi over three turns; the middle one no longer knows where the first began.
    """
    n_outlines, n_angles, n_radii = cost.shape
    steps = np.arange(-_MAX_JUMP, _MAX_JUMP + 1)
    bend = _BEND_COST * steps.astype(np.float64) ** 2
    n_steps = 3 * n_angles
    # least cost of a path to each radius, with room beside it for steps that lead out
    reached = np.full((n_steps, n_outlines, n_radii + 2 * _MAX_JUMP), np.inf)
    inner = slice(_MAX_JUMP, -_MAX_JUMP)
    reached[0, :, inner] = cost[:, 0]
    # (angle, outline, step, radius): the least costs from which each radius is reached by each step
    ahead = np.lib.stride_tricks.sliding_window_view(reached, n_radii, axis=2)
    candidates = np.empty((n_outlines, len(steps), n_radii))
    for angle in range(1, n_steps):
        np.add(ahead[angle - 1], bend[:, None], out=candidates)
        np.add(candidates.min(axis=1), cost[:, angle % n_angles], out=reached[angle, :, inner])
    path = np.empty((n_outlines, n_steps), dtype=np.intp)
    path[:, -1] = reached[-1, :, inner].argmin(axis=1)
    every = np.arange(n_outlines)[:, None]
    # what was cheapest is asked only where the path runs
    for angle in range(n_steps - 1, n_angles, -1):
        here = path[:, angle]
        choice = (reached[angle - 1][every, here[:, None] + np.arange(len(steps))] + bend).argmin(axis=1)
        path[:, angle - 1] = here + steps[choice]
    return path[:, n_angles : 2 * n_angles]
