"""Images that were each scaled by themselves: display copies, in which the relation between images is lost."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import FloatArray

_FEWEST_IMAGES = 3
_LOSSY_TOLERANCE = 0.012  # of the maximum: lossy compression may change a single bright pixel; in vivo T2 gave 0.019
_EIGHT_BITS = 255
_FEW_PIXELS = 10  # at the maximum: one pixel is there in a scaled image, a clipped one has many
_FEW_SHARE = 1e-2  # the same near the maximum, of all pixels, where compression was lossy
_MOSTLY_BRIGHT = 0.5  # of the maximum: the median of values that were turned over, whose air is at the maximum
_ALIKE = 1.5  # most over fewest clipped pixels: those of one gain differ with the signal, those of a window do not
_SAME_LEVEL = 0.003  # relative: means and percentiles of images that differ by less over all times are made equal
_PERCENTILES = (99.9, 99.8, 99.5, 99.0)


def scaled_each_to_its_own(images: FloatArray, lossy: bool) -> str:
    """Say why the images of one slice cannot be of one scale; "" where they can.

    Relaxation changes the brightest pixels and the mean too. Only images that were each divided by a value of their own
    have that value in common.

    Parameters
    ----------
    images : (time, row, column) with the rescale applied, none of them missing
    lossy : whether they were compressed with loss
    """
    same = all(np.array_equal(images[0], image) for image in images[1:])  # then nothing was scaled, nor relaxes
    if len(images) < _FEWEST_IMAGES or same:
        return ""
    if float(np.median(images)) > _MOSTLY_BRIGHT * float(images.max()):  # values turned over: air is their maximum
        return ""
    what, level = "largest value", _same_maximum(images, lossy)
    if level is None:
        what, level = _same_statistic(images)
    if level is None:
        return ""
    return (
        f"the {what} of every image is {level:g}: each was scaled separately, so their signals cannot be compared; "
        "export the originals"
    )


def _same_maximum(images: FloatArray, lossy: bool) -> float | None:
    """Return the maximum that every image was scaled to.

    Images that a receiver has clipped have the same one too, but the number of clipped pixels then changes with the
    signal, where that of images cut at a percentile of their own does not.
    """
    tops, bottoms = images.max(axis=(1, 2)), images.min(axis=(1, 2))
    top = float(tops.max())
    coarse = lossy or top <= _EIGHT_BITS  # a copy of 8 bits may have been lossy before
    tolerance = _LOSSY_TOLERANCE * abs(top) if coarse else 0.0
    if (tops == bottoms).any() or top - float(tops.min()) > tolerance:
        return None
    at_top = np.count_nonzero(images >= top - tolerance, axis=(1, 2))
    # with loss a bright area has many pixels near the maximum: only where all images have them it is clipped
    many = at_top.min() > _FEW_SHARE * images[0].size if coarse else at_top.max() > _FEW_PIXELS
    return None if many and at_top.max() > _ALIKE * at_top.min() else top


def _same_statistic(images: FloatArray) -> tuple[str, float | None]:
    """Return which other value is the same in every image, and that value."""
    names = [f"{share:g}th percentile" for share in _PERCENTILES]
    levels = dict(zip(names, np.percentile(images, _PERCENTILES, axis=(1, 2)), strict=True))  # sorted once for all
    levels["mean"] = images.mean(axis=(1, 2), dtype=np.float64)
    tops = images.max(axis=(1, 2))
    for name, found in levels.items():
        clipped = (found >= tops).any()  # the receiver's own limit, not a scale
        if not clipped and found.min() > 0.0 and np.ptp(found) <= _SAME_LEVEL * found.max():
            return name, float(np.median(found))
    return "", None
