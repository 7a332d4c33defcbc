"""Angles on a circle: differences, medians, interpolation; and image angles in the patient."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry


def wrapped(angle_rad: Float64Array | float) -> Float64Array:
    """Return the same direction in [-pi, pi)."""
    return np.asarray(np.mod(np.asarray(angle_rad) + np.pi, 2 * np.pi) - np.pi, dtype=np.float64)


def circular_median(angles_rad: Float64Array) -> float:
    """Return the given angle with the least summed distance to the others, averaged with its equals."""
    angles = np.asarray(angles_rad, dtype=np.float64)
    cost = np.abs(wrapped(angles[:, None] - angles)).sum(axis=1)
    best = angles[cost <= cost.min() + 1e-9]
    return float(wrapped(best[0] + wrapped(best - best[0]).mean()))


def patient_direction(angle_rad: float, geometry: SliceGeometry) -> Float64Array:
    """Return the unit vector (LPS) of an image angle (pixels; from +column axis towards +row)."""
    row_spacing, column_spacing = geometry.pixel_spacing_mm
    vector = np.cos(angle_rad) * column_spacing * np.asarray(geometry.row_cosines)
    vector = vector + np.sin(angle_rad) * row_spacing * np.asarray(geometry.column_cosines)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)


def patient_way(from_rad: float, to_rad: float, geometry: SliceGeometry) -> Float64Array:
    """Return the unit vector (LPS) from the place on a circle at one image angle to that at another."""
    way = patient_direction(to_rad, geometry) - patient_direction(from_rad, geometry)
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-12), dtype=np.float64)


def in_millimetres(angle_rad: Float64Array, geometry: SliceGeometry) -> Float64Array:
    """Return image angles as angles in the plane of the patient: the same where pixels are square."""
    row_spacing, column_spacing = geometry.pixel_spacing_mm
    return np.asarray(np.arctan2(np.sin(angle_rad) * row_spacing, np.cos(angle_rad) * column_spacing), dtype=np.float64)
