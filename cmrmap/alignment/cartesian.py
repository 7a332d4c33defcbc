"""Back from the polar grid to the pixels of one reference image per slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.memo import Unchanging
from cmrmap.core.polar_stack import PolarStack

_LEAST_FINITE_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class CartesianWeights(Unchanging):
    """The pixels of each slice's reference wall and the four polar cells that each draws on.

    Attributes
    ----------
    shape : (slice, row, column) of the images
    grid : (angle, depth) cell counts
    pixels : per slice (pixel,) flat index in (row, column)
    cells : per slice (pixel, 4) flat index in (angle, depth)
    weights : per slice (pixel, 4), summing to 1; finite
    """

    shape: tuple[int, int, int]
    grid: tuple[int, int]
    pixels: tuple[IntArray, ...]
    cells: tuple[IntArray, ...]
    weights: tuple[Float64Array, ...]


def cartesian_weights(
    stack: PolarStack, reference_time: IntArray, shape: tuple[int, int], within: BoolArray | None = None
) -> CartesianWeights:
    """Work out which polar cells every pixel of the reference wall draws on.

    Bilinear in (angle, depth), periodic in angle; nearer to a border than half a cell, the border cell is repeated.

    Parameters
    ----------
    stack : the polar grid and the correspondence
    reference_time : (slice,) time index of the reference image; -1 leaves the slice empty
    shape : (rows, columns) of the images
    within : (slice, row, column) pixels to give a value, e.g. the reference image's wall label; None: pixels whose
        centre lies between the smoothed contours

    Returns
    -------
    CartesianWeights
        of every slice; none for a slice that is left empty

    Raises
    ------
    InputError
        a reference image that is not on the polar grid, or shapes that do not match
    """
    n_slices = stack.centres.shape[0]
    if len(reference_time) != n_slices or (within is not None and within.shape != (n_slices, *shape)):
        raise InputError(
            f"reference_time and within must cover the {n_slices} slices of the polar stack at {shape}; found "
            f"{len(reference_time)} and {None if within is None else within.shape}"
        )
    grid = (stack.angles_rad.size, stack.depths.size)
    pixels, cells, weights = [], [], []
    for s, t in enumerate(np.asarray(reference_time)):
        if t < 0:
            pixels.append(np.empty(0, dtype=np.intp))
            cells.append(np.empty((0, 4), dtype=np.intp))
            weights.append(np.empty((0, 4)))
            continue
        if not np.isfinite(stack.centres[s, t]).all():
            raise InputError(f"reference image {t} of slice {s} has no wall on the polar grid; choose a usable image")
        found = _slice_weights(stack, s, int(t), shape, None if within is None else within[s])
        pixels.append(found[0])
        cells.append(found[1])
        weights.append(found[2])
    return CartesianWeights((n_slices, *shape), grid, tuple(pixels), tuple(cells), tuple(weights))


def _slice_weights(
    stack: PolarStack, s: int, t: int, shape: tuple[int, int], within: BoolArray | None
) -> tuple[IntArray, IntArray, Float64Array]:
    n_angles, n_depths = stack.angles_rad.size, stack.depths.size
    row, column = stack.centres[s, t]
    if within is None:
        reach = float(stack.outer_radius[s, t].max()) + 1.0
        r0, r1 = max(int(row - reach), 0), min(int(row + reach) + 2, shape[0])
        c0, c1 = max(int(column - reach), 0), min(int(column + reach) + 2, shape[1])
        rows, columns = (axis.ravel() for axis in np.mgrid[r0:r1, c0:c1])
    else:
        rows, columns = np.nonzero(within)
    radius = np.hypot(rows - row, columns - column)
    # the grid's angles are those in the patient
    direction = np.arctan2((rows - row) * stack.pixel_aspect[s], columns - column)
    angle = np.mod(direction, 2 * np.pi) * (n_angles / (2 * np.pi)) - 0.5
    first = np.floor(angle).astype(np.intp)
    f = angle - first
    first, second = first % n_angles, (first + 1) % n_angles
    inner = (1 - f) * stack.inner_radius[s, t, first] + f * stack.inner_radius[s, t, second]
    outer = (1 - f) * stack.outer_radius[s, t, first] + f * stack.outer_radius[s, t, second]
    depth = (radius - inner) / (outer - inner)
    keep = (depth >= 0) & (depth <= 1) if within is None else np.ones(depth.shape, dtype=np.bool_)
    level = np.clip(depth * n_depths - 0.5, 0.0, n_depths - 1.0)
    low = np.minimum(np.floor(level), max(n_depths - 2, 0)).astype(np.intp)
    high = np.minimum(low + 1, n_depths - 1)
    g = level - low
    cells = np.stack(
        [first * n_depths + low, first * n_depths + high, second * n_depths + low, second * n_depths + high], axis=-1
    )
    weights = np.stack([(1 - f) * (1 - g), (1 - f) * g, f * (1 - g), f * g], axis=-1)
    flat = np.asarray(rows * shape[1] + columns, dtype=np.intp)
    return flat[keep], cells[keep], weights[keep]


def _finite_weights(weights: CartesianWeights, s: int, finite: BoolArray) -> Float64Array:
    """Weights on a slice's ``finite`` cells (angle * depth,), renormalised; NaN where less than half is left."""
    kept = np.where(finite[weights.cells[s]], weights.weights[s], 0.0)
    total = kept.sum(axis=1, keepdims=True)
    enough = total >= _LEAST_FINITE_WEIGHT
    return np.asarray(np.where(enough, kept / np.where(enough, total, 1.0), np.nan), dtype=np.float64)


