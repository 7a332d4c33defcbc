"""Render the heart of one slice at one motion state: contours, fractional tissues, labels, insertion points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from cmrmap.core.arrays import Float64Array, FloatArray, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.phantom.anatomy import HeartSlice, Lesion
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.tissue import LABEL_OF_TISSUE, Tissue

N_ANGLES = 1440
_SUPERSAMPLING = 3
#: value of the supersampled tissue index where there is no heart; not a tissue
_OUTSIDE = 255
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


@dataclass(frozen=True, slots=True)
class HeartRendering:
    """The heart on the pixels of one image.

    Attributes
    ----------
    fractions : (tissue, row, column) float32, 0..1; their sum is the share of the pixel that the heart fills
    labels : (row, column) uint8 of `Label`: what fills most of the pixel
    insertion_points : (2, 2) row, column of the anterior and the inferior RV insertion point
    """

    fractions: FloatArray
    labels: LabelArray
    insertion_points: Float64Array


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


def render_heart(
    heart: HeartSlice,
    state: MotionState,
    *,
    shape_rc: tuple[int, int],
    pixel_mm: float,
    lesion: Lesion | None = None,
    slice_index: int = 0,
) -> HeartRendering:
    """Render one slice on an image whose centre is the origin of the anatomy.

    Each pixel is divided into 3 x 3 sub-pixels of one tissue each: fractions are exact to a ninth.

    Parameters
    ----------
    shape_rc : rows, columns
    lesion : painted where ``slice_index`` is one of its slices
    """
    if heart.through_plane:
        return _render_through_plane(heart, state, shape_rc, pixel_mm, lesion, slice_index)
    contours = heart_contours(heart, state)
    rows, columns = shape_rc
    reach_px = float(contours.fat.max()) / pixel_mm + 2.0
    centre_rc = (
        contours.centre_mm[1] / pixel_mm + (rows - 1) / 2,
        contours.centre_mm[0] / pixel_mm + (columns - 1) / 2,
    )
    top, bottom = max(0, int(centre_rc[0] - reach_px)), min(rows, int(centre_rc[0] + reach_px) + 2)
    left, right = max(0, int(centre_rc[1] - reach_px)), min(columns, int(centre_rc[1] + reach_px) + 2)
    sub = _SUPERSAMPLING
    y = ((np.arange((bottom - top) * sub) + 0.5) / sub - 0.5 + top - centre_rc[0]) * pixel_mm
    x = ((np.arange((right - left) * sub) + 0.5) / sub - 0.5 + left - centre_rc[1]) * pixel_mm
    tissue = _tissue_map(heart, contours, x[None, :], y[:, None], lesion, slice_index)
    blocks = tissue.reshape(bottom - top, sub, right - left, sub)
    fractions = np.zeros((len(Tissue), rows, columns), dtype=np.float32)
    for value in np.unique(tissue):
        if value != _OUTSIDE:
            fractions[value, top:bottom, left:right] = (blocks == value).sum(axis=(1, 3), dtype=np.float32) / sub**2
    insertion_rc = contours.insertion_mm[:, ::-1] / pixel_mm + np.array([(rows - 1) / 2, (columns - 1) / 2])
    return HeartRendering(fractions=fractions, labels=majority_labels(fractions), insertion_points=insertion_rc)


def _render_through_plane(
    heart: HeartSlice,
    state: MotionState,
    shape_rc: tuple[int, int],
    pixel_mm: float,
    lesion: Lesion | None,
    slice_index: int,
) -> HeartRendering:
    """Mean of three sub-slices of a thick slice in which the heart tapers."""
    flat = replace(heart, through_plane=0.0)
    parts = [
        render_heart(
            flat,
            replace(state, scale_change=state.scale_change + offset * heart.through_plane),
            shape_rc=shape_rc,
            pixel_mm=pixel_mm,
            lesion=lesion,
            slice_index=slice_index,
        )
        for offset in (-1.0 / 3.0, 0.0, 1.0 / 3.0)
    ]
    fractions = np.asarray(sum(part.fractions for part in parts) / np.float32(len(parts)), dtype=np.float32)
    return HeartRendering(fractions, majority_labels(fractions), parts[1].insertion_points)


def majority_labels(fractions: FloatArray) -> LabelArray:
    """(row, column) label that fills more than half of the pixel, background elsewhere.

    Parameters
    ----------
    fractions : (tissue, row, column)
    """
    labels = np.zeros(fractions.shape[1:], dtype=np.uint8)
    for label in (Label.MYOCARDIUM, Label.CAVITY, Label.RIGHT_VENTRICLE):
        members = [tissue for tissue, of in LABEL_OF_TISSUE.items() if of is label]
        labels[fractions[members].sum(axis=0) > 0.5] = label
    # a pixel shared by wall, blood and fat may have no majority: the larger of wall and cavity keeps the ring closed
    wall = fractions[[Tissue.MYOCARDIUM, Tissue.LESION]].sum(axis=0)
    cavity = fractions[[Tissue.CAVITY, Tissue.PAPILLARY]].sum(axis=0)
    tie = (labels == 0) & (wall + cavity > 0.5)
    labels[tie] = np.where(wall[tie] >= cavity[tie], Label.MYOCARDIUM, Label.CAVITY)
    return labels


def _tissue_map(
    heart: HeartSlice,
    contours: HeartContours,
    x_mm: Float64Array,
    y_mm: Float64Array,
    lesion: Lesion | None,
    slice_index: int,
) -> LabelArray:
    """(y, x) tissue of each point given relative to the LV centre; painted from outside to inside."""
    radius = np.hypot(x_mm, y_mm)
    bins = np.rint(np.arctan2(y_mm, x_mm) * (N_ANGLES / (2 * np.pi))).astype(np.intp) % N_ANGLES
    angles = contour_angles()
    endo, epi = contours.endocardium[bins], contours.epicardium[bins]
    tissue = np.full(radius.shape, _OUTSIDE, dtype=np.uint8)
    tissue[radius < contours.fat[bins]] = Tissue.FAT
    tissue[radius < contours.rv_wall[bins]] = Tissue.RV_WALL
    ridges = _trabecula_profile(angles, 31, heart.trabecula_phase_rad)
    rv_border = contours.rv_cavity - np.minimum(2.0 * ridges, np.maximum(contours.rv_cavity - contours.epicardium, 0.0))
    tissue[radius < rv_border[bins]] = Tissue.RV_BLOOD
    wall = radius < epi
    tissue[wall] = Tissue.MYOCARDIUM
    if lesion is not None and slice_index in lesion.slices:
        around = (angles - heart.septal_angle_rad - lesion.start_rad) % (2 * np.pi)
        depth = (radius - endo) / (epi - endo)
        inside = (around < lesion.width_rad)[bins] & (depth >= lesion.inner_depth) & (depth <= lesion.outer_depth)
        tissue[wall & inside] = Tissue.LESION
    tissue[radius < endo] = Tissue.PAPILLARY
    lateral = 0.5 - 0.5 * np.cos(angles - heart.septal_angle_rad)
    reach = heart.trabecula_mm * lateral * _trabecula_profile(angles, 23, heart.trabecula_phase_rad)
    tissue[radius < (contours.endocardium - reach)[bins]] = Tissue.CAVITY
    for papillary in heart.papillaries:
        index = round(papillary.angle_rad * N_ANGLES / (2 * np.pi)) % N_ANGLES
        distance = papillary.relative_distance * contours.endocardium[index]
        cosine, sine = np.cos(papillary.angle_rad), np.sin(papillary.angle_rad)
        along = (x_mm * cosine + y_mm * sine - distance) / papillary.radii_mm[0]
        across = (y_mm * cosine - x_mm * sine) / papillary.radii_mm[1]
        tissue[(along**2 + across**2 < 1.0) & (radius < endo)] = Tissue.PAPILLARY
    return tissue


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


def _trabecula_profile(angles: Float64Array, order: int, phase: float) -> Float64Array:
    """0..1: ridges of irregular height around the circumference."""
    ridge = np.clip(np.cos(order * angles + phase), 0.0, None)
    return np.asarray(ridge * (0.6 + 0.4 * np.cos(5 * angles + 2 * phase)), dtype=np.float64)


def _wrapped(angle: Float64Array) -> Float64Array:
    return np.asarray((angle + np.pi) % (2 * np.pi) - np.pi, dtype=np.float64)
