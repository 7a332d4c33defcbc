"""How far the heart moved between the images of a slice: what lets the network compare the same place in all of them.

Breath holds end at different depths: in vivo an image may lie 20 mm off its neighbours. The outlines of organs stay
where contrast inverts, so the magnitudes of the gradients are correlated, under a Gaussian window about the heart.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from cmrmap.core.arrays import Float64Array

MAX_SHIFT_MM = 27.0
_WINDOW_SHARE = 0.25  # SD of the window over the crop's size: about the heart's own size
_EDGE_SD_PX = 1.2
LEAST_CORRELATION = 0.22  # outlines that resemble the others' less than this say nothing: the image stays where it is
_LEAST_GAIN = 0.04  # and so does one that gains less than this by moving further than a pixel
_ROUNDS = 2


def estimate_shifts(
    images: npt.NDArray[np.float32],
    pixel_mm: float,
    window: Float64Array | None = None,
    max_shift_mm: float = MAX_SHIFT_MM,
) -> Float64Array:
    """Estimate the in-plane shift of each image against the others of its slice.

    Parameters
    ----------
    images : (image, row, column) crops about the heart, normalised grey scale
    pixel_mm : size of their square pixels
    window : (row, column) weight of each pixel's outlines; None: a Gaussian about the middle
    max_shift_mm : along each axis

    Returns
    -------
    (image, 2) pixels down and right, with fractions, by which the image's heart lies off; the median is zero, and so
    are all of a slice of one image
    """
    n_images = len(images)
    shifts = np.zeros((n_images, 2))
    if n_images < 2:
        return shifts
    reach = max(1, int(max_shift_mm / pixel_mm))
    if window is None:
        window = _gaussian_window(images.shape[1], images.shape[2])
    size = (2 * images.shape[1], 2 * images.shape[2])  # zero-padded: nothing wraps around
    spectra = fft.rfft2(np.stack([_edges(image, window) for image in images]), size)
    aligned = spectra.copy()
    together = aligned.sum(axis=0)
    near = _NearZero(size, reach)
    # one after the other: moved all at once, two images that lie apart would change places for ever
    for _ in range(_ROUNDS):
        for index, spectrum in enumerate(spectra):
            others = together - aligned[index]
            shifts[index] = _shift(spectrum, others, near)
            aligned[index] = spectrum * _phase(shifts[index], size)
            together = others + aligned[index]
    return np.asarray(shifts - np.median(shifts, axis=0), dtype=np.float64)


def outline_correlation(images: npt.NDArray[np.float32], window: Float64Array) -> Float64Array:
    """Correlate each image's outlines, where they are, with those of all the others together.

    Parameters
    ----------
    images : (image, row, column) crops that follow the heart
    window : (row, column) weight of each pixel's outlines

    Returns
    -------
    (image,) -1 to 1; 0 where there is nothing to compare
    """
    edges = np.stack([_edges(image, window) for image in images])
    others = edges.sum(axis=0) - edges
    norms = np.sqrt((others**2).sum(axis=(1, 2)))
    return np.asarray((edges * others).sum(axis=(1, 2)) / np.maximum(norms, 1e-30), dtype=np.float64)


class _NearZero:
    """Inverse Fourier transform of half spectra, as of ``rfft2``, within ``reach`` pixels of zero shift only."""

    def __init__(self, size: tuple[int, int], reach: int) -> None:
        steps = np.arange(-reach, reach + 1)
        self.n_pixels = size[0] * size[1]
        self.reach = reach
        frequencies = np.arange(size[1] // 2 + 1)
        # of real images the frequencies that are left out are the conjugates of those that are there
        self._twice = np.where((frequencies == 0) | (2 * frequencies == size[1]), 1.0, 2.0)
        self._rows = np.exp(2j * np.pi / size[0] * np.outer(steps, np.arange(size[0])))
        self._columns = np.exp(2j * np.pi / size[1] * np.outer(frequencies, steps)) * self._twice[:, None]

    def __call__(self, spectrum: npt.NDArray[np.complex128]) -> Float64Array:
        """(shift down, shift right), each from -reach to reach."""
        along_columns = self._rows @ spectrum
        return np.asarray((along_columns @ self._columns).real / self.n_pixels, dtype=np.float64)

    def norm(self, spectrum: npt.NDArray[np.complex128]) -> float:
        """Of the whole image, by its spectrum (Parseval)."""
        energy = np.square(spectrum.real) + np.square(spectrum.imag)
        return float(np.sqrt((energy @ self._twice).sum() / self.n_pixels))


def _phase(shift: Float64Array, size: tuple[int, int]) -> npt.NDArray[np.complex128]:
    """Factor on a spectrum that takes a shift back (Fourier shift theorem)."""
    down = np.exp(2j * np.pi * fft.fftfreq(size[0]) * shift[0])
    right = np.exp(2j * np.pi * fft.rfftfreq(size[1]) * shift[1])
    return np.asarray(np.outer(down, right), dtype=np.complex128)


def _gaussian_window(rows: int, columns: int) -> Float64Array:
    lines = [np.exp(-0.5 * ((np.arange(n) - (n - 1) / 2) / (_WINDOW_SHARE * n)) ** 2) for n in (rows, columns)]
    return np.asarray(np.outer(*lines), dtype=np.float64)


def _edges(image: npt.NDArray[np.float32], window: Float64Array) -> Float64Array:
    """Gradient magnitude, without mean, under the window, of unit energy: strong contrast has no more say."""
    gradient = ndimage.gaussian_gradient_magnitude(image.astype(np.float64), _EDGE_SD_PX)
    mean = float((gradient * window).sum() / max(float(window.sum()), 1e-30))
    seen = (gradient - mean) * window
    return np.asarray(seen / max(float(np.linalg.norm(seen)), 1e-30), dtype=np.float64)


def _shift(
    spectrum: npt.NDArray[np.complex128], others: npt.NDArray[np.complex128], near_zero: _NearZero
) -> Float64Array:
    """Place of the highest normalised cross-correlation within reach; zero where it says nothing."""
    norm, reach = near_zero.norm(others), near_zero.reach  # the edges themselves have unit energy
    if norm == 0:
        return np.zeros(2)
    near = near_zero(spectrum * np.conj(others)) / norm
    row, column = (int(i) for i in np.unravel_index(int(near.argmax()), near.shape))
    if near[row, column] < LEAST_CORRELATION or near[row, column] - near[reach, reach] < 0:
        return np.zeros(2)
    peak = np.array([row + vertex_offset(near[:, column], row), column + vertex_offset(near[row], column)]) - reach
    if np.abs(peak).max() > 1.0 and near[row, column] - near[reach, reach] < _LEAST_GAIN:
        return np.zeros(2)
    return np.asarray(peak, dtype=np.float64)


def vertex_offset(line: Float64Array, index: int) -> float:
    """Return the offset of the vertex of the parabola through a maximum and its neighbours, -0.5 to 0.5."""
    if not 0 < index < len(line) - 1:
        return 0.0
    before, here, after = (float(line[index + step]) for step in (-1, 0, 1))
    curvature = before - 2 * here + after
    return 0.0 if curvature >= 0 else 0.5 * (before - after) / curvature
