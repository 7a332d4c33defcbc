"""The left ventricle as a reader draws it: two closed smooth outlines about one centre, from class probabilities.

A pixelwise decision may leave holes in the wall, trabeculae in its border and islands in the liver. Here each border
is the closed path through (angle, radius) that separates best what lies inside from what lies outside, found exactly by
dynamic programming, so that every image's myocardium is one ring. Dynamic programming for closed outlines: Geiger et
al., IEEE TPAMI 1995;17:294 (there on edges, here on probabilities).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.outlines import Label
from cmrmap.segmentation.shape import dice, largest_object

N_ANGLES = 96
_STEP_PX = 0.5  # radial resolution
_MAX_JUMP = 2  # radial steps from one angle to the next
_BEND_COST = 0.06  # of one radial step between neighbouring angles, squared, in nats
_HARMONICS = 9  # of the outline that are kept: trabeculae are finer
_MAX_RADIUS_MM = 65.0
_LEAST_WALL_MM = 2.0
_LEAST_OVERLAP = 0.7  # Dice of the ring's ventricle with the pixelwise one
_BORDERS = ("endocardium", "epicardium")
_FEWEST_FOR_PRIOR = 3
_PRIOR_COST = 0.15  # of a pixel off the slice's shape, squared, in nats; a clear border costs about 2
_EVIDENCE = 2.0  # cap of an image's own grey, nats: the network may be surer than that of a papillary muscle (3.9)
_OTHERS_EVIDENCE = 0.7  # cap of the other images' mean grey, nats: it must not hide contraction
_OTHERS_WEIGHT = 0.5  # of that mean
_SUREST = 6.0  # nats of one image in that mean: no image outvotes all others
_FEWEST_PIXELS = 20
_CAUTION = 0.7  # nats taken off the epicardium: what may be fat or lung must not be averaged as wall
_CERTAIN = 1e-6
_FLOOR = 0.02  # least probability: one sure pixel does not outvote a whole ray


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


@dataclass(frozen=True, slots=True)
class Ring:
    """Both borders of the left ventricle's wall."""

    endocardium: Outline
    epicardium: Outline


def find_rings(
    probabilities: npt.NDArray[np.floating], pixel_mm: float, images: npt.NDArray[np.floating] | None = None
) -> list[Ring | None]:
    """Draw the ring that the class probabilities of each of a slice's images show.

    First every image by itself. Then once more with the slice's median shape, at each image's own place and size, as a
    weak prior: where an image shows its border the prior has no say, where blood and muscle have one grey it decides.
    In that second round the grey has a say too: what is more like an image's blood than like its wall is moved into the
    cavity, so that a heart more contracted than in the other images is not drawn like theirs; and, less, what is more
    like blood in the mean of the other images, for those in which blood and wall have one grey.

    Parameters
    ----------
    probabilities : (image, class, row, column) of ``Label``, each pixel's sum is 1; crops that follow the heart
    pixel_mm : size of their square pixels
    images : (image, row, column) of the same crops; None: their grey has no say

    Returns
    -------
    one per image; None where no ring is seen: no cavity, or a ventricle so unlike the ring that the ring would hide it
    """
    rings = _find_rings(list(probabilities), pixel_mm, [None] * len(probabilities), [None] * len(probabilities))
    drawn = [ring for ring in rings if ring is not None]
    if len(drawn) < _FEWEST_FOR_PRIOR:
        return rings
    shape = [np.median([getattr(ring, name).radius for ring in drawn], axis=0) for name in _BORDERS]
    grey = [
        None if images is None or ring is None else blood_evidence(np.asarray(images[k], dtype=np.float64), ring)
        for k, ring in enumerate(rings)
    ]
    total = sum(one for one in grey if one is not None)
    evidence = [
        None
        if own is None
        else np.clip(own, -_EVIDENCE, _EVIDENCE)
        + np.clip(_OTHERS_WEIGHT * (total - own) / (len(drawn) - 1), -_OTHERS_EVIDENCE, _OTHERS_EVIDENCE)
        for own in grey
    ]
    again = [k for k, ring in enumerate(rings) if ring is not None]
    priors = [_Prior(ring, *shape) for ring in drawn]
    second = _find_rings([probabilities[k] for k in again], pixel_mm, priors, [evidence[k] for k in again])
    out: list[Ring | None] = [None] * len(rings)
    for index, found in zip(again, second, strict=True):
        out[index] = found
    return out


def blood_evidence(image: Float64Array, ring: Ring) -> Float64Array:
    """(row, column) log likelihood ratio of blood over wall, by the grey of both as the ring shows them, capped.

    Zero everywhere where the ring holds too little of either to know.
    """
    shape = (image.shape[0], image.shape[1])
    inner, outer = ring.endocardium.radius, ring.epicardium.radius
    centre = ring.endocardium.centre
    wall = Outline(centre, inner + 0.75 * (outer - inner)).fill(shape)
    wall &= ~Outline(centre, inner + 0.3 * (outer - inner)).fill(shape)
    blood = Outline(centre, 0.8 * inner).fill(shape)
    if min(np.count_nonzero(wall), np.count_nonzero(blood)) < _FEWEST_PIXELS:
        return np.zeros(shape)
    (wall_grey, wall_sd), (blood_grey, blood_sd) = (_grey(image[mask]) for mask in (wall, blood))
    sd = np.sqrt(0.5 * (wall_sd**2 + blood_sd**2))  # one SD for both: only the border between the greys counts
    if not sd > 0:
        return np.zeros(shape)
    ratio = (image - 0.5 * (wall_grey + blood_grey)) * (blood_grey - wall_grey) / sd**2
    return np.asarray(np.clip(ratio, -_SUREST, _SUREST), dtype=np.float64)


