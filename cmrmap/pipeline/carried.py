"""A reader's contour carried from the image that it was drawn on to the others of its slice, by how the heart moved.

The contour keeps its shape. Where the network outlined the heart in both images, the heart's motion is that of the
outlines' centres, which the map's own motion correction follows too; where it did not, it is told by the registration
that the network's drawing begins with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.segmentation.motion import MAX_SHIFT_MM, estimate_shifts
from cmrmap.segmentation.shape import heart_shape

_ABOUT = 1.5  # half the side of what is registered, in diameters of the ventricle
_BORDER_MM = 4.0  # about the ventricle: its outer border and what lies against it
_STILL_PX = 1e-6
_BLUR_PX = 1.0  # a mask's edge is known to about a pixel; its curve tells where between pixels it runs
_BLUR_REACH_PX = 8  # beyond four SDs scipy's filter adds nothing
_LEAST_COVER = 0.25  # of a pixel that is taken: a part of the mask may have left the image


def carried(
    drawn: LabelArray, source: int, targets: Sequence[int], images: FloatArray, network: LabelArray, pixel_mm: float
) -> dict[int, LabelArray]:
    """Return a contour on other images of its slice.

    Parameters
    ----------
    drawn : (row, column) uint8 of ``Label``, a closed ring
    source : time index of the image that it was drawn on
    targets : time indices of the images that it is carried to
    images : (time, row, column) of the slice
    network : (time, row, column) the network's labels; all zero where it has none
    pixel_mm : size of a pixel

    Returns
    -------
    time index to labels
    """
    centres = {t: _centre(network[t]) for t in (source, *targets)}
    told = {t: centres[t] - centres[source] for t in targets if np.isfinite(centres[t] - centres[source]).all()}
    unknown = [t for t in targets if t not in told]
    if unknown:
        told |= _registered(drawn, source, unknown, images, pixel_mm)
    return {t: moved(drawn, shift) for t, shift in told.items()}


def moved(labels: LabelArray, shift: Float64Array) -> LabelArray:
    """Return labels moved by a shift, between pixels too; they keep their sizes.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``, a closed ring
    shift : rows, columns
    """
    if np.abs(shift).max() < _STILL_PX:
        return labels
    out = _shifted(labels, shift)
    if heart_shape(out, 0).euler_number != 0 or not (out == Label.CAVITY).any():  # a wall as thin as a pixel may tear
        out = _shifted(labels, np.rint(shift))
    return out


def _shifted(labels: LabelArray, shift: Float64Array) -> LabelArray:
    out = np.zeros(labels.shape, dtype=np.uint8)
    wall, cavity = labels == Label.MYOCARDIUM, labels == Label.CAVITY
    for label, mask in (
        (Label.RIGHT_VENTRICLE, labels == Label.RIGHT_VENTRICLE),
        (Label.MYOCARDIUM, wall | cavity),
        (Label.CAVITY, cavity),
    ):
        if mask.any():
            out[_placed(mask, shift)] = label
    return out


def _placed(mask: BoolArray, shift: Float64Array) -> BoolArray:
    """Return a mask of as many pixels at another place: those that the mask, blurred and moved, covers most."""
    window = _about(mask, shift)  # beyond it the mask covers nothing
    whole, mask = np.zeros(mask.shape, dtype=np.bool_), mask[window]
    cover = ndimage.shift(ndimage.gaussian_filter(mask.astype(np.float64), _BLUR_PX), shift, order=1)
    cover = np.round(cover.ravel(), 9)  # a difference in the last bit does not decide between equals
    n_pixels = min(int(np.count_nonzero(mask)), int(np.count_nonzero(cover > _LEAST_COVER)))
    last = np.partition(cover, -n_pixels)[-n_pixels] if n_pixels else np.inf
    out = cover > last
    equal = np.flatnonzero(cover == last)
    n_more = n_pixels - np.count_nonzero(out)
    out[equal[np.linspace(0, len(equal) - 1, n_more).round().astype(np.intp)]] = True
    whole[window] = out.reshape(mask.shape)
    return whole


def _about(mask: BoolArray, shift: Float64Array) -> tuple[slice, slice]:
    """Return the part of an image that holds a mask, before and after it is blurred and moved."""
    reach = np.ceil(np.abs(shift)).astype(int) + _BLUR_REACH_PX
    sides = (np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0)))
    first, second = (
        slice(max(int(found[0]) - by, 0), min(int(found[-1]) + by + 1, length))
        for found, by, length in zip(sides, reach.tolist(), mask.shape, strict=True)
    )
    return first, second


def _centre(labels: LabelArray) -> Float64Array:
    """Centre of mass of the left ventricle, row and column; NaN where there is none."""
    body = np.nonzero((labels == Label.MYOCARDIUM) | (labels == Label.CAVITY))
    return np.array([axis.mean() if axis.size else np.nan for axis in body])


def _registered(
    drawn: LabelArray, source: int, targets: Sequence[int], images: FloatArray, pixel_mm: float
) -> dict[int, Float64Array]:
    body = np.asarray((drawn == Label.MYOCARDIUM) | (drawn == Label.CAVITY), dtype=np.bool_)
    row, column = np.rint(_centre(drawn)).astype(int)
    half = int(np.ceil(2 * _ABOUT * np.sqrt(np.count_nonzero(body) / np.pi)))
    window = (
        slice(max(row - half, 0), min(row + half + 1, body.shape[0])),
        slice(max(column - half, 0), min(column + half + 1, body.shape[1])),
    )
    times = sorted({source, *targets})
    weight = ndimage.gaussian_filter(body[window].astype(np.float64), _BORDER_MM / pixel_mm)
    crops = np.asarray(images[times][:, window[0], window[1]], dtype=np.float32)
    shifts = dict(zip(times, estimate_shifts(crops, pixel_mm, weight, MAX_SHIFT_MM), strict=True))
    return {t: np.asarray(shifts[t] - shifts[source], dtype=np.float64) for t in targets}
