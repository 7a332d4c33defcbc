"""Which pixels of a map count: boundary pixels and values out of range do not (Zhu 2020; ranges of T1 are ours)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import FitStatus

#: Lowest and highest value that counts, in the map's unit. T2 and ECV as in the paper; T1 wide enough for any
#: myocardium, so that only failed fits go.
VALUE_RANGES: Mapping[MapKind, tuple[float, float]] = MappingProxyType(
    {
        MapKind.T2: (30.0, 100.0),
        MapKind.NATIVE_T1: (400.0, 2500.0),
        MapKind.POSTCONTRAST_T1: (50.0, 1500.0),
        MapKind.ECV: (10.0, 60.0),
    }
)

#: A null-ambiguous fit counts: its bias is a few ms, and leaving out only those pixels would itself bias the mean.
COUNTED_STATUS = (FitStatus.OK, FitStatus.NULL_AMBIGUOUS)

_CROSS = ndimage.generate_binary_structure(2, 1)
_SQUARE = ndimage.generate_binary_structure(2, 2)


def prune_boundary(wall: BoolArray, pixels: int = 1) -> BoolArray:
    """Take the boundary pixels off the wall, but never all of it.

    A boundary pixel has a 4-neighbour outside the wall. Where the wall is too thin for that, its mid-line (skeleton)
    stays: those are the pixels with the least blood and fat in them, and a segment of a thin wall keeps a value.

    Parameters
    ----------
    wall : (slice, row, column) the myocardium
    pixels : how many layers are taken off each border; 0 leaves the wall as it is

    Returns
    -------
    (slice, row, column) the pixels that stay

    Raises
    ------
    SettingsError
        ``pixels`` below 0
    """
    if pixels < 0:
        raise SettingsError(f"the number of pruned boundary pixels must be 0 or more; found {pixels}")
    out = np.array(wall, dtype=np.bool_)
    if pixels == 0:
        return out
    for s in range(out.shape[0]):
        if out[s].any():
            core = ndimage.binary_erosion(wall[s], _CROSS, iterations=pixels)
            # The skeleton's spurs reach into corners of a thick wall: only what lies off the core is taken.
            near_core = ndimage.binary_dilation(core, _SQUARE, iterations=pixels)
            midline = skeletonize(wall[s])  # type: ignore[no-untyped-call]
            out[s] = core | (midline & ~near_core)
    return out


def analysed_pixels(
    values: Float64Array,
    status: LabelArray,
    labels: LabelArray,
    kind: MapKind,
    *,
    boundary_pixels: int = 1,
    ranges: Mapping[MapKind, tuple[float, float]] = VALUE_RANGES,
) -> BoolArray:
    """Return the pixels that the statistics count.

    Parameters
    ----------
    values : (slice, row, column) in ``kind.unit``, NaN = no value
    status : (slice, row, column) uint8 of ``FitStatus``
    labels : (slice, row, column) uint8 of ``Label``: the reference image's segmentation
    kind : which map, for its range
    boundary_pixels : see ``prune_boundary``
    ranges : lowest and highest value that counts, both included, per map in its unit

    Returns
    -------
    (slice, row, column) True: pruned wall, a fit to be trusted, a value in range

    Raises
    ------
    SettingsError
        a range that is missing or empty
    """
    if kind not in ranges or not ranges[kind][0] < ranges[kind][1]:
        raise SettingsError(
            f"the range of {kind.value} must be two rising values in {kind.unit}; found {ranges.get(kind)}"
        )
    low, high = ranges[kind]
    trusted = np.isin(status, [int(code) for code in COUNTED_STATUS])
    in_range = (values >= low) & (values <= high)  # False for NaN
    wall = prune_boundary(np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_), boundary_pixels)
    return np.asarray(wall & trusted & in_range, dtype=np.bool_)
