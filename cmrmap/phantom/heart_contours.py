"""Contours of the heart in one slice at one motion state: LV wall, RV, epicardial fat, insertion points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.anatomy import HeartSlice
from cmrmap.phantom.heart_motion import MotionState

N_ANGLES = 1440
#: where the outflow tract thins the basal wall: anteroseptal, and how wide (standard deviation)
_OUTFLOW_ANGLE_RAD, _OUTFLOW_WIDTH_RAD = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class HeartContours:
    """Radii in mm about ``centre_mm`` at ``N_ANGLES`` equal steps from angle 0 (the first is the +column axis).

    Attributes
    ----------
    endocardium, epicardium : of the LV wall
    rv_cavity : outer border of the RV cavity; equals the epicardium outside the septum
    rv_wall : outer border of the RV's free wall
    fat : outer border of the epicardial fat
    insertion_mm : (2, 2) x, y of the anterior and the inferior RV insertion point, from the image centre
    """

    centre_mm: tuple[float, float]
    endocardium: Float64Array
    epicardium: Float64Array
    rv_cavity: Float64Array
    rv_wall: Float64Array
    fat: Float64Array
    insertion_mm: Float64Array


def contour_angles() -> Float64Array:
    """(angle,) rad of the contours' samples."""
    return np.asarray(np.arange(N_ANGLES) * (2.0 * np.pi / N_ANGLES), dtype=np.float64)


def heart_contours(heart: HeartSlice, state: MotionState) -> HeartContours:
    """Contours of one slice in one motion state.

    Contraction shortens the endocardial radius and moves the epicardium so that the area of the wall at every angle is
    kept (muscle is incompressible); the scale change then acts on everything about the LV centre.
    """
    angles = contour_angles()
    rest_epi = heart.epicardial_radius_mm * _modulation(heart.epicardial_waves, angles)
    wall_mm = heart.wall_mm * _modulation(heart.wall_waves, angles)
    if heart.outflow:
        off = _wrapped(angles - heart.septal_angle_rad - _OUTFLOW_ANGLE_RAD) / _OUTFLOW_WIDTH_RAD
        wall_mm = wall_mm * (1.0 - heart.outflow * np.exp(-0.5 * off**2))
    rest_endo = rest_epi - wall_mm
    scale = 1.0 + state.scale_change
    shortening = 1.0 - state.contraction
    endo = rest_endo * shortening
    epi = np.sqrt(endo**2 + rest_epi**2 - rest_endo**2)
    across = _wrapped(angles - heart.septal_angle_rad) / heart.septal_half_width_rad
    height = heart.rv_height_mm * shortening * _rv_profile(across, heart.rv_skew)
    cavity = epi + height
    wall = np.where(height > 0.0, cavity + heart.rv_wall_mm, epi)
    # smoothing bridges the grooves at the insertion points: that is where the fat lies
    bridge = gaussian_filter1d(np.maximum(wall, epi), sigma=0.10 * N_ANGLES / (2 * np.pi), mode="wrap")
    groove = np.exp(-0.5 * ((np.abs(across) - 1.0) / 0.22) ** 2)
    fat = np.maximum(bridge, wall + 0.6) + heart.fat_mm * (0.5 + 1.3 * groove)
    centre = (heart.centre_mm[0] + state.shift_mm[0], heart.centre_mm[1] + state.shift_mm[1])
    insertion = []
    for side in (1.0, -1.0):
        angle = heart.septal_angle_rad + side * heart.septal_half_width_rad
        radius = scale * np.interp(angle % (2 * np.pi), angles, epi, period=2 * np.pi)
        insertion.append((centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)))
    return HeartContours(
        centre_mm=centre,
        endocardium=scale * endo,
        epicardium=scale * epi,
        rv_cavity=scale * cavity,
        rv_wall=scale * wall,
        fat=scale * fat,
        insertion_mm=np.array(insertion),
    )


def _modulation(waves: tuple[tuple[int, float, float], ...], angles: Float64Array) -> Float64Array:
    total = np.ones_like(angles)
    for order, amplitude, phase in waves:
        total += amplitude * np.cos(order * (angles - phase))
    return total


def _rv_profile(across: Float64Array, skew: float) -> Float64Array:
    """Depth of the RV between its insertion points (-1 inferior, +1 anterior), largest value 1, 0 outside."""
    inside = np.clip(1.0 - across**2, 0.0, None)
    profile = inside**0.75 * (1.0 + skew * across)
    return np.asarray(profile / profile.max(), dtype=np.float64)


def _wrapped(angle: Float64Array) -> Float64Array:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi, dtype=np.float64)
