"""The slices of a map that are written: those that hold at least one value."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cmrmap.core.errors import GeometryError
from cmrmap.core.geometry import stated_once
from cmrmap.core.map_volume import MapVolume


def written_slices(volume: MapVolume) -> tuple[int, ...]:
    """Return the indices of the slices that hold at least one finite value.

    Parameters
    ----------
    volume : the map; NaN where a pixel has no value

    Raises
    ------
    GeometryError
        the written slices differ in orientation or pixel spacing, which one object cannot hold
    """
    kept = tuple(int(index) for index in np.flatnonzero(np.isfinite(volume.values).any(axis=(1, 2))))
    for index in kept[1:]:
        if not stated_once(volume.geometry[kept[0]], volume.geometry[index]):
            raise GeometryError(
                f"{volume.kind.value}: slices {kept[0]} and {index} differ in orientation or pixel spacing; "
                "expected one stack of parallel slices"
            )
    return kept


def slice_thickness_mm(volume: MapVolume) -> float:
    """Return the stated thickness; else the smallest distance between slices; else, for a lone slice, 1 mm.

    Multi-frame objects must state a thickness (type 1C in Pixel Measures, DICOM PS3.3 C.7.6.16.2.1).

    Parameters
    ----------
    volume : the map; its geometry counts
    """
    stated = [place.slice_thickness_mm for place in volume.geometry if place.slice_thickness_mm]
    if stated:
        return float(stated[0])
    along = sorted(float(place.normal @ np.asarray(place.position_mm)) for place in volume.geometry)
    gaps = [after - before for before, after in pairwise(along) if after - before > 0.0]
    return min(gaps, default=1.0)
