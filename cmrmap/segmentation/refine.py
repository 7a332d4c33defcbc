"""Largest object, shape check and affine replacement (Zhu 2020, "Processing Pipeline")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from cmrmap.errors import InputError
from cmrmap.types import (
    BoolArray,
    Float64Array,
    ImageOutcome,
    Label,
    LabelArray,
    RefinedSegmentation,
    SegmentationStack,
)

ECCENTRICITY_LIMIT = 0.65
PINHOLE_PIXELS = 5
REACH_PIXELS = 20.0
SCALE_RANGE = (0.8, 1.25)

_STRETCH_GAIN = 0.02  # overlap that a change of size must win over a plain shift
_LEAST_TRUSTED_PIXELS = 20
_MOST_DONORS = 4
# Foreground joins across corners and background does not: a wall one pixel thin that runs diagonally stays closed.
_EIGHT = np.ones((3, 3), dtype=np.bool_)


def refine_segmentation(
    stack: SegmentationStack,
    present: BoolArray,
    *,
    eccentricity_limit: float = ECCENTRICITY_LIMIT,
    pinhole_pixels: int = PINHOLE_PIXELS,
    reach_pixels: float = REACH_PIXELS,
) -> RefinedSegmentation:
    """Make one ring of every image's labels, or take it from a better image of the same slice, or leave it out.

    Per image the largest object of the myocardium label is kept, its pinholes are filled, and it passes with Euler
    number 0 and eccentricity below the limit (both of the wall itself, 8-connected). A failed shape is replaced by
    that one of the slice's passed shapes (the four of most typical size compete) which overlaps it best once an
    affine transform (shift, and stretch of 0.8-1.25) has aligned the two; where nothing useful was found, by the
    most typical one at the slice's median position. Cavity and right ventricle go along. Without a passed shape in
    the slice the image is excluded.

    Parameters
    ----------
    stack : labels (slice, time, row, column)
    present : (slice, time) False where there is no image
    eccentricity_limit : 0.65 in the paper
    pinhole_pixels : largest hole without cavity label that is filled before the check (ours)
    reach_pixels : how far, per axis, a replaced shape may lie from the slice's median position (ours)

    Returns
    -------
    RefinedSegmentation

    Raises
    ------
    InputError
        ``present`` of another shape than the labels
    """
    labels = stack.labels
    if present.shape != labels.shape[:2]:
        raise InputError(f"present must have shape {labels.shape[:2]} (slice, time); found {present.shape}")
    out = np.zeros(labels.shape, dtype=np.uint8)
    outcome = np.full(present.shape, ImageOutcome.MISSING, dtype=np.uint8)
    donor = np.full(present.shape, -1, dtype=np.int16)
    for s in range(labels.shape[0]):
        shapes = {int(t): heart_shape(labels[s, t], pinhole_pixels) for t in np.flatnonzero(present[s])}
        passed = {t: shape for t, shape in shapes.items() if shape.passes(eccentricity_limit)}
        for t, shape in shapes.items():
            if t in passed:
                outcome[s, t] = ImageOutcome.PASSED
                out[s, t] = shape.labels()
                continue
            outcome[s, t] = ImageOutcome.EXCLUDED
            replaced = _replacement(t, shape, passed, eccentricity_limit, reach_pixels)
            if replaced is not None:
                outcome[s, t] = ImageOutcome.REPLACED
                donor[s, t] = replaced[0]
                out[s, t] = replaced[1].labels()
    return RefinedSegmentation(stack.kind, out, outcome, donor)


def refinement_rate(refined: RefinedSegmentation) -> float:
    """Return the share of images whose shape was replaced; NaN where there is no image (Zhu 2020, Table 2)."""
    n_images = np.count_nonzero(refined.outcome != ImageOutcome.MISSING)
    n_replaced = np.count_nonzero(refined.outcome == ImageOutcome.REPLACED)
    return n_replaced / n_images if n_images else float("nan")


def _replacement(
    time: int, target: HeartShape, passed: dict[int, HeartShape], eccentricity_limit: float, reach_pixels: float
) -> tuple[int, HeartShape] | None:
    """Donor's time index and its settled shape; None where no donor fits into the image."""
    if not passed:
        return None
    typical = _distance_from_typical(passed)
    centres = np.stack([centre_of(shape) for shape in passed.values()])
    home = np.median(centres, axis=0)
    donors = sorted(passed, key=lambda t: (typical[t], abs(t - time), t))[:_MOST_DONORS]
    placements = {t: place(passed[t], target, home, reach_pixels) for t in donors}
    # Best overlap first; among equals (nothing was found) the most typical shape, then the nearest in time.
    ranked = sorted(donors, key=lambda t: (-round(placements[t].overlap, 6), typical[t], abs(t - time), t))
    for t in ranked:
        shape = settled(passed[t], placements[t], eccentricity_limit)
        if shape is not None:
            return t, shape
    return None


