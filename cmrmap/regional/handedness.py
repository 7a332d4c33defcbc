"""Whether septum, anterior wall and apex lie as in a usual heart, or as in its mirror image.

Images are mirrored if the orientation in the header is not that of the pixels. The mean of the map is then right, but
septal and lateral segments are exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.regional.circle import patient_direction, patient_way, wrapped
from cmrmap.regional.landmarks import InsertionPoints, PointSource

#: from base to apex in LPS: to the left and forward; the downward part does not help to distinguish base from apex
_TOWARDS_APEX = np.array([1.0, -1.0, 0.0]) / np.sqrt(2.0)
#: axis of a usual left ventricle in LPS, base to apex: to the left, forward and down
LONG_AXIS = np.array([0.68, -0.55, -0.48]) / np.linalg.norm([0.68, -0.55, -0.48])
_DECISIVE = (
    0.2  # cosine between the slices' normal and that direction: below it, the plane does not show where the apex is
)


def long_axis_deg(geometry: SliceGeometry) -> float:
    """Return the angle between a slice's normal and the axis of a usual left ventricle, 0-90 degrees.

    Parameters
    ----------
    geometry : of the slice
    """
    return float(np.rad2deg(np.arccos(min(1.0, abs(float(geometry.normal @ LONG_AXIS))))))


def handedness(points: InsertionPoints, geometry: Sequence[SliceGeometry]) -> Float64Array:
    """Return how right-handed the frame of septum, anterior wall and apex is.

    Parameters
    ----------
    points : of the slices
    geometry : of the slices

    Returns
    -------
    (slice,) triple product of the three directions: near 1 in a heart in its usual position (apex to the left), near -1
    in its mirror image; NaN for slices without insertion points of their own, and for planes that do not show where the
    apex is
    """
    out = np.full(len(geometry), np.nan)
    for index, (plane, source) in enumerate(zip(geometry, points.source, strict=True)):
        along = float(plane.normal @ _TOWARDS_APEX)
        if source not in (PointSource.MEASURED, PointSource.MANUAL) or abs(along) < _DECISIVE:
            continue
        anterior, inferior = float(points.anterior_rad[index]), float(points.inferior_rad[index])
        septum = anterior + float(wrapped(inferior - anterior)) / 2
        frame = np.cross(patient_direction(septum, plane), np.sign(along) * plane.normal)
        out[index] = float(patient_way(inferior, anterior, plane) @ frame)
    return out
