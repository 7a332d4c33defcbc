"""How far the heart moved between the images of a slice: what lets the network compare the same place in all of them.

Breath holds end at different depths: in vivo an image may lie 20 mm off its neighbours. The outlines of organs stay
where contrast inverts, so the magnitudes of the gradients are correlated, under a Gaussian window about the heart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from cmrmap.types import Float64Array

MAX_SHIFT_MM = 27.0
_WINDOW_SHARE = 0.25  # SD of the window over the crop's size: about the heart's own size
_EDGE_SD_PX = 1.2
_LEAST_CORRELATION = 0.22  # an image whose outlines resemble the others' less than this stays where it is
_LEAST_GAIN = 0.04  # and so does one that gains less than this by moving
_ROUNDS = 2

IntPairs = npt.NDArray[np.intp]


def estimate_shifts(images: npt.NDArray[np.float32], pixel_mm: float) -> IntPairs:
    """Estimate the in-plane shift of each image against the others of its slice.

    Parameters
    ----------
    images : (image, row, column) crops about the heart, normalised grey scale
    pixel_mm : size of their square pixels

    Returns
    -------
    (image, 2) whole pixels down and right by which the image's heart lies off; the median is zero, and so are all of
    a slice of one image
    """
    n_images = len(images)
    shifts = np.zeros((n_images, 2), dtype=np.intp)
    if n_images < 2:
        return shifts
    reach = int(MAX_SHIFT_MM / pixel_mm)
    edges = np.stack([_edges(image) for image in images])
    aligned = edges.copy()
    # one after the other: moved all at once, two images that lie apart would change places for ever
    for _ in range(_ROUNDS):
        for index, edge in enumerate(edges):
            others = aligned.sum(axis=0) - aligned[index]
            shifts[index] = _shift(edge, others, reach)
            aligned[index] = np.roll(edge, -shifts[index], (0, 1))
    return np.asarray(shifts - np.rint(np.median(shifts, axis=0)).astype(np.intp), dtype=np.intp)


def _edges(image: npt.NDArray[np.float32]) -> Float64Array:
    """Gradient magnitude, without mean, under the window, of unit energy: strong contrast has no more say."""
    gradient = ndimage.gaussian_gradient_magnitude(image.astype(np.float64), _EDGE_SD_PX)
    windows = [
        np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / (_WINDOW_SHARE * size)) ** 2) for size in image.shape
    ]
    seen = (gradient - gradient.mean()) * np.outer(*windows)
    return np.asarray(seen / max(float(np.linalg.norm(seen)), 1e-30), dtype=np.float64)


def _shift(edges: Float64Array, others: Float64Array, reach: int) -> IntPairs:
    """Shift of the highest normalised cross-correlation within ``reach`` pixels; zero where it says nothing."""
    stay = np.zeros(2, dtype=np.intp)
    norm = np.sqrt(np.sum(edges**2) * np.sum(others**2))
    if norm == 0:
        return stay
    size = [2 * n for n in edges.shape]  # zero-padded: nothing wraps around
    correlation = fft.irfft2(fft.rfft2(edges, size) * np.conj(fft.rfft2(others, size)), size) / norm
    near = np.roll(correlation, (reach, reach), (0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    best = np.unravel_index(int(near.argmax()), near.shape)
    if near[best] < _LEAST_CORRELATION or near[best] - near[reach, reach] < _LEAST_GAIN:
        return stay
    return np.asarray(best, dtype=np.intp) - reach
