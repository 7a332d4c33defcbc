"""How alike a reader's outlines of one slice are: what overlap with them can be expected of anyone else.

All images of a slice show one heart. So what most of the reader's outlines of the other images enclose, each brought to
where the reader put the heart in this one, is an outline of this image by the same hand that has not seen it. Its
overlap with what the reader drew holds the reader's scatter and the heart's contraction between the images, and neither
a wrong place nor another reader's habits.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.segmentation.shape import dice

_FEWEST_IMAGES = 3
_MARGIN = 2


def repeatability(masks: LabelArray) -> tuple[Float64Array, Float64Array]:
    """Overlap of each image's outlines with what at least half of those of the slice's other images enclose.

    Parameters
    ----------
    masks : (image, row, column) of ``Label``, one reader's outlines of one slice

    Returns
    -------
    wall, cavity : (image,) Dice; NaN for images without a ventricle, and where fewer than two others have one
    """
    wall, cavity = np.full(len(masks), np.nan), np.full(len(masks), np.nan)
    bodies = (masks == Label.MYOCARDIUM) | (masks == Label.CAVITY)
    drawn = np.flatnonzero(bodies.any(axis=(1, 2)))
    if len(drawn) < _FEWEST_IMAGES:
        return wall, cavity
    middles = [np.asarray(ndimage.center_of_mass(bodies[index])) for index in drawn]
    half = int(max(np.ptp(axis) for index in drawn for axis in np.nonzero(bodies[index]))) + _MARGIN
    placed = [
        (_about(bodies[index], middle, half), _about(masks[index] == Label.CAVITY, middle, half))
        for index, middle in zip(drawn, middles, strict=True)
    ]
    for k, index in enumerate(drawn):
        others = [placed[other] for other in range(len(drawn)) if other != k]
        body, inside = (np.mean([pair[part] for pair in others], axis=0) >= 0.5 for part in range(2))
        own_body, own_inside = (part >= 0.5 for part in placed[k])
        wall[index] = dice(body & ~inside, own_body & ~own_inside)
        cavity[index] = dice(inside, own_inside)
    return wall, cavity


def outlines_of_the_others(masks: LabelArray) -> LabelArray:
    """Outline each image by the slice's other images: what at least half of them enclose, brought to its place.

    Parameters
    ----------
    masks : (image, row, column) of ``Label``, one reader's outlines of one slice

    Returns
    -------
    (image, row, column) of ``Label``; empty for images without a ventricle, and where fewer than two others have one
    """
    out = np.zeros_like(masks)
    bodies = (masks == Label.MYOCARDIUM) | (masks == Label.CAVITY)
    drawn = np.flatnonzero(bodies.any(axis=(1, 2)))
    if len(drawn) < _FEWEST_IMAGES:
        return out
    middles = {index: np.asarray(ndimage.center_of_mass(bodies[index])) for index in drawn}
    half = int(max(np.ptp(axis) for index in drawn for axis in np.nonzero(bodies[index]))) + _MARGIN
    for index in drawn:
        corner = np.rint(middles[index]).astype(np.intp)
        off = corner - middles[index]  # so that the others fall on this image's pixels
        body, inside = (
            np.mean([_about(one[k], middles[k] + off, half) for k in drawn if k != index], axis=0) >= 0.5
            for one in (bodies, masks == Label.CAVITY)
        )
        labels = np.where(inside, Label.CAVITY, np.where(body, Label.MYOCARDIUM, Label.BACKGROUND))
        rows, columns = ((at - half + np.arange(2 * half + 1)) for at in corner)
        known = np.ix_((rows >= 0) & (rows < masks.shape[1]), (columns >= 0) & (columns < masks.shape[2]))
        out[index][np.ix_(rows[known[0].ravel()], columns[known[1].ravel()])] = labels[known]
    return out


def _about(mask: BoolArray, middle: Float64Array, half: int) -> Float64Array:
    """(row, column) the mask's cover of the pixels of a square about ``middle``, bilinear; nothing outside."""
    line = np.arange(-half, half + 1, dtype=np.float64)
    places = np.meshgrid(middle[0] + line, middle[1] + line, indexing="ij")
    return np.asarray(ndimage.map_coordinates(mask.astype(np.float64), places, order=1), dtype=np.float64)
