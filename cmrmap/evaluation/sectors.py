"""Sectors of a slice: which AHA segment each ray lies in, the same for whoever drew, and means over them.

Reference masks seldom hold a right ventricle, so the insertion points are those that the application finds in the
labels of the network that is measured; levels follow from the reader's outlines. Where it finds none, or the images
came without their place in the patient, sectors are six equal parts of the circle by the angle in the image.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.core.regional_values import SliceLevel
from cmrmap.core.stack import WeightedStack
from cmrmap.regional import InsertionPoints, apex_direction, assign_levels, find_insertion_points
from cmrmap.regional.aha import SEGMENT_NAMES, segments_of_angles

_EQUAL_PARTS = 6
_MOST = 0.5  # of a sector's rays that must have a value


@dataclass(frozen=True, slots=True)
class Sectors:
    """The sectors of one slice.

    Attributes
    ----------
    level : by the reader's outlines, in the order of the stack
    names : of the sectors
    of_ray : (ray,) index into ``names``
    """

    level: SliceLevel
    names: tuple[str, ...]
    of_ray: IntArray

    def means(self, values: Float64Array) -> Float64Array:
        """(..., sector) mean over the rays of each sector; NaN where less than half of its rays have a value.

        ``values`` : (..., ray)
        """
        out = np.full((*values.shape[:-1], len(self.names)), np.nan)
        for index in range(len(self.names)):
            inside = values[..., self.of_ray == index]
            known = np.isfinite(inside).sum(axis=-1)
            enough = (known > 0) & (known >= _MOST * inside.shape[-1])
            total = np.nansum(inside, axis=-1)
            out[..., index] = np.divide(total, known, out=np.full(known.shape, np.nan), where=enough)
        return out

    def any(self, values: BoolArray) -> BoolArray:
        """(..., sector) whether it holds for a ray of the sector; ``values`` : (..., ray)."""
        parts = [values[..., self.of_ray == index].any(axis=-1) for index in range(len(self.names))]
        return np.stack(parts, axis=-1)


def insertion_points(stack: WeightedStack, labels: LabelArray) -> InsertionPoints:
    """Find the insertion points in what the network drew, (slice, time, row, column) of ``Label``."""
    usable = (labels == Label.MYOCARDIUM).any(axis=(2, 3))
    return find_insertion_points(labels, usable, stack.geometry, apex=apex_direction(stack.geometry))


def reader_levels(masks: LabelArray, pixel_areas_mm2: Sequence[float]) -> tuple[SliceLevel, ...]:
    """Return the level of every slice by the size of the ventricle in ``masks``, (slice, time, row, column)."""
    counts = ((masks == Label.MYOCARDIUM) | (masks == Label.CAVITY)).sum(axis=(2, 3)).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of slices in which the reader drew nothing
        areas = np.nanmedian(np.where(counts > 0, counts, np.nan), axis=1) * np.asarray(pixel_areas_mm2)
    return assign_levels(areas).levels


def sectors_of(
    middles_rad: Float64Array,
    level: SliceLevel,
    points: InsertionPoints | None,
    stack: WeightedStack | None,
    index: int,
) -> Sectors:
    """Return the sectors of one slice.

    Parameters
    ----------
    middles_rad : (ray,) image angles of the rays
    level : of the slice
    points : of the stack; None: not known
    stack : for the geometry; None: not known
    index : of the slice
    """
    if points is not None and stack is not None and np.isfinite(points.anterior_rad[index]):
        ends = float(points.anterior_rad[index]), float(points.inferior_rad[index])
        segments = segments_of_angles(middles_rad, *ends, level, stack.geometry[index])
        numbers = sorted(set(segments.tolist()))
        names = tuple(SEGMENT_NAMES[number] for number in numbers)
        return Sectors(level, names, np.searchsorted(numbers, segments))
    width = 360 // _EQUAL_PARTS
    # from the +column axis (right) towards +row (down)
    names = tuple(f"image {width * part}-{width * (part + 1)} deg" for part in range(_EQUAL_PARTS))
    return Sectors(level, names, (np.mod(middles_rad, 2 * np.pi) * _EQUAL_PARTS / (2 * np.pi)).astype(np.intp))
