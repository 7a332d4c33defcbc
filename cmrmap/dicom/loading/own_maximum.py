"""Images that were each scaled to their own maximum: display copies, in which the relation between images is lost."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import FloatArray

_FEWEST_IMAGES = 3
_LOSSY_TOLERANCE = 0.03  # of the maximum: what lossy compression does to a single bright pixel
_EIGHT_BITS = 255
_FEW_PIXELS = 10  # at the maximum: one pixel is there in a scaled image, a clipped one has many
_FEW_SHARE = 1e-2  # the same near the maximum, of all pixels, where compression was lossy
_MOSTLY_BRIGHT = 0.5  # of the maximum: the median of values that were turned over, whose air is at the maximum
_ALIKE = 1.5  # most over fewest clipped pixels: those of one gain differ with the signal, those of a window do not


def scaled_each_to_its_own(images: FloatArray, lossy: bool) -> str:
    """Say why the images of one slice cannot be of one scale; "" where they can.

    Relaxation changes the brightest pixel too. Only images that were each divided by their own maximum, or each cut at
    a percentile of their own, all end at the very same value; images that a receiver has clipped do so too, but the
    number of clipped pixels then changes with the signal.

    Parameters
    ----------
    images : (time, row, column) with the rescale applied, none of them missing
    lossy : whether they were compressed with loss
    """
    if len(images) < _FEWEST_IMAGES:
        return ""
    tops, bottoms = images.max(axis=(1, 2)), images.min(axis=(1, 2))
    top = float(tops.max())
    coarse = lossy or top <= _EIGHT_BITS  # a copy of 8 bits may have been lossy before
    tolerance = _LOSSY_TOLERANCE * abs(top) if coarse else 0.0
    same = all(np.array_equal(images[0], image) for image in images[1:])  # then nothing was scaled, nor relaxes
    if same or (tops == bottoms).any() or top - float(tops.min()) > tolerance:
        return ""
    if float(np.median(images)) > _MOSTLY_BRIGHT * top:
        return ""
    at_top = np.count_nonzero(images >= top - tolerance, axis=(1, 2))
    # with loss a bright area has many pixels near the maximum: only where all images have them it is clipped
    many = at_top.min() > _FEW_SHARE * images[0].size if coarse else at_top.max() > _FEW_PIXELS
    if many and at_top.max() > _ALIKE * at_top.min():
        return ""
    return (
        f"the largest value of every image is {top:g}: each was scaled to its own maximum, and how their signals "
        "relate is lost; export the originals"
    )
