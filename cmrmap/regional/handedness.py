"""Whether septum, anterior wall and apex lie as in a usual heart, or as in its mirror image.

Images are mirrored if the orientation in the header is not that of the pixels. The mean of the map is then right, but
septal and lateral segments are exchanged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.heart_axis import base_to_apex
from cmrmap.regional.circle import patient_direction, patient_way, wrapped
from cmrmap.regional.insertion_points import InsertionPoints, PointSource


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
        apex, is_known = base_to_apex(plane)
        if source not in (PointSource.MEASURED, PointSource.MANUAL) or not is_known:
            continue
        anterior, inferior = float(points.anterior_rad[index]), float(points.inferior_rad[index])
        septum = anterior + float(wrapped(inferior - anterior)) / 2
        frame = np.cross(patient_direction(septum, plane), apex)
        out[index] = float(patient_way(inferior, anterior, plane) @ frame)
    return out
