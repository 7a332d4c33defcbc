"""The slices of a map that are written: those that hold at least one value, with what describes each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from cmrmap.core.errors import GeometryError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume

_SAME_DIRECTION = 1e-4


@dataclass(frozen=True, slots=True)
class KindText:
    """How one map is named and shown.

    Attributes
    ----------
    name : in series descriptions
    image_type : value 3 of ImageType
    label : content label, upper case, at most 16 characters
    series_base : first of the series numbers of this map's objects
    stored_step : map units per stored integer of the classic map series
    window : (centre, width) in map units
    """

    name: str
    image_type: str
    label: str
    series_base: int
    stored_step: float
    window: tuple[float, float]


KIND_TEXT: Mapping[MapKind, KindText] = MappingProxyType(
    {
        MapKind.T2: KindText("T2", "T2 MAP", "T2_MAP", 9100, 0.1, (60.0, 120.0)),
        MapKind.NATIVE_T1: KindText("native T1", "T1 MAP", "NATIVE_T1_MAP", 9200, 1.0, (1100.0, 1400.0)),
        MapKind.POSTCONTRAST_T1: KindText("post-contrast T1", "T1 MAP", "POST_T1_MAP", 9300, 1.0, (500.0, 800.0)),
        MapKind.ECV: KindText("ECV", "ECV MAP", "ECV_MAP", 9400, 0.1, (35.0, 70.0)),
    }
)

#: The standard deviation of every map's values, in a series of its own.
SD_TEXT: Mapping[MapKind, KindText] = MappingProxyType(
    {
        MapKind.T2: KindText("SD of T2", "T2 SD MAP", "T2_SD", 9100, 0.01, (5.0, 10.0)),
        MapKind.NATIVE_T1: KindText("SD of native T1", "T1 SD MAP", "NATIVE_T1_SD", 9200, 0.1, (50.0, 100.0)),
        MapKind.POSTCONTRAST_T1: KindText("SD of post-contrast T1", "T1 SD MAP", "POST_T1_SD", 9300, 0.1, (25.0, 50.0)),
        MapKind.ECV: KindText("SD of ECV", "ECV SD MAP", "ECV_SD", 9400, 0.01, (2.5, 5.0)),
    }
)


def written_slices(volume: MapVolume) -> tuple[int, ...]:
    """Return the indices of the slices that hold at least one finite value.

    Raises
    ------
    GeometryError
        the written slices differ in orientation or pixel spacing, which one object cannot hold
    """
    kept = tuple(int(index) for index in np.flatnonzero(np.isfinite(volume.values).any(axis=(1, 2))))
    for index in kept[1:]:
        one, other = volume.geometry[kept[0]], volume.geometry[index]
        pairs = (
            (one.row_cosines, other.row_cosines),
            (one.column_cosines, other.column_cosines),
            (one.pixel_spacing_mm, other.pixel_spacing_mm),
        )
        if any(not np.allclose(a, b, rtol=0.0, atol=_SAME_DIRECTION) for a, b in pairs):
            raise GeometryError(
                f"{volume.kind.value}: slices {kept[0]} and {index} differ in orientation or pixel spacing; "
                "expected one stack of parallel slices"
            )
    return kept


def slice_thickness_mm(volume: MapVolume) -> float:
    """Return the stated thickness; else the smallest distance between slices; else, for a lone slice, 1 mm.

    Multi-frame objects must state a thickness (type 1C in Pixel Measures, DICOM PS3.3 C.7.6.16.2.1).
    """
    stated = [place.slice_thickness_mm for place in volume.geometry if place.slice_thickness_mm]
    if stated:
        return float(stated[0])
    along = sorted(float(place.normal @ np.asarray(place.position_mm)) for place in volume.geometry)
    gaps = [after - before for before, after in pairwise(along) if after - before > 0.0]
    return min(gaps, default=1.0)