def _grey(values: Float64Array) -> tuple[float, float]:
    """Median, and SD by the median absolute deviation: papillary muscles and scar are outliers."""
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values - middle)))


class _Prior:
    """The slice's shape at one image's place and size."""

    def __init__(self, ring: Ring, endocardium: Float64Array, epicardium: Float64Array) -> None:
        self.centre = ring.endocardium.centre
        inner, outer = ring.endocardium.radius, ring.epicardium.radius
        # contraction thickens the wall: its two borders need not scale alike
        self.endocardium = endocardium * float(np.median(inner / endocardium))
        self.epicardium = epicardium * float(np.median(outer / epicardium))


def _find_rings(
    probabilities: Sequence[npt.NDArray[np.floating]],
    pixel_mm: float,
    priors: Sequence[_Prior | None],
    evidence: Sequence[Float64Array | None],
) -> list[Ring | None]:
    """One ring per image, each by itself; all outlines of one border are traced together, for speed only."""
    cavities = [np.asarray(one[Label.CAVITY], dtype=np.float64) for one in probabilities]
    ventricles = [cavity + one[Label.MYOCARDIUM] for cavity, one in zip(cavities, probabilities, strict=True)]
    seen = [largest_object(one > 0.5) for one in ventricles]
    inside = [largest_object(one & (cavity > 0.5)) for one, cavity in zip(seen, cavities, strict=True)]
    out: list[Ring | None] = [None] * len(cavities)
    known = [k for k, one in enumerate(inside) if one.any()]
    if not known:
        return out
    centres: list[tuple[float, float]] = []
    blood = []
    for k in known:
        prior, own = priors[k], evidence[k]
        row, column = ndimage.center_of_mass(inside[k]) if prior is None else prior.centre
        centres.append((float(row), float(column)))
        blood.append(cavities[k] if own is None else _surer(np.clip(cavities[k], _FLOOR, 1 - _FLOOR), own))
    reach = _MAX_RADIUS_MM / pixel_mm
    kept = [priors[k] for k in known]
    epicardia = _traced(
        [
            _path_cost(
                less_sure(ventricles[k], _CAUTION),
                centre,
                reach,
                (0.0, np.inf),
                None if prior is None else prior.epicardium,
            )
            for k, centre, prior in zip(known, centres, kept, strict=True)
        ],
        centres,
    )
    thickest = [np.maximum(one.radius - _LEAST_WALL_MM / pixel_mm, 1.0) for one in epicardia]
    endocardia = _traced(
        [
            _path_cost(one, centre, reach, (0.0, most), None if prior is None else prior.endocardium)
            for one, centre, most, prior in zip(blood, centres, thickest, kept, strict=True)
        ],
        centres,
    )
    for k, endocardium, epicardium in zip(known, endocardia, epicardia, strict=True):
        drawn = epicardium.fill((seen[k].shape[0], seen[k].shape[1]))
        if dice(drawn, seen[k]) >= _LEAST_OVERLAP:
            out[k] = Ring(endocardium, epicardium)
    return out


def less_sure(probability: npt.NDArray[np.floating], nats: float) -> Float64Array:
    """Return probabilities with ``nats`` taken off their log odds: outlines traced in them lie further in."""
    return _surer(np.clip(np.asarray(probability, dtype=np.float64), _CERTAIN, 1 - _CERTAIN), -nats)


def _surer(probability: Float64Array, nats: Float64Array | float) -> Float64Array:
    """Probabilities strictly between 0 and 1 with ``nats`` added to their log odds."""
    odds = probability / (1 - probability) * np.exp(nats)
    return np.asarray(odds / (1 + odds), dtype=np.float64)


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
    return _traced([_path_cost(inside, centre, max_radius_px, bounds_px, prior)], [centre])[0]


def _path_cost(
    inside: npt.NDArray[np.floating],
    centre: tuple[float, float],
    max_radius_px: float,
    bounds_px: tuple[Float64Array | float, Float64Array | float],
    prior: Float64Array | None,
) -> Float64Array:
    """(angle, radius) cost of a border there; arguments as in :func:`trace`."""
    angles = np.arange(N_ANGLES) * (2 * np.pi / N_ANGLES)
    radii = np.arange(1, int(np.ceil(max_radius_px / _STEP_PX))) * _STEP_PX
    rows = centre[0] + radii * np.sin(angles)[:, None]
    columns = centre[1] + radii * np.cos(angles)[:, None]
    probability = ndimage.map_coordinates(np.asarray(inside, dtype=np.float64), [rows, columns], order=1)
    probability = np.clip(probability, _FLOOR, 1 - _FLOOR)
    # moving the border out by a step turns one sample from "outside" to "inside"
    cost = np.cumsum(np.log((1 - probability) / probability) * _STEP_PX, axis=1)
    if prior is not None:
        cost += _PRIOR_COST * (radii - prior[:, None]) ** 2
    low, high = (np.broadcast_to(np.asarray(bound, dtype=np.float64), (N_ANGLES,))[:, None] for bound in bounds_px)
    excess = np.maximum(low - radii, 0) + np.maximum(radii - np.where(np.isfinite(high), high, np.inf), 0)
    return np.where(excess > 0, 1e3 + excess, cost)


def _traced(costs: Sequence[Float64Array], centres: Sequence[tuple[float, float]]) -> list[Outline]:
    radius = (_closed_paths(np.stack(costs)) + 1.5) * _STEP_PX  # the border lies beyond the last sample inside
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
