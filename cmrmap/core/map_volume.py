"""A finished map as the writers need it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray, frozen
from cmrmap.core.field_map import FieldMap
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import Unchanging


@dataclass(frozen=True, slots=True)
class MapVolume(Unchanging):
    """A finished map as the writers need it: values and regions on slices in the patient.

    Attributes
    ----------
    kind : which map
    values : (slice, row, column) in ``kind.unit``; NaN outside the wall and where a pixel has no value
    sd : the same shape, or None
    myocardium, blood_pool : (slice, row, column) bool
    aha : (slice, row, column) uint8, AHA segment 1-16; 0 = none
    geometry : one per slice
    source_uids : per slice, the SOP instance UIDs of every image that entered the slice's fit; first the one whose
        pixels the map lies on
    model : how it was made, e.g. "stone_2p"
    by_reader : per slice whether a reader outlined it; empty: nobody did
    field : the map as it is shown, the wall and what lies around it; None: as ``values``

    Raises
    ------
    ValueError
        shapes that do not match
    """

    kind: MapKind
    values: Float64Array
    sd: Float64Array | None
    myocardium: BoolArray
    blood_pool: BoolArray
    aha: LabelArray
    geometry: tuple[SliceGeometry, ...]
    source_uids: tuple[tuple[str, ...], ...]
    model: str
    by_reader: tuple[bool, ...] = ()
    field: FieldMap | None = None

    def __post_init__(self) -> None:
        kinds = {"myocardium": np.bool_, "blood_pool": np.bool_, "aha": np.uint8}
        for name in ("values", "sd", "myocardium", "blood_pool", "aha"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, frozen(getattr(self, name), kinds.get(name, np.float64)))
        shape = self.values.shape
        if len(shape) != 3:
            raise ValueError(f"values must have axes (slice, row, column); found {len(shape)} axes")
        for name in ("sd", "myocardium", "blood_pool", "aha"):
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise ValueError(f"{name} must have the shape of values {shape}; found {array.shape}")
        if len(self.geometry) != shape[0] or len(self.source_uids) != shape[0]:
            raise ValueError(f"geometry and source_uids must have one entry per slice ({shape[0]})")
        if len(self.by_reader) not in (0, shape[0]):
            raise ValueError(f"by_reader must have one entry per slice ({shape[0]}), or none")
        if self.field is not None and self.field.values.shape != shape:
            raise ValueError(f"field must have the shape of values {shape}; found {self.field.values.shape}")

    @property
    def shown_values(self) -> Float64Array:
        """(slice, row, column) what map series and parametric maps hold; NaN where there is no value."""
        return self.values if self.field is None else self.field.values

    @property
    def shown_wall(self) -> Float64Array:
        """(slice, row, column) the wall's values as map series hold them; NaN outside it and where there is none."""
        return np.where(np.isfinite(self.shown_values), self.values, np.nan)

    @property
    def shown_wall_sd(self) -> Float64Array | None:
        """(slice, row, column) standard deviation of ``shown_wall``, NaN as there; None where it is not known."""
        return None if self.sd is None else np.where(np.isfinite(self.shown_values), self.sd, np.nan)

    @property
    def shown_sd(self) -> Float64Array | None:
        """(slice, row, column) standard deviation of the shown values, NaN as there; None where it is not known."""
        return self.sd if self.field is None or self.sd is None else self.field.sd
