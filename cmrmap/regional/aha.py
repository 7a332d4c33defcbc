"""The AHA 16-segment model on pixels and angles (Cerqueira, Circulation 2002;105:539).

The septum spans the arc between the insertion points. Basal and mid: its anterior half is anteroseptal, its inferior
half inferoseptal, and the free wall is cut into four equal parts, inferior, inferolateral, anterolateral, anterior.
Apical: four quarters of 90 degrees, the septal one centred on the middle of the septum. The sense of rotation follows
from the two insertion points and never from how the image happens to lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.regional_values import SliceLevel
from cmrmap.regional.circle import in_millimetres, wrapped
from cmrmap.regional.insertion_points import InsertionPoints

_WALLS = ("anterior", "anteroseptal", "inferoseptal", "inferior", "inferolateral", "anterolateral")
APICAL_SEGMENTS = (13, 14, 15, 16)
"""AHA numbers of the four segments of an apical slice."""
SEGMENT_NAMES = MappingProxyType(
    {i + 1: f"basal {wall}" for i, wall in enumerate(_WALLS)}
    | {i + 7: f"mid {wall}" for i, wall in enumerate(_WALLS)}
    | {13: "apical anterior", 14: "apical septal", 15: "apical inferior", 16: "apical lateral"}
)
"""Names of the segments by their AHA number, 1-16 (Cerqueira 2002, figure 4)."""


def segments_of_angles(
    angles_rad: Float64Array,
    anterior_rad: float,
    inferior_rad: float,
    level: SliceLevel,
    geometry: SliceGeometry | None = None,
) -> LabelArray:
    """Return the AHA segment of every direction.

    Parameters
    ----------
    angles_rad : any shape, image angles about the left ventricle's centre, from +column axis towards +row
    anterior_rad, inferior_rad : image angles of the insertion points; the septum is the shorter arc between them
    level : of the slice
    geometry : for pixels that are not square; None: they are

    Returns
    -------
    uint8 of the same shape, 1-16; all 0 where an insertion point is NaN

    Examples
    --------
    >>> import numpy as np
    >>> from cmrmap.core.regional_values import SliceLevel
    >>> directions = np.radians([-160.0, 160.0, 0.0])
    >>> segments_of_angles(directions, np.radians(-120.0), np.radians(120.0), SliceLevel.MID)
    array([ 8,  9, 12], dtype=uint8)
    """
    angles = np.asarray(angles_rad, dtype=np.float64)
    if not (np.isfinite(anterior_rad) and np.isfinite(inferior_rad)):
        return np.zeros(angles.shape, dtype=np.uint8)
    ends = np.array([anterior_rad, inferior_rad], dtype=np.float64)
    if geometry is not None:
        angles, ends = in_millimetres(angles, geometry), in_millimetres(ends, geometry)
    septum = float(wrapped(ends[1] - ends[0]))
    sense = 1.0 if septum >= 0 else -1.0
    septum = abs(septum)
    # How far round from the anterior insertion point, going over the septum.
    way = np.mod((angles - ends[0]) * sense, 2 * np.pi)
    if level is SliceLevel.APICAL:
        # Septal quarter first (14), then on over inferior (15) and lateral (16) to anterior (13).
        quarter = np.mod(way - (septum / 2 - np.pi / 4), 2 * np.pi) // (np.pi / 2)
        order = np.array([14, 15, 16, 13], dtype=np.uint8)
        return np.asarray(order[np.minimum(quarter.astype(np.intp), 3)], dtype=np.uint8)
    free = 2 * np.pi - septum
    in_septum = np.where(way < septum / 2, 2, 3)
    part = np.minimum(np.floor((way - septum) / (free / 4)), 3).astype(np.intp)
    in_free_wall = np.array([4, 5, 6, 1])[np.maximum(part, 0)]
    segment = np.where(way < septum, in_septum, in_free_wall)
    return np.asarray(segment + (6 if level is SliceLevel.MID else 0), dtype=np.uint8)


def aha_map(
    wall: BoolArray,
    centres: Float64Array,
    points: InsertionPoints,
    levels: Sequence[SliceLevel | None],
    geometry: Sequence[SliceGeometry],
) -> LabelArray:
    """Give every pixel of the wall its AHA segment.

    Parameters
    ----------
    wall : (slice, row, column) the myocardium of the reference images
    centres : (slice, 2) row, column of each reference image's centre; NaN where there is none
    points : insertion points
    levels, geometry : one per slice

    Returns
    -------
    (slice, row, column) uint8, 1-16; 0 outside the wall and in slices without level, centre or insertion points

    Raises
    ------
    InputError
        slices that do not match
    """
    n_slices = wall.shape[0]
    if not (len(centres) == len(levels) == len(geometry) == len(points.source) == n_slices):
        raise InputError(
            f"centres, insertion points, levels and geometry must have {n_slices} slices; found {len(centres)}, "
            f"{len(points.source)}, {len(levels)}, {len(geometry)}"
        )
    out = np.zeros(wall.shape, dtype=np.uint8)
    for s, level in enumerate(levels):
        if level is None or not np.isfinite(centres[s]).all():
            continue
        rows, columns = np.nonzero(wall[s])
        angles = np.arctan2(rows - centres[s][0], columns - centres[s][1])
        out[s, rows, columns] = segments_of_angles(
            angles, float(points.anterior_rad[s]), float(points.inferior_rad[s]), level, geometry[s]
        )
    return out
