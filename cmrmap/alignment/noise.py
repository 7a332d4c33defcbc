"""How image noise travels through the polar resampling into the mean of a region.

Neighbouring polar samples share source pixels, so their errors are correlated and an uncertainty that treats them
as independent is too small. Here the chain pixel -> sample -> fit -> cell -> region mean is followed back to the
pixels of every image, which are independent.
"""

from __future__ import annotations

import numpy as np

from cmrmap.alignment.bilinear import bilinear_corners
from cmrmap.errors import InputError
from cmrmap.types import Float64Array, PolarStack


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


def region_noise_gain(
    stack: PolarStack, sensitivity: Float64Array, region_weights: Float64Array, shape: tuple[int, int]
) -> Float64Array:
    """Return the standard error of a region's mean, per unit of pixel noise, slice by slice.

    With a(c) the weight of cell c in the mean, g(t, c) = d value / d signal and w(t, c, j) the bilinear weight of
    pixel j in the sample: gain^2 = sum over t, j of (sum over c of a g w)^2. Multiply by each slice's noise SD; add
    slices in quadrature.

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
    n_slices = stack.rows.shape[0]
    gain = np.zeros(n_slices)
    for s in range(n_slices):
        cells = np.nonzero(region_weights[s])
        usable = np.flatnonzero(np.isfinite(stack.centres[s]).all(axis=-1))
        if cells[0].size == 0 or usable.size == 0:
            continue
        rows, columns = (a[s, usable][:, cells[0], cells[1]] for a in (stack.rows, stack.columns))
        # Only the pixels about the region are counted: a histogram of all pixels took most of a study's report.
        top, left = max(int(rows.min()), 0), max(int(columns.min()), 0)
        window = (min(int(rows.max()) + 2, shape[0]) - top, min(int(columns.max()) + 2, shape[1]) - left)
        indices, weights = bilinear_corners(rows - top, columns - left, window)
        pull = sensitivity[s, usable][:, cells[0], cells[1]] * region_weights[s][cells]
        # One histogram for all images: image k's pixels are numbered from k * n_pixels on.
        shifted = indices + (np.arange(usable.size) * window[0] * window[1])[:, None, None]
        summed = np.bincount(shifted.ravel(), weights=(weights * pull[..., None]).ravel())
        gain[s] = np.sqrt(np.sum(summed**2))
    return gain
