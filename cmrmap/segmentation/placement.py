"""A passed shape brought into the place of a failed one by an affine transform (Zhu 2020, "Processing Pipeline")."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.segmentation.shape import HeartShape, dice, eccentricity, heart_shape, second_moments

SCALE_RANGE = (0.8, 1.25)

_STRETCH_GAIN = 0.02  # overlap that a change of size must win over a plain shift
_LEAST_TRUSTED_PIXELS = 20


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
    aspect = donor.pixel_aspect
    return HeartShape(wall, cavity & body, ventricle, donor.euler_number, eccentricity(wall, aspect), aspect)


def settled(donor: HeartShape, placement: Placement, eccentricity_limit: float) -> HeartShape | None:
    """Return the moved donor as a shape that passes the check again; None where it cannot.

    A stretch may break a thin wall; a shift by whole pixels cannot, so that is the second try. None is left for
    a heart pushed over the image's edge.
    """
    whole = np.round(placement.target_centre - placement.donor_centre)
    plain = Placement(np.eye(2), placement.donor_centre, placement.donor_centre + whole, placement.overlap)
    for trial in (placement, plain):
        shape = heart_shape(moved(donor, trial).labels(), 0, donor.pixel_aspect)
        cut = shape.body[[0, -1], :].any() or shape.body[:, [0, -1]].any()
        if not cut and shape.passes(eccentricity_limit):
            return shape
    return None


def _overlap(one: HeartShape, other: HeartShape) -> float:
    # two that are empty do not agree on a place
    return float(np.nan_to_num([dice(one.wall, other.wall), dice(one.body, other.body)]).mean())


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
