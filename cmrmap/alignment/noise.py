"""How image noise travels through the polar resampling into the mean of a region.

Neighbouring polar samples share source pixels, so their errors are correlated and an uncertainty that treats them
as independent is too small. Here the chain pixel -> sample -> fit -> cell -> region mean is followed back to the
pixels of every image, which are independent.
"""

from __future__ import annotations

import numpy as np

from cmrmap.alignment.bilinear import bilinear_corners
from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.polar_stack import PolarStack


def sample_noise_factor(stack: PolarStack) -> Float64Array:
    """Return the variance of each polar sample relative to one pixel's noise variance.

    That is the sum of its squared bilinear weights: 1 on a pixel centre, 1/4 between four. Residuals of a fit to
    samples must be divided by it to give the noise of a pixel.

    Parameters
    ----------
    stack : gives ``rows``, ``columns`` (slice, time, angle, depth)

    Returns
    -------
    (slice, time, angle, depth); NaN where the image is not usable
    """
    fy = stack.rows - np.floor(stack.rows)
    fx = stack.columns - np.floor(stack.columns)
    return np.asarray(((1 - fy) ** 2 + fy**2) * ((1 - fx) ** 2 + fx**2), dtype=np.float64)


def image_noise_gain(
    rows: Float64Array, columns: Float64Array, pull: Float64Array, shape: tuple[int, int]
) -> Float64Array:
    """Return the variance that each image's noise gives to a weighted sum of samples, per unit of pixel variance.

    With w(t, c, j) the bilinear weight of pixel j in the sample of cell c: sum over j of (sum over c of pull w)^2.

    Parameters
    ----------
    rows, columns : (time, angle, depth) sampled coordinates of one slice's images, finite
    pull : (time, angle, depth) weight of every sample
    shape : (rows, columns) of the images

    Returns
    -------
    (time,) NaN where a weight is NaN; 0 for an image without weight
    """
    n_times = len(rows)
    cells = np.nonzero((pull != 0).any(axis=0))  # a NaN counts as weight
    if cells[0].size == 0:
        return np.zeros(n_times)
    rows, columns = rows[:, cells[0], cells[1]], columns[:, cells[0], cells[1]]
    # Only the pixels about the region are counted: a histogram of all pixels took most of a study's report.
    top, left = max(int(rows.min()), 0), max(int(columns.min()), 0)
    window = (min(int(rows.max()) + 2, shape[0]) - top, min(int(columns.max()) + 2, shape[1]) - left)
    indices, weights = bilinear_corners(rows - top, columns - left, window)
    # One histogram for all images: image k's pixels are numbered from k * n_pixels on.
    n_pixels = window[0] * window[1]
    shifted = indices + (np.arange(n_times) * n_pixels)[:, None, None]
    pulled = weights * pull[:, cells[0], cells[1]][..., None]
    summed = np.bincount(shifted.ravel(), weights=pulled.ravel(), minlength=n_times * n_pixels)
    return np.asarray((summed.reshape(n_times, n_pixels) ** 2).sum(axis=1), dtype=np.float64)


def region_noise_gain(
    stack: PolarStack, sensitivity: Float64Array, region_weights: Float64Array, shape: tuple[int, int]
) -> Float64Array:
    """Return the standard error of a region's mean, per unit of pixel noise, slice by slice.

    The weight of a sample is that of its cell in the mean times d value / d signal: see ``image_noise_gain``. Multiply
    by each slice's noise SD; add slices in quadrature.

    Parameters
    ----------
    stack : the sampled coordinates
    sensitivity : (slice, time, angle, depth); images that are not usable do not count, whatever they hold
    region_weights : (slice, angle, depth) from ``cartesian.region_weights``
    shape : (rows, columns) of the images

    Returns
    -------
    (slice,) NaN where a cell that the region draws on has no sensitivity; 0 for a slice outside the region

    Raises
    ------
    InputError
        shapes that do not match
    """
    if sensitivity.shape != stack.rows.shape or region_weights.shape != (stack.rows.shape[0], *stack.rows.shape[2:]):
        raise InputError(
            f"sensitivity and region weights must lie on the polar grid {stack.rows.shape}; found "
            f"{sensitivity.shape} and {region_weights.shape}"
        )
    gain = np.zeros(stack.rows.shape[0])
    for s in range(len(gain)):
        usable = np.flatnonzero(np.isfinite(stack.centres[s]).all(axis=-1))
        inside = region_weights[s] != 0
        if inside.any() and usable.size:
            pull = np.where(inside, sensitivity[s, usable] * region_weights[s], 0.0)
            gain[s] = np.sqrt(image_noise_gain(stack.rows[s, usable], stack.columns[s, usable], pull, shape).sum())
    return gain
