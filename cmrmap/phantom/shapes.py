"""Simple closed shapes and how much of each pixel they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.tissue import Tissue


@dataclass(frozen=True, slots=True)
class Blob:
    """An ellipse with a wavy border, filled with one tissue.

    Attributes
    ----------
    centre_mm : x (along the columns, to the right) and y (along the rows, down) from the image centre
    semi_axes_mm : half lengths along the blob's own x and y
    rotation_rad : of the blob's x axis from +x towards +y
    waves : (order, relative amplitude, phase in rad) of the radial modulation ``1 + sum a cos(order t - phase)``
    clipped : paint only inside the chest cavity
    opacity : 0..1, how much of what lies beneath is replaced
    """

    tissue: Tissue
    centre_mm: tuple[float, float]
    semi_axes_mm: tuple[float, float]
    rotation_rad: float = 0.0
    waves: tuple[tuple[int, float, float], ...] = ()
    clipped: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Tube:
    """A straight vessel piece with round ends and a linearly changing radius; coordinates as for `Blob`."""

    tissue: Tissue
    start_mm: tuple[float, float]
    end_mm: tuple[float, float]
    start_radius_mm: float
    end_radius_mm: float
    clipped: bool = False
    opacity: float = 1.0


Shape = Blob | Tube


def pixel_centres_mm(count: int, pixel_mm: float) -> Float64Array:
    """(count,) coordinates of the pixel centres of one image axis; the middle of the image is 0."""
    return np.asarray((np.arange(count) - (count - 1) / 2) * pixel_mm, dtype=np.float64)


def coverage(shape: Shape, x_mm: Float64Array, y_mm: Float64Array, pixel_mm: float) -> Float64Array:
    """Return the fraction of each pixel that a shape covers, 0..1, from the distance of its centre to the border.

    Parameters
    ----------
    x_mm, y_mm : (row, column) or broadcastable to it: pixel centres in mm from the image centre
    """
    distance = _blob_distance(shape, x_mm, y_mm) if isinstance(shape, Blob) else _tube_distance(shape, x_mm, y_mm)
    return shape.opacity * np.clip(0.5 - distance / pixel_mm, 0.0, 1.0)


def bounding_box_mm(shape: Shape) -> tuple[float, float, float, float]:
    """Return x_min, x_max, y_min, y_max of a box that holds the shape and a margin of 3 mm."""
    if isinstance(shape, Blob):
        reach = max(shape.semi_axes_mm) * (1.0 + sum(abs(amplitude) for _, amplitude, _ in shape.waves)) + 3.0
        x, y = shape.centre_mm
        return x - reach, x + reach, y - reach, y + reach
    reach = max(shape.start_radius_mm, shape.end_radius_mm) + 3.0
    (x0, y0), (x1, y1) = shape.start_mm, shape.end_mm
    return min(x0, x1) - reach, max(x0, x1) + reach, min(y0, y1) - reach, max(y0, y1) + reach


def _blob_distance(blob: Blob, x_mm: Float64Array, y_mm: Float64Array) -> Float64Array:
    """Signed distance to the border, negative inside; exact for a circle, first order elsewhere."""
    cosine, sine = np.cos(blob.rotation_rad), np.sin(blob.rotation_rad)
    dx, dy = x_mm - blob.centre_mm[0], y_mm - blob.centre_mm[1]
    u = (cosine * dx + sine * dy) / blob.semi_axes_mm[0]
    v = (cosine * dy - sine * dx) / blob.semi_axes_mm[1]
    rho = np.hypot(u, v)
    border = np.ones_like(rho)
    if blob.waves:
        angle = np.arctan2(v, u)
        for order, amplitude, phase in blob.waves:
            border += amplitude * np.cos(order * angle - phase)
    # |grad rho| turns the normalised radius into millimetres near the border
    gradient = np.hypot(u / blob.semi_axes_mm[0], v / blob.semi_axes_mm[1]) / np.maximum(rho, 1e-6)
    floor = 0.5 / max(blob.semi_axes_mm)
    return np.asarray((rho - border) / np.maximum(gradient, floor), dtype=np.float64)


def _tube_distance(tube: Tube, x_mm: Float64Array, y_mm: Float64Array) -> Float64Array:
    (x0, y0), (x1, y1) = tube.start_mm, tube.end_mm
    length_squared = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-12)
    along = np.clip(((x_mm - x0) * (x1 - x0) + (y_mm - y0) * (y1 - y0)) / length_squared, 0.0, 1.0)
    radius = tube.start_radius_mm + along * (tube.end_radius_mm - tube.start_radius_mm)
    distance = np.hypot(x_mm - x0 - along * (x1 - x0), y_mm - y0 - along * (y1 - y0)) - radius
    return np.asarray(distance, dtype=np.float64)
