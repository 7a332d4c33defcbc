"""Bilinear sampling of images with its weights in the open: the same weights carry the noise."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array, IntArray


def bilinear_corners(
    rows: Float64Array, columns: Float64Array, shape: tuple[int, int]
) -> tuple[IntArray, Float64Array]:
    """Return the four source pixels of each sample and their weights.

    Parameters
    ----------
    rows, columns : any shape, finite pixel coordinates; outside the image the border pixel is repeated
    shape : (rows, columns) of the image

    Returns
    -------
    indices : (..., 4) flat pixel index, row-major
    weights : (..., 4) float64, summing to 1
    """
    y = np.clip(rows, 0.0, shape[0] - 1.0)
    x = np.clip(columns, 0.0, shape[1] - 1.0)
    y0 = np.minimum(np.floor(y), max(shape[0] - 2, 0)).astype(np.intp)
    x0 = np.minimum(np.floor(x), max(shape[1] - 2, 0)).astype(np.intp)
    fy, fx = y - y0, x - x0
    y1 = np.minimum(y0 + 1, shape[0] - 1)
    x1 = np.minimum(x0 + 1, shape[1] - 1)
    indices = np.stack([y0 * shape[1] + x0, y0 * shape[1] + x1, y1 * shape[1] + x0, y1 * shape[1] + x1], axis=-1)
    weights = np.stack([(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx], axis=-1)
    return indices, weights


def sample(image: Float64Array, rows: Float64Array, columns: Float64Array) -> Float64Array:
    """Return the image at fractional pixel coordinates; NaN where a pixel with weight is NaN.

    Parameters
    ----------
    image : (row, column)
    rows, columns : any shape, finite
    """
    indices, weights = bilinear_corners(rows, columns, (image.shape[0], image.shape[1]))
    values = image.reshape(-1)[indices]
    # A pixel of weight 0 takes no part: 0 * NaN must not spoil the sample.
    return np.asarray(np.where(weights > 0, values * weights, 0.0).sum(axis=-1), dtype=np.float64)