def _distance_from_typical(shapes: dict[int, HeartShape]) -> dict[int, float]:
    """How far each shape's wall and body areas lie from their medians, as a sum of relative differences."""
    areas = np.array([[np.count_nonzero(s.wall), np.count_nonzero(s.body)] for s in shapes.values()], dtype=np.float64)
    spread = np.abs(areas / np.median(areas, axis=0) - 1.0).sum(axis=1)
    return {t: round(float(d), 6) for t, d in zip(shapes, spread, strict=True)}


@dataclass(frozen=True, slots=True)
class HeartShape:
    """The left ventricle of one image after largest object and pinholes.

    Attributes
    ----------
    wall : (row, column) bool, the largest object of the myocardium label; may be empty
    cavity : (row, column) bool, the wall's largest hole; where it has none, the cavity label's largest object
    right_ventricle : (row, column) bool, largest object outside wall and cavity
    euler_number : objects minus holes of the wall; 0 for a closed ring, 1 for an open one
    eccentricity : of the ellipse with the wall's second moments; NaN where there is no wall
    """

    wall: BoolArray
    cavity: BoolArray
    right_ventricle: BoolArray
    euler_number: int
    eccentricity: float

    @property
    def body(self) -> BoolArray:
        """Wall and cavity together."""
        return np.asarray(self.wall | self.cavity, dtype=np.bool_)

    def passes(self, eccentricity_limit: float) -> bool:
        """Whether the wall is one ring, round enough (Zhu 2020, "Processing Pipeline")."""
        return self.euler_number == 0 and self.eccentricity < eccentricity_limit

    def labels(self) -> LabelArray:
        """(row, column) uint8 of ``Label``; the left ventricle goes over the right."""
        out = np.zeros(self.wall.shape, dtype=np.uint8)
        out[self.right_ventricle] = Label.RIGHT_VENTRICLE
        out[self.cavity] = Label.CAVITY
        out[self.wall] = Label.MYOCARDIUM
        return out


def largest_object(mask: BoolArray) -> BoolArray:
    """Return the largest 8-connected object of a mask, the first of equals; empty stays empty."""
    labelled, count = ndimage.label(mask, structure=_EIGHT)
    if count <= 1:
        return mask
    sizes = np.bincount(labelled.ravel())
    sizes[0] = 0
    return np.asarray(labelled == int(sizes.argmax()), dtype=np.bool_)


def eccentricity(mask: BoolArray) -> float:
    """Return the eccentricity of the ellipse with the mask's second central moments; NaN for an empty mask.

    Each pixel counts as a square (1/12 on the diagonal), as in MATLAB's regionprops; scikit-image's counts points.
    """
    if not mask.any():
        return float("nan")
    minor, major = np.linalg.eigvalsh(second_moments(mask))
    return float(np.sqrt(max(0.0, 1.0 - minor / major)))


def second_moments(mask: BoolArray) -> Float64Array:
    """Return the (2, 2) second central moments in (row, column), pixels squared, of a mask that is not empty."""
    points = np.stack(np.nonzero(mask)).astype(np.float64)
    points -= points.mean(axis=1, keepdims=True)
    return np.asarray(points @ points.T / points.shape[1] + np.eye(2) / 12.0, dtype=np.float64)


