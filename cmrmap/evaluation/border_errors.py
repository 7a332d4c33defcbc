"""How far the borders of one slice lie off a reader's, in millimetres, along rays about the cavity's centre.

Every figure of a ray is the median over the slice's images: one image that is drawn otherwise decides nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray
from cmrmap.core.outlines import OFF_MM
from cmrmap.evaluation.border_rays import N_RAYS, rays_about
from cmrmap.evaluation.clear_edges import clear_edges

#: endocardium and epicardium, in the order of the arrays
BORDERS = ("endocardium", "epicardium")
_ON_EDGE_MM = 1.5
_FEWEST_CLEAR = 3  # images in which a border must be clear; all of them, of a slice with fewer


@dataclass(frozen=True, slots=True)
class BorderErrors:
    """The borders of one slice against a reader's.

    Attributes
    ----------
    error_mm : (border, ray) radius minus the reader's; NaN in directions in which the reader left the wall open
    clear_error_mm : (border, ray) radius minus that of the clear edge nearest to the reader's border, over the images
        that show one; NaN where the border is not clear in three images (or in all, of fewer)
    beyond_mm : (border, ray) over the same images, by how much the border lies further out (negative: in) than both
        that edge and the reader's border; 0 between them; NaN as ``clear_error_mm``
    on_other_edge : (border, ray) whether in most of these images another clear edge lies within 1.5 mm of the border
        than the one nearest to the reader's
    thickness_error_mm : (ray,) thickness of the wall minus the reader's
    n_images : with an outline of the reader's
    n_missed : of these, without an outline to compare, or with one that does not hold the reader's centre
    """

    error_mm: Float64Array
    clear_error_mm: Float64Array
    beyond_mm: Float64Array
    on_other_edge: BoolArray
    thickness_error_mm: Float64Array
    n_images: int
    n_missed: int

    @property
    def clear(self) -> BoolArray:
        """(border, ray) whether the images show the border clearly."""
        return np.isfinite(self.clear_error_mm)

    @property
    def off(self) -> BoolArray:
        """(border, ray) whether a clear border lies more than ``OFF_MM`` beyond what image and reader show."""
        return np.asarray(np.abs(self.beyond_mm) > OFF_MM, dtype=np.bool_)

    @property
    def lost(self) -> bool:
        """Whether most of the images have no outline about the reader's centre: there is nothing to measure."""
        return 2 * self.n_missed > self.n_images


def border_errors(
    images: FloatArray, found: LabelArray, reader: LabelArray, spacing_mm: tuple[float, float]
) -> BorderErrors:
    """Measure the borders of one slice.

    Parameters
    ----------
    images : (image, row, column)
    found : (image, row, column) ``Label``, to be measured
    reader : the same, to measure against; images without a wall about a cavity take no part
    spacing_mm : (row spacing, column spacing)
    """
    shape = (2, N_RAYS)
    errors, clear_errors, beyond, other, thickness = [], [], [], [], []
    n_images = n_missed = 0
    for image, ours, theirs in zip(images, found, reader, strict=True):
        rays = rays_about(theirs, spacing_mm)
        if rays is None:
            continue
        n_images += 1
        mine, true = rays.radii_mm(ours), rays.radii_mm(theirs)
        if not np.isfinite(mine).any():
            n_missed += 1
            continue
        error = np.mean(mine - true, axis=-1)
        meant = clear_edges(image, theirs, rays, true)
        beside = clear_edges(image, theirs, rays, mine, _ON_EDGE_MM)
        errors.append(error)
        thickness.append(error[1] - error[0])
        clear_errors.append(error - meant)
        beyond.append(error - np.clip(error, np.minimum(meant, 0), np.maximum(meant, 0)))
        other.append(np.isfinite(beside) & np.isfinite(meant) & (np.abs(error + beside - meant) > _ON_EDGE_MM))
    n_clear = np.isfinite(clear_errors).sum(axis=0) if clear_errors else np.zeros(shape)
    shown = n_clear >= min(_FEWEST_CLEAR, max(n_images - n_missed, 1))
    return BorderErrors(
        error_mm=_median(errors, shape),
        clear_error_mm=np.where(shown, _median(clear_errors, shape), np.nan),
        beyond_mm=np.where(shown, _median(beyond, shape), np.nan),
        on_other_edge=np.asarray(2 * np.sum(other, axis=0, initial=0) > n_clear)
        if other
        else np.zeros(shape, dtype=np.bool_),
        thickness_error_mm=_median(thickness, shape[1:]),
        n_images=n_images,
        n_missed=n_missed,
    )


def _median(values: Sequence[Float64Array], shape: tuple[int, ...]) -> Float64Array:
    """Median over the images that have a value; NaN where none has."""
    if not values:
        return np.full(shape, np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of directions without any value
        return np.asarray(np.nanmedian(values, axis=0), dtype=np.float64)
