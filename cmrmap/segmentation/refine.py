"""Largest object, shape check and affine replacement (Zhu 2020, "Processing Pipeline")."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import ImageOutcome, RefinedSegmentation, SegmentationStack
from cmrmap.segmentation.placement import centre_of, place, settled
from cmrmap.segmentation.shape import HeartShape, heart_shape

ECCENTRICITY_LIMIT = 0.65
PINHOLE_PIXELS = 5
REACH_PIXELS = 20.0
ATYPICAL_DROP = 0.1
_MOST_DONORS = 4
_FEWEST_TO_COMPARE = 4


@remembered
def refine_segmentation(
    stack: SegmentationStack,
    present: BoolArray,
    *,
    eccentricity_limit: float = ECCENTRICITY_LIMIT,
    pinhole_pixels: int = PINHOLE_PIXELS,
    reach_pixels: float = REACH_PIXELS,
    atypical_drop: float = ATYPICAL_DROP,
    pixel_aspect: Float64Array | None = None,
) -> RefinedSegmentation:
    """Make one ring of every image's labels, or take it from a better image of the same slice, or leave it out.

    Per image the largest object of the myocardium label is kept, its pinholes are filled, and it passes with Euler
    number 0 and eccentricity below the limit (both of the wall itself, 8-connected). Ours: it fails as well where it
    does not resemble the slice's other shapes, since one heart is in all of them. A failed shape is replaced by
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
    atypical_drop : a wall fails whose median Dice with the slice's other walls, centres aligned, lies this far below
        the slice's median (ours); 1 switches the check off
    pixel_aspect : (slice,) row spacing over column spacing; None: pixels are square

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
    aspects = np.ones(labels.shape[0]) if pixel_aspect is None else pixel_aspect
    for s, aspect in enumerate(aspects):
        shapes = {int(t): heart_shape(labels[s, t], pinhole_pixels, float(aspect)) for t in np.flatnonzero(present[s])}
        passed = {t: shape for t, shape in shapes.items() if shape.passes(eccentricity_limit)}
        odd = atypical(passed, atypical_drop)
        passed = {t: shape for t, shape in passed.items() if t not in odd}
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
    return RefinedSegmentation(
        stack.kind, out, outcome, donor, stack.confidence, stack.heart_probability, stack.border_doubt
    )


def atypical(shapes: dict[int, HeartShape], drop: float = ATYPICAL_DROP) -> frozenset[int]:
    """Return the times whose wall does not resemble those of the slice's other images.

    Walls are compared with their bodies' centres on one pixel. Fewer than four shapes cannot tell which one is odd.
    """
    if len(shapes) < _FEWEST_TO_COMPARE:
        return frozenset()
    times = list(shapes)
    half = max(int(np.ceil(np.sqrt(np.count_nonzero(shapes[t].body)))) for t in times)
    walls = np.zeros((len(times), 2 * half + 1, 2 * half + 1), dtype=np.float32)
    for wall, t in zip(walls, times, strict=True):
        rows, columns = np.nonzero(shapes[t].wall)
        row, column = np.rint(centre_of(shapes[t])).astype(np.intp)
        near = (np.abs(rows - row) <= half) & (np.abs(columns - column) <= half)
        wall[rows[near] - row + half, columns[near] - column + half] = 1.0
    flat = walls.reshape(len(times), -1)
    areas = flat.sum(axis=1)
    dice = 2 * (flat @ flat.T) / (areas[:, None] + areas[None, :])
    np.fill_diagonal(dice, np.nan)
    resemblance = np.nanmedian(dice, axis=1)
    odd = resemblance < np.median(resemblance) - drop
    return frozenset(t for t, is_odd in zip(times, odd, strict=True) if is_odd)


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
