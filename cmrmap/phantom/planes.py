"""Where the phantom's slices lie in the patient."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.phantom.anatomy import MATRIX, AnatomyParameters

# Short-axis planes in the patient (LPS): the LV points to the left, front and feet; rows go down, columns to left-back
_BASE_TO_APEX = np.array([0.68, -0.55, -0.48]) / np.linalg.norm([0.68, -0.55, -0.48])
_LV_CENTRE_LPS_MM = np.array([45.0, -35.0, 10.0])


def slice_geometry(anatomy: AnatomyParameters) -> tuple[SliceGeometry, ...]:
    """Place of every slice in the patient: parallel short-axis planes, base to apex, shared by all series."""
    normal = -_BASE_TO_APEX  # into the screen: the view is from the apex
    down = np.array([0.0, 0.0, -1.0])
    down -= (down @ normal) * normal
    down /= np.linalg.norm(down)
    right = np.cross(down, normal)
    half = anatomy.pixel_mm * (MATRIX - 1) / 2
    middle = (len(anatomy.heart) - 1) / 2
    places = []
    for index in range(len(anatomy.heart)):
        centre = _LV_CENTRE_LPS_MM + (index - middle) * anatomy.slice_spacing_mm * _BASE_TO_APEX
        corner = centre - half * (right + down)
        places.append(
            SliceGeometry(
                position_mm=_triple(corner),
                row_cosines=_triple(right),
                column_cosines=_triple(down),
                pixel_spacing_mm=(anatomy.pixel_mm, anatomy.pixel_mm),
                slice_thickness_mm=anatomy.slice_thickness_mm,
            )
        )
    return tuple(places)


def _triple(vector: Float64Array) -> tuple[float, float, float]:
    x, y, z = (round(float(value), 9) for value in vector)
    return x, y, z
