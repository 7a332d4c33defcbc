"""Every image's myocardium on one (angle, depth) grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, readonly
from cmrmap.core.map_specs import MapKind

_MID_WALL = (0.25, 0.75)


@dataclass(frozen=True, slots=True)
class PolarStack:
    """Every image's myocardium on one (angle, depth) grid about its own centre of mass.

    The same tissue lands on the same cell in every image: this is the motion correction (Fahmy, JCMR 2019;21:7).

    Attributes
    ----------
    signals : (slice, time, angle, depth) float64; NaN where the image is not usable
    rows, columns : (slice, time, angle, depth) float64 pixel coordinates that were sampled: the way back
    centres : (slice, time, 2) row, column of each image's centre of mass
    inner_radius, outer_radius : (slice, time, angle) pixels along the ray
    angles_rad : (angle,) in the plane of the patient, from the image's +column axis towards +row; cell centres
    depths : (depth,) 0 = endocardium, 1 = epicardium; cell centres
    pixel_aspect : (slice,) row spacing over column spacing, by which angles in the patient and in pixels differ
    """

    kind: MapKind
    signals: Float64Array
    rows: Float64Array
    columns: Float64Array
    centres: Float64Array
    inner_radius: Float64Array
    outer_radius: Float64Array
    angles_rad: Float64Array
    depths: Float64Array
    pixel_aspect: Float64Array

    def __post_init__(self) -> None:
        for name in (
            "signals",
            "rows",
            "columns",
            "centres",
            "inner_radius",
            "outer_radius",
            "angles_rad",
            "depths",
            "pixel_aspect",
        ):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64))

    @property
    def mid_wall(self) -> BoolArray:
        """(depth,) True away from the borders, which also carry partial volume and motion."""
        return np.asarray((self.depths >= _MID_WALL[0]) & (self.depths <= _MID_WALL[1]), dtype=np.bool_)
