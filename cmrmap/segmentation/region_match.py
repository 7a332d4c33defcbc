"""Where an image lies whose outlines are not those of the others: by the regions that the others show.

A saturation-prepared image has no border between blood and wall, and the strongest outlines about the heart, fat and
liver, do not move with it. But wherever it lies right, each region that the other images tell apart has one grey of its
own in it. So the shift is sought that leaves least variance within regions: the correlation ratio (Roche et al., MICCAI
1998, LNCS 1496:1115), which asks nothing of the contrast.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.segmentation.motion import vertex_offset

_REGIONS = 10
_COMPONENTS = 4  # of the other images' contrast that tell regions apart
_FEWEST_OTHERS = 3
_LEAST_GAIN = 0.03  # of the variance within regions: what gains less stays where it is


def match_regions(
    images: npt.NDArray[np.float32], region: BoolArray, reach_px: int, doubtful: BoolArray
) -> Float64Array:
    """Estimate by how much each image lies off the regions that the other images show.

    Parameters
    ----------
    images : (image, row, column) of one slice, already brought over each other as far as outlines tell
    region : (row, column) the heart and what lies about it
    reach_px : largest shift along each axis that is looked for
    doubtful : (image,) which images to place: those whose outlines do not tell where they lie

    Returns
    -------
    (image, 2) pixels down and right, with fractions; zero for images that are not doubtful, where another place
    explains the image no better, and for a slice of three images or fewer
    """
    shifts = np.zeros((len(images), 2))
    margin = np.zeros(region.shape, dtype=np.bool_)
    margin[reach_px:-reach_px, reach_px:-reach_px] = True
    inside = region & margin
    if len(images) <= _FEWEST_OTHERS or np.count_nonzero(inside) < 20 * _REGIONS:
        return shifts
    pixels = images[:, inside].astype(np.float64)
    for index in np.flatnonzero(doubtful):
        membership = _regions(np.delete(pixels, index, axis=0))
        shifts[index] = _best(images[index].astype(np.float64), inside, membership, reach_px)
    return shifts


def _regions(others: Float64Array) -> Float64Array:
    """(pixel, region) 1 where a pixel belongs to a region: clusters of the (image, pixel) grey values."""
    centred = others - others.mean(axis=1, keepdims=True)
    _, weights, directions = np.linalg.svd(centred, full_matrices=False)
    features = (weights[:_COMPONENTS, None] * directions[:_COMPONENTS]).T
    _, cluster = kmeans2(features, _REGIONS, iter=15, minit="++", seed=0, missing="warn")
    membership = np.eye(_REGIONS)[cluster]
    return np.asarray(membership[:, membership.sum(axis=0) > 0], dtype=np.float64)


def _best(image: Float64Array, inside: BoolArray, membership: Float64Array, reach: int) -> Float64Array:
    rows, columns = np.nonzero(inside)
    steps = np.arange(-reach, reach + 1)
    down, right = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
    patches = image[rows + down[:, None], columns + right[:, None]]  # (shift, pixel)
    squares = (patches**2).sum(axis=1)
    within = squares - ((patches @ membership) ** 2 / membership.sum(axis=0)).sum(axis=1)
    total = squares - patches.sum(axis=1) ** 2 / patches.shape[1]
    known = total > 1e-9 * max(float(squares.max()), 1e-12)  # an image of one grey lies anywhere equally well
    ratio = np.divide(within, total, out=np.ones_like(within), where=known).reshape(len(steps), len(steps))
    row, column = (int(i) for i in np.unravel_index(int(ratio.argmin()), ratio.shape))
    if ratio[row, column] > (1 - _LEAST_GAIN) * ratio[reach, reach]:
        return np.zeros(2)
    offsets = (vertex_offset(-ratio[:, column], row), vertex_offset(-ratio[row], column))
    return np.array([row + offsets[0], column + offsets[1]]) - reach
