"""Which pixels of a map count: boundary pixels and values out of range do not (Zhu 2020; ranges of T1 are ours)."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage.morphology import skeletonize

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import SettingsError
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import COUNTED_STATUS

_CROSS = ndimage.generate_binary_structure(2, 1)
_SQUARE = ndimage.generate_binary_structure(2, 2)


@remembered
def prune_boundary(wall: BoolArray, pixels: int) -> BoolArray:
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
    *,
    boundary_pixels: int,
    value_range: tuple[float, float],
) -> BoolArray:
    """Return the pixels that the statistics count.

    Parameters
    ----------
    values : (slice, row, column) in the map's unit, NaN = no value
    status : (slice, row, column) uint8 of ``FitStatus``
    labels : (slice, row, column) uint8 of ``Label``: the reference image's segmentation
    boundary_pixels : see ``prune_boundary``
    value_range : lowest and highest value that counts, both included, in the map's unit

    Returns
    -------
    (slice, row, column) True: pruned wall, a fit to be trusted, a value in range

    Raises
    ------
    SettingsError
        an empty range
    """
    low, high = value_range
    if not low < high:
        raise SettingsError(f"the range of values that count must be two rising values; found {value_range}")
    trusted = np.isin(status, [int(code) for code in COUNTED_STATUS])
    in_range = (values >= low) & (values <= high)  # False for NaN
    wall = prune_boundary(np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_), boundary_pixels)
    return np.asarray(wall & trusted & in_range, dtype=np.bool_)
