"""Render the heart of one slice at one motion state: fractional tissues, labels, insertion points."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray, LabelArray
from cmrmap.core.outlines import Label
from cmrmap.phantom.anatomy import HeartSlice, Lesion
from cmrmap.phantom.heart_contours import N_ANGLES, HeartContours, contour_angles, heart_contours
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.tissue import LABEL_OF_TISSUE, Tissue

_SUPERSAMPLING = 3
#: value of the supersampled tissue index where there is no heart; not a tissue
_OUTSIDE = 255


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


def _trabecula_profile(angles: Float64Array, order: int, phase: float) -> Float64Array:
    """0..1: ridges of irregular height around the circumference."""
    ridge = np.clip(np.cos(order * angles + phase), 0.0, None)
    return np.asarray(ridge * (0.6 + 0.4 * np.cos(5 * angles + 2 * phase)), dtype=np.float64)
