"""Every image's myocardium on one (angle, depth) grid."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, check_shapes, frozen
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import Unchanging

_MID_WALL = (0.25, 0.75)


@dataclass(frozen=True, slots=True)
class PolarStack(Unchanging):
    """Every image's myocardium on one (angle, depth) grid about its own centre of mass.

    The same tissue lands on the same cell in every image: this is the motion correction (Fahmy, JCMR 2019;21:7).

    Attributes
    ----------
    kind : map that the images are for
    signals : (slice, time, angle, depth) float64; NaN where the image is not usable
    rows, columns : (slice, time, angle, depth) float64 pixel coordinates that were sampled: the way back
    centres : (slice, time, 2) row, column of each image's centre of mass
    inner_radius, outer_radius : (slice, time, angle) pixels along the ray
    angles_rad : (angle,) in the plane of the patient, from the image's +column axis towards +row; cell centres
    depths : (depth,) 0 = endocardium, 1 = epicardium; cell centres
    pixel_aspect : (slice,) row spacing over column spacing, by which angles in the patient and in pixels differ

    Raises
    ------
    ValueError
        shapes that do not match
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
        for item in fields(self):
            if item.name != "kind":
                object.__setattr__(self, item.name, frozen(getattr(self, item.name), np.float64))
        if self.signals.ndim != 4:
            raise ValueError(f"signals must have axes (slice, time, angle, depth); found {self.signals.ndim} axes")
        n_slices, n_times, n_angles, n_depths = whole = self.signals.shape
        check_shapes(
            "polar stack",
            rows=(self.rows, whole),
            columns=(self.columns, whole),
            centres=(self.centres, (n_slices, n_times, 2)),
            inner_radius=(self.inner_radius, (n_slices, n_times, n_angles)),
            outer_radius=(self.outer_radius, (n_slices, n_times, n_angles)),
            angles_rad=(self.angles_rad, (n_angles,)),
            depths=(self.depths, (n_depths,)),
            pixel_aspect=(self.pixel_aspect, (n_slices,)),
        )

    @property
    def mid_wall(self) -> BoolArray:
        """(depth,) True away from the borders, which also carry partial volume and motion."""
        return np.asarray((self.depths >= _MID_WALL[0]) & (self.depths <= _MID_WALL[1]), dtype=np.bool_)