def heart_shape(labels: LabelArray, pinhole_pixels: int) -> HeartShape:
    """Take one label image apart.

    The wall's holes are its 4-connected background regions that do not reach the outside. A hole of at most
    ``pinhole_pixels`` that holds no cavity label is a speck of the network, not anatomy, and is filled before the
    check. The cavity is the whole largest hole: papillary muscles and specks in it belong to it.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``
    pinhole_pixels : largest hole, in pixels, that is filled
    """
    heart = labels > 0
    box = ndimage.find_objects(heart.astype(np.uint8))
    if not box or box[0] is None:
        empty = np.zeros(labels.shape, dtype=np.bool_)
        return HeartShape(empty, empty, empty, 0, float("nan"))
    rows, columns = box[0]
    part = np.pad(labels[rows, columns], 1)
    wall = largest_object(part == Label.MYOCARDIUM)
    blood = part == Label.CAVITY
    holes, n_holes = _holes(wall)
    real: list[int] = []
    for hole in range(1, n_holes + 1):
        region = holes == hole
        if np.count_nonzero(region) <= pinhole_pixels and not (region & blood).any():
            wall = wall | region
        else:
            real.append(hole)
    if real:
        sizes = [np.count_nonzero(holes == hole) for hole in real]
        cavity = holes == real[int(np.argmax(sizes))]
    else:
        cavity = largest_object(blood)
    outside = (part == Label.RIGHT_VENTRICLE) & ~wall & ~cavity & ~np.isin(holes, real)
    euler = 1 - len(real) if wall.any() else 0
    parts = []
    for mask in (wall, cavity, largest_object(outside)):
        whole = np.zeros(labels.shape, dtype=np.bool_)
        whole[rows, columns] = mask[1:-1, 1:-1]
        parts.append(whole)
    return HeartShape(parts[0], parts[1], parts[2], euler, eccentricity(wall))


def _holes(wall: BoolArray) -> tuple[npt.NDArray[np.int32], int]:
    """Return the holes of a wall that is padded by one pixel: (row, column) labels from 1, and their count."""
    background, _ = ndimage.label(~wall)
    outside = background[0, 0]
    holes, count = ndimage.label((background != outside) & ~wall)
    return np.asarray(holes), int(count)


@dataclass(frozen=True, slots=True)
class Placement:
    """An affine map of donor pixels, x -> target_centre + stretch (x - donor_centre), and how well it fits.

    Attributes
    ----------
    stretch : (2, 2) symmetric, eigenvalues within ``SCALE_RANGE``
    donor_centre, target_centre : (row, column)
    overlap : agreement of the moved donor with the failed shape, mean Dice of wall and of wall plus cavity, 0..1
    """

    stretch: Float64Array
    donor_centre: Float64Array
    target_centre: Float64Array
    overlap: float


def centre_of(shape: HeartShape) -> Float64Array:
    """Centre of mass (row, column) of wall and cavity of a shape that has one."""
    return np.asarray([axis.mean() for axis in np.nonzero(shape.body)], dtype=np.float64)


def place(donor: HeartShape, target: HeartShape, home: Float64Array, reach_pixels: float) -> Placement:
    """Align a passed shape with a failed one.

    The shift is the one at which walls and cavities agree best (cross-correlation, wall on cavity counting against),
    since the centre of mass of a broken ring is not the centre of the heart. Where the failed shape holds a whole
    body (wall and labelled cavity), its second moments give a stretch, which is kept if it improves the overlap.
    What lies further than ``reach_pixels`` from where the slice's passed shapes lie is not this heart: the donor
    then goes home, and so it does for an image in which nothing was found.

    Parameters
    ----------
    donor, target : shapes of one slice; the donor is a closed ring
    home : (row, column) median centre of the slice's passed shapes
    reach_pixels : largest distance of a placed centre from ``home``, per axis
    """
    start = centre_of(donor)
    identity = np.eye(2)
    if not target.body.any():
        return Placement(identity, start, home, 0.0)
    shift = _best_shift(donor, target, home - start, reach_pixels)
    if shift is None:
        return Placement(identity, start, home, 0.0)
    best = Placement(identity, start, start + shift, 0.0)
    best = Placement(identity, start, start + shift, _overlap(moved(donor, best), target))
    stretch = _stretch(donor, target)
    if stretch is not None:
        centre = centre_of(target)
        if (np.abs(centre - home) <= reach_pixels).all():
            trial = Placement(stretch, start, centre, 0.0)
            agreement = _overlap(moved(donor, trial), target)
            if agreement > best.overlap + _STRETCH_GAIN:
                best = Placement(stretch, start, centre, agreement)
    return best