def interpolate(polar_values: Float64Array, weights: CartesianWeights) -> Float64Array:
    """Bring values of the polar grid to the pixels.

    Parameters
    ----------
    polar_values : (slice, angle, depth), NaN = no value
    weights : from ``cartesian_weights``

    Returns
    -------
    (slice, row, column) NaN outside the wall and where more than half of a pixel's weight lies on cells without value
    """
    n_slices, n_rows, n_columns = weights.shape
    out = np.full((n_slices, n_rows * n_columns), np.nan)
    for s in range(n_slices):
        flat = polar_values[s].reshape(-1)
        finite = np.isfinite(flat)
        kept = _finite_weights(weights, s, finite)
        out[s, weights.pixels[s]] = (np.where(finite, flat, 0.0)[weights.cells[s]] * kept).sum(axis=1)
    return out.reshape(weights.shape)


def nearest(polar_codes: LabelArray, weights: CartesianWeights, outside: int) -> LabelArray:
    """Bring codes (status, segment) of the polar grid to the pixels by the nearest cell.

    Parameters
    ----------
    polar_codes : (slice, angle, depth) uint8
    weights : from ``cartesian_weights``
    outside : the code of pixels outside the wall

    Returns
    -------
    (slice, row, column) uint8
    """
    n_slices, n_rows, n_columns = weights.shape
    out = np.full((n_slices, n_rows * n_columns), outside, dtype=np.uint8)
    for s in range(n_slices):
        if weights.pixels[s].size:
            best = np.take_along_axis(weights.cells[s], weights.weights[s].argmax(axis=1)[:, None], axis=1)[:, 0]
            out[s, weights.pixels[s]] = polar_codes[s].reshape(-1)[best]
    return out.reshape(weights.shape)


def from_polar(
    polar_values: Float64Array,
    stack: PolarStack,
    reference_time: IntArray,
    shape: tuple[int, int],
    within: BoolArray | None = None,
) -> Float64Array:
    """``interpolate`` with the weights worked out on the way.

    Parameters
    ----------
    polar_values : (slice, angle, depth); NaN where a cell has no value
    stack, reference_time, shape, within : as in ``cartesian_weights``

    Returns
    -------
    (slice, row, column); NaN where there is no value
    """
    return interpolate(polar_values, cartesian_weights(stack, reference_time, shape, within))


def from_polar_nearest(
    polar_codes: LabelArray,
    stack: PolarStack,
    reference_time: IntArray,
    shape: tuple[int, int],
    outside: int,
    within: BoolArray | None = None,
) -> LabelArray:
    """``nearest`` with the weights worked out on the way.

    Parameters
    ----------
    polar_codes : (slice, angle, depth) uint8
    outside : code of pixels that lie on no cell
    stack, reference_time, shape, within : as in ``cartesian_weights``

    Returns
    -------
    (slice, row, column) uint8
    """
    return nearest(polar_codes, cartesian_weights(stack, reference_time, shape, within), outside)


def region_weights(weights: CartesianWeights, region: BoolArray, polar_values: Float64Array) -> npt.NDArray[np.float64]:
    """Return the weight of every polar cell in the mean over a region of pixels.

    ``(region_weights * polar_values)`` summed over the cells that hold a value is the mean of ``interpolate``'s
    pixels in the region.

    Parameters
    ----------
    weights : from ``cartesian_weights``
    region : (slice, row, column) the pixels averaged; those without a value do not count
    polar_values : (slice, angle, depth), for which cells hold a value

    Returns
    -------
    (slice, angle, depth) finite, summing to 1 over all slices; all zero for a region without pixels
    """
    n_slices = weights.shape[0]
    n_cells = weights.grid[0] * weights.grid[1]
    out = np.zeros((n_slices, n_cells))
    n_pixels = 0
    for s in range(n_slices):
        inside = np.flatnonzero(region[s].reshape(-1)[weights.pixels[s]])
        if inside.size == 0:
            continue
        kept = _finite_weights(weights, s, np.isfinite(polar_values[s].reshape(-1)))[inside]
        valued = np.isfinite(kept).all(axis=1)
        n_pixels += int(valued.sum())
        cells = weights.cells[s][inside][valued]
        out[s] = np.bincount(cells.ravel(), weights=kept[valued].ravel(), minlength=n_cells)
    if n_pixels:
        out /= n_pixels
    return out.reshape(n_slices, *weights.grid)
