"""The wall's motion carried on over the whole image: into the cavity, and outwards to what moves with the heart.

Between two images the wall moves as a whole, by the shift of its centre, and changes its shape. The change of shape
shrinks to nothing at the centre, where it is that of the cavity, and dies away outside within a finger's breadth. The
shift goes on as far as the tissue follows the heart: liver and stomach do, chest and spine do not. How far is told
pixel by pixel by a share from 0 to 1 that somebody else finds (``share_of_shift``): no outline tells it.

Places are in mm along an image's rows and columns from its first pixel, so that series of different pixels compare.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.alignment.polar import in_pixels
from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray
from cmrmap.core.polar_stack import PolarStack

_REACH_MM = 12.0  # of the wall's change of shape, and of its whole shift, into what surrounds it
_OUT_OF_REACH = 3.0  # reaches beyond which nothing is left of either
#: places are told to a thousandth of a pixel: finer ones differ in their last bits from processor to processor
_STEPS_A_PIXEL = 1024.0
_SMOOTH_MM = 10.0  # over which the two costs of a share are compared
_LEAST = 1e-12


@dataclass(frozen=True, slots=True)
class WallPlace:
    """Where the wall of one image lies.

    Attributes
    ----------
    centre_mm : (row, column)
    inner_mm, outer_mm : (angle,) radii at the polar grid's angles
    """

    centre_mm: Float64Array
    inner_mm: Float64Array
    outer_mm: Float64Array


def wall_place(polar: PolarStack, slice_index: int, time: int, spacing_mm: tuple[float, float]) -> WallPlace:
    """Return where an image's wall lies.

    Parameters
    ----------
    polar : gives centres and radii; the image must be usable
    slice_index, time : of the image
    spacing_mm : of rows and of columns
    """
    rays = in_pixels(polar.angles_rad, float(polar.pixel_aspect[slice_index]))
    step_mm = np.hypot(np.sin(rays) * spacing_mm[0], np.cos(rays) * spacing_mm[1])
    return WallPlace(
        polar.centres[slice_index, time] * np.asarray(spacing_mm),
        polar.inner_radius[slice_index, time] * step_mm,
        polar.outer_radius[slice_index, time] * step_mm,
    )


class Surroundings:
    """The pixels of one image seen from its wall, for the motion from it to other images."""

    def __init__(self, wall: WallPlace, rows_mm: Float64Array, columns_mm: Float64Array) -> None:
        """Look at pixels at (pixel,) places of the image of ``wall``."""
        self._wall = wall
        self._n = rows_mm.size
        down, right = rows_mm - wall.centre_mm[0], columns_mm - wall.centre_mm[1]
        radius = np.hypot(down, right)
        reach = float(wall.outer_mm.max()) + _OUT_OF_REACH * _REACH_MM
        self._near: IntArray = np.flatnonzero(radius < reach)
        down, right, self._radius = down[self._near], right[self._near], radius[self._near]
        n_angles = wall.outer_mm.size
        angle = np.mod(np.arctan2(down, right), 2 * np.pi) * (n_angles / (2 * np.pi)) - 0.5
        first = np.floor(angle).astype(np.intp)
        self._f = angle - first
        self._first, self._second = first % n_angles, (first + 1) % n_angles
        length = np.maximum(self._radius, _LEAST)
        self._down, self._right = down / length, right / length
        self._inner, self._outer = self._at(wall.inner_mm), self._at(wall.outer_mm)
        beyond = np.maximum(self._radius - self._outer, 0.0) / _REACH_MM
        self._fading = np.exp(-(beyond**2))

    def _at(self, radii: Float64Array) -> Float64Array:
        return np.asarray((1 - self._f) * radii[self._first] + self._f * radii[self._second], dtype=np.float64)

    @property
    def nearness(self) -> Float64Array:
        """(pixel,) 1 inside the epicardium, fading to 0 outside: how surely a pixel follows the heart."""
        out = np.zeros(self._n)
        out[self._near] = self._fading
        return out

    def motion_to(self, other: WallPlace, share: Float64Array) -> tuple[Float64Array, Float64Array]:
        """Return how far each pixel's tissue lies elsewhere in another image.

        Parameters
        ----------
        other : the other image's wall, in this image's mm
        share : (pixel,) of the heart's shift that the pixel makes

        Returns
        -------
        down, right : (pixel,) mm
        """
        shift = other.centre_mm - self._wall.centre_mm
        down, right = share * shift[0], share * shift[1]
        inner, outer = self._at(other.inner_mm), self._at(other.outer_mm)
        thickness = np.maximum(self._outer - self._inner, _LEAST)
        depth = np.clip((self._radius - self._inner) / thickness, 0.0, 1.0)
        in_wall = (1 - depth) * (inner - self._inner) + depth * (outer - self._outer)
        in_cavity = (inner - self._inner) * self._radius / np.maximum(self._inner, _LEAST)
        longer = np.where(self._radius < self._inner, in_cavity, in_wall) * self._fading
        down[self._near] += longer * self._down
        right[self._near] += longer * self._right
        return down, right


def share_of_shift(still: Float64Array, moving: Float64Array, step_mm: tuple[float, float]) -> Float64Array:
    """Return which share of the heart's shift the tissue makes, by what two suppositions leave unexplained.

    Parameters
    ----------
    still, moving : (row, column) what is left where nothing moves, and where all moves with the heart, per unit of
        noise; NaN where nobody knows
    step_mm : between their rows and their columns

    Returns
    -------
    (row, column) 0..1, smooth; a half where both explain the images alike
    """
    width = tuple(_SMOOTH_MM / step for step in step_mm)
    known = np.isfinite(still) & np.isfinite(moving)

    def around(cost: Float64Array) -> Float64Array:
        return np.asarray(ndimage.gaussian_filter(np.where(known, cost, 0.0), width, mode="nearest"), np.float64)

    left, gone = around(still) ** 2, around(moving) ** 2
    total = left + gone
    share = np.divide(left, total, out=np.full(total.shape, 0.5), where=total > 0)
    return np.asarray(ndimage.gaussian_filter(share, [w / 2 for w in width], mode="nearest"), dtype=np.float64)


def whole_steps_of(places: Float64Array) -> Float64Array:
    """Return pixel coordinates as they are sampled: in whole steps, which every processor finds alike."""
    return np.asarray(np.rint(places * _STEPS_A_PIXEL) / _STEPS_A_PIXEL, dtype=np.float64)


def inside_image(rows: Float64Array, columns: Float64Array, shape: tuple[int, ...]) -> BoolArray:
    """Tell which pixel coordinates lie in an image of (rows, columns)."""
    within = (rows >= 0) & (rows <= shape[0] - 1) & (columns >= 0) & (columns <= shape[1] - 1)
    return np.asarray(within, dtype=np.bool_)


def sample_places(
    images: FloatArray, rows: Float64Array, columns: Float64Array
) -> tuple[Float64Array, BoolArray, Float64Array]:
    """Sample several images, each at its own places (bilinear).

    Parameters
    ----------
    images : (time, row, column)
    rows, columns : (time, pixel) pixel coordinates

    Returns
    -------
    samples : (time, pixel)
    inside : (pixel,) True where no image was left; outside the border pixel is repeated
    gain : (pixel,) mean variance of the samples' noise, as a share of a pixel's
    """
    n_times, n_rows, n_columns = images.shape
    samples = np.empty((n_times, rows.shape[1]))
    inside, gain = np.ones(rows.shape[1], dtype=np.bool_), np.zeros(rows.shape[1])
    for t in range(n_times):
        y, x = whole_steps_of(rows[t]), whole_steps_of(columns[t])
        inside &= inside_image(y, x, (n_rows, n_columns))
        y, x = np.clip(y, 0, n_rows - 1), np.clip(x, 0, n_columns - 1)
        top = np.minimum(y.astype(np.intp), max(n_rows - 2, 0))
        left = np.minimum(x.astype(np.intp), max(n_columns - 2, 0))
        fy, fx = y - top, x - left
        corner = top * n_columns + left
        down, right = min(1, n_rows - 1) * n_columns, min(1, n_columns - 1)
        flat = images[t].reshape(-1)
        upper = flat[corner] * (1 - fx) + flat[corner + right] * fx
        lower = flat[corner + down] * (1 - fx) + flat[corner + down + right] * fx
        samples[t] = upper * (1 - fy) + lower * fy
        gain += ((1 - fy) ** 2 + fy**2) * ((1 - fx) ** 2 + fx**2)
    return samples, inside, gain / n_times