def moved(donor: HeartShape, placement: Placement) -> HeartShape:
    """Return the donor's parts where the placement puts them (linear interpolation, cut at one half)."""
    inverse = np.linalg.inv(placement.stretch)
    offset = placement.donor_centre - inverse @ placement.target_centre

    def warp(mask: BoolArray) -> BoolArray:
        warped = ndimage.affine_transform(mask.astype(np.float32), inverse, offset=offset, order=1)
        return np.asarray(warped >= 0.5, dtype=np.bool_)

    body, cavity = warp(donor.body), warp(donor.cavity)
    wall = body & ~cavity
    ventricle = warp(donor.right_ventricle) & ~body if donor.right_ventricle.any() else donor.right_ventricle
    return HeartShape(wall, cavity & body, ventricle, donor.euler_number, eccentricity(wall))


def settled(donor: HeartShape, placement: Placement, eccentricity_limit: float) -> HeartShape | None:
    """Return the moved donor as a shape that passes the check again; None where it cannot.

    A stretch may break a thin wall; a shift by whole pixels cannot, so that is the second try. None is left for
    a heart pushed over the image's edge.
    """
    whole = np.round(placement.target_centre - placement.donor_centre)
    plain = Placement(np.eye(2), placement.donor_centre, placement.donor_centre + whole, placement.overlap)
    for trial in (placement, plain):
        shape = heart_shape(moved(donor, trial).labels(), pinhole_pixels=0)
        cut = shape.body[[0, -1], :].any() or shape.body[:, [0, -1]].any()
        if not cut and shape.passes(eccentricity_limit):
            return shape
    return None


def _overlap(one: HeartShape, other: HeartShape) -> float:
    return 0.5 * (_dice(one.wall, other.wall) + _dice(one.body, other.body))


def _dice(one: BoolArray, other: BoolArray) -> float:
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2.0 * np.count_nonzero(one & other) / total if total else 0.0


def _best_shift(
    donor: HeartShape, target: HeartShape, homeward: Float64Array, reach_pixels: float
) -> Float64Array | None:
    """Whole-pixel shift of greatest agreement within reach of home; None where nothing there agrees."""
    # Wall counts 1 and cavity -1: like on like adds, wall on cavity takes away.
    pattern = donor.wall.astype(np.float32) - donor.cavity
    found = target.wall.astype(np.float32) - target.cavity
    box = ndimage.find_objects(donor.body.astype(np.uint8))[0]
    pattern = pattern[box]
    low = np.ceil(homeward - reach_pixels).astype(int)
    high = np.floor(homeward + reach_pixels).astype(int)
    rows, columns = (np.arange(low[a], high[a] + 1) for a in range(2))
    # The part of the failed image that the donor's box can reach; empty beyond the image's border.
    margin = int(max(np.abs(low).max(), np.abs(high).max()))
    reached = np.pad(found, margin)[
        tuple(slice(box[a].start + margin + low[a], box[a].stop + margin + high[a]) for a in range(2))
    ]
    size = [fft.next_fast_len(n, real=True) for n in reached.shape]
    agreement = fft.irfft2(np.conj(fft.rfft2(pattern, s=size)) * fft.rfft2(reached, s=size), s=size)
    window = np.round(agreement[: rows.size, : columns.size], 2)
    if window.max() <= 0:
        return None
    # Among equals (a short arc fits a ring in many places) the shift nearest to home.
    distance = np.hypot(rows[:, None] - homeward[0], columns - homeward[1])
    distance[window < window.max()] = np.inf
    row, column = np.unravel_index(int(distance.argmin()), distance.shape)
    return np.array([rows[row], columns[column]], dtype=np.float64)


def _stretch(donor: HeartShape, target: HeartShape) -> Float64Array | None:
    """Symmetric stretch between the bodies' second moments, eigenvalues clipped; None where they cannot be trusted."""
    if np.count_nonzero(target.cavity) < _LEAST_TRUSTED_PIXELS or np.count_nonzero(target.wall) < _LEAST_TRUSTED_PIXELS:
        return None
    root = _power(second_moments(donor.body), 0.5)
    inverse = _power(second_moments(donor.body), -0.5)
    # The symmetric map S with S M_donor S = M_target.
    stretch = inverse @ _power(root @ second_moments(target.body) @ root, 0.5) @ inverse
    values, vectors = np.linalg.eigh(stretch)
    return np.asarray((vectors * np.clip(values, *SCALE_RANGE)) @ vectors.T, dtype=np.float64)


def _power(matrix: Float64Array, exponent: float) -> Float64Array:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * values**exponent) @ vectors.T, dtype=np.float64)
