"""What may be segmented: images and pixel spacing are checked and brought to one scale before anything sees them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import FloatArray, readonly
from cmrmap.core.errors import InputError

_MIN_ROWS = 16  # below this there is no heart to draw
#: a scanner's bore is 0.7 m wide: a larger field of view is a pixel spacing in another unit, and would be resampled to
#: an image that no memory holds
MAX_FIELD_OF_VIEW_MM = 1000.0


@dataclass(frozen=True, slots=True)
class SliceInput:
    """One slice's images, fit to be segmented.

    Attributes
    ----------
    images : (image, row, column) float32, each divided by a power of two so that its largest magnitude is 0.5 to 1:
        nothing else changes, and no positive scaling overflows; zero where the image has a reason
    spacing_mm : (row spacing, column spacing)
    reasons : (image,) why an image cannot be segmented; "" where it can
    """

    images: FloatArray
    spacing_mm: tuple[float, float]
    reasons: tuple[str, ...]


def check_slice(images: npt.ArrayLike, pixel_spacing_mm: float | tuple[float, float] | None) -> SliceInput:
    """Check the images of one slice.

    Parameters
    ----------
    images : (image, row, column), any real type, magnitude or signed
    pixel_spacing_mm : one number, or (row spacing, column spacing) as in PixelSpacing

    Raises
    ------
    InputError
        no real numbers of three axes, fewer than 16 pixels along an axis, a pixel spacing that is missing or not
        positive, a field of view beyond ``MAX_FIELD_OF_VIEW_MM``
    """
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise InputError("images differ in size; expected real numbers (image, row, column) of one slice") from error
    if array.ndim != 3 or array.dtype.kind not in "biuf":
        raise InputError(
            f"images have shape {array.shape} and type {array.dtype}; expected real numbers (image, row, column)"
        )
    rows, columns = array.shape[1:]
    if min(rows, columns) < _MIN_ROWS:
        raise InputError(f"images are {rows} x {columns} pixels; expected at least {_MIN_ROWS} each way")
    spacing = _spacing(pixel_spacing_mm)
    field_of_view = max(rows * spacing[0], columns * spacing[1])
    if field_of_view > MAX_FIELD_OF_VIEW_MM:
        raise InputError(
            f"the field of view is {field_of_view:.4g} mm ({rows} x {columns} pixels of {spacing[0]:.4g} x "
            f"{spacing[1]:.4g} mm); expected at most {MAX_FIELD_OF_VIEW_MM:.0f} mm: give pixel_spacing_mm in mm"
        )
    scaled = np.zeros(array.shape, dtype=np.float32)
    reasons = []
    for image, out in zip(array, scaled, strict=True):
        lowest, highest = float(image.min()), float(image.max())
        if not (np.isfinite(lowest) and np.isfinite(highest)):
            reasons.append("the image holds values that are not finite")
        elif lowest == highest:
            reasons.append("the image is constant")
        else:
            reasons.append("")
            _, exponent = np.frexp(max(-lowest, highest))
            out[...] = np.ldexp(image.astype(np.float64), -int(exponent))
    return SliceInput(readonly(scaled), spacing, tuple(reasons))


def _spacing(given: float | tuple[float, float] | None) -> tuple[float, float]:
    if given is None:
        raise InputError("pixel_spacing_mm is missing; give the pixel's size in mm, or (row, column)")
    try:
        spacing = np.broadcast_to(np.asarray(given, dtype=np.float64), (2,))
    except (TypeError, ValueError):
        spacing = np.zeros(2)
    if not np.all(np.isfinite(spacing)) or np.any(spacing <= 0):
        raise InputError(f"pixel_spacing_mm is {given!r}; expected a positive number of mm, or (row, column)")
    return float(spacing[0]), float(spacing[1])
