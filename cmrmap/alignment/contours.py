"""Sub-pixel endocardial and epicardial contours of a label image, as radii about its centre."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.alignment.bilinear import sample
from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.outlines import Label

_RAYS = 128
_RAY_STEP_PIXELS = 0.5
_HARMONICS = 8
_THINNEST_WALL_PIXELS = 0.5


@dataclass(frozen=True, slots=True)
class WallMasks:
    """Filled left ventricle and cavity of one image, cut out with a margin.

    Attributes
    ----------
    filled, cavity : (row, column) bool, the cut-out
    origin : (row, column) of the cut-out's first pixel in the image
    """

    filled: BoolArray
    cavity: BoolArray
    origin: tuple[int, int]

    def centre(self, of_cavity: bool) -> tuple[float, float]:
        """Centre of mass in image pixels of the filled ventricle or of the cavity (row, column)."""
        rows, columns = np.nonzero(self.cavity if of_cavity else self.filled)
        return float(rows.mean()) + self.origin[0], float(columns.mean()) + self.origin[1]

    def centre_in_cavity(self) -> bool:
        """Whether the filled ventricle's centre of mass lies in the cavity, a pixel or more from the wall."""
        row, column = self.centre(of_cavity=False)
        inside = ndimage.binary_erosion(self.cavity)
        return bool(inside[round(row - self.origin[0]), round(column - self.origin[1])])


def wall_masks(labels: LabelArray) -> WallMasks | None:
    """Cut the left ventricle out of one label image; None where it has no wall or the wall encloses nothing.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``; a wall without a labelled cavity is filled
    """
    body = (labels == Label.MYOCARDIUM) | (labels == Label.CAVITY)
    found = ndimage.find_objects(body.astype(np.uint8))
    if not found or found[0] is None:
        return None
    rows, columns = found[0]
    origin = (rows.start - 2, columns.start - 2)
    filled = ndimage.binary_fill_holes(np.pad(body[rows, columns], 2))
    wall = np.pad(labels[rows, columns] == Label.MYOCARDIUM, 2)
    cavity = filled & ~wall
    if not wall.any() or not cavity.any():
        return None
    return WallMasks(np.asarray(filled, dtype=np.bool_), np.asarray(cavity, dtype=np.bool_), origin)


def contour_radii(
    masks: WallMasks, centre: tuple[float, float], angles_rad: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Return endocardial and epicardial radius at each angle, in pixels.

    The radius is the length of the ray that lies in the (bilinearly interpolated) mask: for a star-shaped region
    that is where the mask crosses one half, without the jitter of a crossing, and it stays defined for any other
    shape. The staircase of a pixel mask is then taken out by keeping eight harmonics over the circle.

    Parameters
    ----------
    masks : the ventricle of one image
    centre : (row, column) in image pixels
    angles_rad : (angle,) from the image's +column axis towards +row

    Returns
    -------
    inner, outer : (angle,) pixels, inner < outer
    """
    row, column = centre[0] - masks.origin[0], centre[1] - masks.origin[1]
    height, width = masks.filled.shape
    longest = float(np.hypot(max(row, height - row), max(column, width - column)))
    steps = (np.arange(np.ceil(longest / _RAY_STEP_PIXELS)) + 0.5) * _RAY_STEP_PIXELS
    rays = np.arange(_RAYS) * (2 * np.pi / _RAYS)
    rows = row + np.sin(rays)[:, None] * steps
    columns = column + np.cos(rays)[:, None] * steps
    # The cut-out's margin is empty, so that a ray which leaves it repeats a zero.
    outer = sample(masks.filled.astype(np.float64), rows, columns).sum(axis=1) * _RAY_STEP_PIXELS
    inner = sample(masks.cavity.astype(np.float64), rows, columns).sum(axis=1) * _RAY_STEP_PIXELS
    smooth_inner = np.maximum(_few_harmonics(inner, angles_rad), 0.0)
    smooth_outer = np.maximum(_few_harmonics(outer, angles_rad), smooth_inner + _THINNEST_WALL_PIXELS)
    return smooth_inner, smooth_outer


def _few_harmonics(radii: Float64Array, angles_rad: Float64Array) -> Float64Array:
    """Low-pass a periodic function given at equally spaced angles and evaluate it at others."""
    coefficients = np.fft.rfft(radii)[: _HARMONICS + 1] / radii.size
    coefficients[1:] *= 2.0
    waves = np.exp(1j * np.outer(angles_rad, np.arange(_HARMONICS + 1)))
    return np.asarray((waves @ coefficients).real, dtype=np.float64)
