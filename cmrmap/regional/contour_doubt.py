"""How likely a contour is off in each AHA segment."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import FloatArray
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.regional_values import SliceLevel
from cmrmap.regional.aha import segments_of_angles


def doubt_by_segment(
    border_doubt: FloatArray,
    anterior_rad: float,
    inferior_rad: float,
    level: SliceLevel | None,
    geometry: SliceGeometry,
) -> dict[int, float]:
    """Return for each AHA segment of a slice how likely its endocardium or epicardium lies more than 3 mm off.

    Parameters
    ----------
    border_doubt : (border, angle) probability; angles from the +column axis towards +row, in mm
    anterior_rad, inferior_rad : image angles of the insertion points; NaN where not known
    level : of the slice; None where not known
    geometry : of the slice

    Returns
    -------
    segment (1-16) to the larger of the two borders' means over the segment's angles; empty where nothing is known
    """
    if level is None or not np.isfinite(border_doubt).all():
        return {}
    in_plane = np.arange(border_doubt.shape[1]) * (2 * np.pi / border_doubt.shape[1])
    row_spacing, column_spacing = geometry.pixel_spacing_mm
    angles = np.arctan2(np.sin(in_plane) / row_spacing, np.cos(in_plane) / column_spacing)
    segments = segments_of_angles(angles, anterior_rad, inferior_rad, level, geometry)
    return {
        int(aha): float(border_doubt[:, segments == aha].mean(axis=1).max())
        for aha in np.unique(segments[segments > 0])
    }
