"""How the long axis of a usual left ventricle lies in the patient: from base to apex to the left, forward and down."""

from __future__ import annotations

import math

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry

#: unit vector from base to apex, LPS
LONG_AXIS = np.array([0.68, -0.55, -0.48]) / np.linalg.norm([0.68, -0.55, -0.48])
#: the part of it that tells the apex from the base in every heart: left and anterior
_TOWARDS_APEX = np.array([1.0, -1.0, 0.0]) / math.sqrt(2.0)
_LEAST_DECISIVE = 0.2  # |cosine| between the normal and left-anterior


def long_axis_deg(geometry: SliceGeometry) -> float:
    """Return the angle between a slice's normal and the long axis of a usual left ventricle, 0-90 degrees.

    Parameters
    ----------
    geometry : of the slice
    """
    return float(np.rad2deg(np.arccos(min(1.0, abs(float(geometry.normal @ LONG_AXIS))))))


def base_to_apex(geometry: SliceGeometry) -> tuple[Float64Array, bool]:
    """Return the unit normal turned from base to apex, and whether the direction is known.

    The apex lies to the left and front of the base in the patient (+x, -y in LPS). Where the normal hardly has such
    a component (a transverse stack) the direction is not known and the normal is returned as it is, so that slices
    keep ascending position along it.
    """
    normal = geometry.normal
    along = float(normal @ _TOWARDS_APEX)
    if abs(along) < _LEAST_DECISIVE:
        return normal, False
    return (normal if along > 0.0 else -normal), True
