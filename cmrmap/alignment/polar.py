"""To polar: every image's wall on one (angle, depth) grid about its own centre (Fahmy, JCMR 2019;21:7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cmrmap.alignment.bilinear import sample
from cmrmap.alignment.contours import WallMasks, contour_radii, wall_masks
from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, IntArray, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import ImageOutcome, RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack

WALL_PARTS = 12  # large enough to average out noise, small enough for an outline that lies to one side


def to_polar(
    images: FloatArray,
    labels: LabelArray,
    usable: BoolArray,
    kind: MapKind,
    n_angles: int = 128,
    n_depths: int = 12,
    pixel_aspect: Float64Array | None = None,
) -> PolarStack:
    """Sample every usable image's wall on a grid that follows the wall.

    The centre is the centre of mass of the filled ventricle (wall and cavity): it moves less with an error of the
    endocardial border than the wall's own. Where in any image of a slice that point falls into the wall (a thick
    septum with a small cavity), the cavity's centre is taken in all images of the slice, so that angles stay
    comparable. Sampling is bilinear: each sample's source pixels and weights follow from ``rows`` and ``columns``.

    Parameters
    ----------
    images : (slice, time, row, column), any unit
    labels : (slice, time, row, column) uint8 of ``Label``
    usable : (slice, time) which images have a segmentation
    kind : the map these images are for
    n_angles, n_depths : grid cells around the wall and across it; defaults are about one pixel of a 256x256 image
    pixel_aspect : (slice,) row spacing over column spacing; None: pixels are square. Angles are those in the patient,
        so that series of different pixels share one grid

    Returns
    -------
    PolarStack
        NaN in every field of an image that is not usable, or whose labels enclose no cavity.

    Raises
    ------
    InputError
        shapes that do not match, fewer than 4 angles or 1 depth

    Examples
    --------
    >>> import numpy as np
    >>> from cmrmap.alignment import to_polar
    >>> from cmrmap.core.map_specs import MapKind
    >>> rows, columns = np.mgrid[:64, :64]
    >>> radius = np.hypot(rows - 32, columns - 30)
    >>> labels = np.where(radius < 12, 2, np.where(radius < 20, 1, 0)).astype(np.uint8)
    >>> image = np.where(labels == 1, 100.0, 0.0).astype(np.float32)
    >>> polar = to_polar(image[None, None], labels[None, None], np.ones((1, 1), bool), MapKind.NATIVE_T1)
    >>> polar.signals.shape
    (1, 1, 128, 12)
    >>> float(np.nanmedian(polar.signals))
    100.0
    """
    if images.ndim != 4 or labels.shape != images.shape or usable.shape != images.shape[:2]:
        raise InputError(
            f"images, labels and usable must share (slice, time, row, column); found {images.shape}, "
            f"{labels.shape} and {usable.shape}"
        )
    if n_angles < 4 or n_depths < 1:
        raise InputError(f"the polar grid needs at least 4 angles and 1 depth; found {n_angles} and {n_depths}")
    n_slices, n_times = usable.shape
    aspect = np.ones(n_slices) if pixel_aspect is None else np.asarray(pixel_aspect, dtype=np.float64)
    if aspect.shape != (n_slices,):
        raise InputError(f"pixel_aspect must have one value for each of {n_slices} slices; found {aspect.shape}")
    angles = (np.arange(n_angles, dtype=np.float64) + 0.5) * (2 * np.pi / n_angles)
    depths: Float64Array = (np.arange(n_depths, dtype=np.float64) + 0.5) / n_depths
    grid = (n_slices, n_times, n_angles, n_depths)
    signals, rows, columns = (np.full(grid, np.nan) for _ in range(3))
    centres = np.full((n_slices, n_times, 2), np.nan)
    inner, outer = (np.full(grid[:3], np.nan) for _ in range(2))
    for s in range(n_slices):
        here = np.flatnonzero(usable[s])
        for t, one in zip(here, _polar_slice(images[s, here], labels[s, here], angles, depths, aspect[s]), strict=True):
            if one is not None:
                centres[s, t], inner[s, t], outer[s, t], rows[s, t], columns[s, t], signals[s, t] = one
    return PolarStack(kind, signals, rows, columns, centres, inner, outer, angles, depths, aspect)


@remembered
def _polar_slice(
    images: FloatArray, labels: LabelArray, angles: Float64Array, depths: Float64Array, aspect: np.float64
) -> tuple[_PolarImage | None, ...]:
    """Return what the polar stack holds of each usable image of a slice; None where the labels enclose no cavity."""
    masks = [wall_masks(one) for one in labels]
    of_cavity = any(one is not None and not one.centre_in_cavity() for one in masks)
    out: list[_PolarImage | None] = []
    for image, wall in zip(images, masks, strict=True):
        if wall is None:
            out.append(None)
            continue
        place = _wall_grid(wall, of_cavity, in_pixels(angles, float(aspect)), depths)
        out.append((*place, sample(np.asarray(image, dtype=np.float64), place[3], place[4])))
    return tuple(out)


#: centre, inner and outer radii, rows, columns and signals
_PolarImage = tuple[tuple[float, float], Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]


def in_pixels(angles_rad: Float64Array, aspect: float) -> Float64Array:
    """Return angles in the patient as angles on the pixel grid: the same where pixels are square."""
    if aspect == 1.0:
        return angles_rad
    return np.asarray(np.arctan2(np.sin(angles_rad) / aspect, np.cos(angles_rad)), dtype=np.float64)


def _wall_grid(
    masks: WallMasks, of_cavity: bool, angles: Float64Array, depths: Float64Array
) -> tuple[tuple[float, float], Float64Array, Float64Array, Float64Array, Float64Array]:
    """Centre, inner and outer radius (angle,), and sample rows and columns (angle, depth) of one image; in pixels."""
    centre = masks.centre(of_cavity)
    inner, outer = contour_radii(masks, centre, angles)
    radii = inner[:, None] + (outer - inner)[:, None] * depths
    rows = centre[0] + np.sin(angles)[:, None] * radii
    columns = centre[1] + np.cos(angles)[:, None] * radii
    return centre, inner, outer, rows, columns


def choose_reference(
    refined: RefinedSegmentation, polar: PolarStack, times: Sequence[IntArray] | None = None
) -> IntArray:
    """Return per slice the image whose wall is the most typical: the one the map is drawn on.

    The distance to the slice's median wall is the root mean square over angle of both radii' deviation, plus the
    deviation of the centre. Images that passed the shape check go before replaced ones; the first of equals wins.

    Parameters
    ----------
    refined : gives ``outcome`` (slice, time)
    polar : gives centres and radii of the same images
    times : per slice (n,) indices of the images to choose from; None: all that are usable

    Returns
    -------
    (slice,) time index; -1 where the slice has no usable image
    """
    usable = refined.usable & np.isfinite(polar.centres).all(axis=-1)
    chosen = np.full(usable.shape[0], -1, dtype=np.intp)
    for s in range(usable.shape[0]):
        able = np.flatnonzero(usable[s]) if times is None else times[s]
        if able.size == 0:
            continue
        spread = (
            _rms_from_median(polar.inner_radius[s, able])
            + _rms_from_median(polar.outer_radius[s, able])
            + _rms_from_median(polar.centres[s, able]) * np.sqrt(2.0)
        )
        passed = refined.outcome[s, able] == ImageOutcome.PASSED
        if passed.any():
            spread = np.where(passed, spread, np.inf)
        # Rounded, so that a difference in the last bit does not decide between equals.
        chosen[s] = able[int(np.argmin(np.round(spread, 9)))]
    return chosen


def wall_parts(values: Float64Array) -> list[Float64Array]:
    """Cut the wall into ``WALL_PARTS`` parts around it, as equal as the angles allow.

    Parameters
    ----------
    values : (..., angle, depth); NaN where a cell has no value

    Returns
    -------
    views of (..., part of the angles, depth)

    Examples
    --------
    >>> import numpy as np
    >>> [part.shape for part in wall_parts(np.zeros((16, 12)))][:2]
    [(2, 12), (2, 12)]
    """
    return np.array_split(values, WALL_PARTS, axis=-2)


def _rms_from_median(values: npt.NDArray[np.float64]) -> Float64Array:
    """Root mean square over the last axis of the deviation from the median over the first."""
    deviation = values - np.median(values, axis=0)
    return np.asarray(np.sqrt(np.mean(deviation**2, axis=-1)), dtype=np.float64)
