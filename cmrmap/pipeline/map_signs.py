"""The signs of a left ventricle in a map alone: T of cavity, wall and second pool are read off it, nothing is fitted.

Two pools of one T1 are evidence as they are in weighted images. In T2 the second pool need only be blood: that of the
right ventricle has given off its oxygen, and its T2 is down to half of the left one's (Wright et al., J Magn Reson
Imaging 1991;1:275). How well a fit explains the signals is not known here, and speaks neither for nor against.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cmrmap.alignment import wall_parts
from cmrmap.core.arrays import BoolArray, Float64Array, finite_median
from cmrmap.core.outlines import Label, RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.heart_evidence import GAP
from cmrmap.pipeline.heart_signs import LEAST_VENTRICLE_MM2, Course, HeartSigns, smoothed
from cmrmap.pipeline.heart_size import measure_size, pool_core

#: weight of a difference between the two pools: T2 of venous and arterial blood differ by up to half
_T2_POOLS_DIFFER = 0.25


def measure_map_signs(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack
) -> tuple[HeartSigns | None, ...]:
    """Measure what each slice of a scanner's map shows; None for one without an outline, or without values in it.

    Parameters
    ----------
    stack, refined, polar : of one map, one image a slice
    """
    usable = refined.usable & np.isfinite(polar.centres).all(axis=-1)
    return tuple(_measure(stack, refined, polar, index) if row.any() else None for index, row in enumerate(usable))


def wall_like_blood(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack, made: BoolArray
) -> Float64Array:
    """(slice,) share of the wall's circumference that differs from the cavity far less than the rest of it does.

    Parameters
    ----------
    stack, refined, polar : of one scanner's map, one image a slice
    made : (slice,) the slices that are read; the others are NaN, as is one without values in wall or cavity
    """
    out = np.full(len(made), np.nan)
    for index in np.flatnonzero(made):
        signs = _measure(stack, refined, polar, int(index))
        if signs is not None:
            out[index] = np.mean(signs.apart < GAP * np.median(signs.apart))
    return out


def _measure(stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack, index: int) -> HeartSigns | None:
    only = np.zeros(1, dtype=np.intp)
    size = measure_size(stack.geometry[index], refined, polar, index, only)
    values, labels = np.asarray(stack.fitted_images[index, 0], dtype=np.float64), refined.labels[index, 0]
    spacing = stack.geometry[index].pixel_spacing_mm
    cavity = _median(values, labels == Label.CAVITY, spacing, 0.0)
    beside = _median(values, labels == Label.RIGHT_VENTRICLE, spacing, LEAST_VENTRICLE_MM2)
    middle = polar.signals[index, 0][:, polar.mid_wall]
    wall = finite_median(middle)
    if not (np.isfinite(cavity) and np.isfinite(wall)):
        return None
    around = np.array([finite_median(ray) for ray in middle])
    around = ndimage.uniform_filter1d(np.where(np.isfinite(around), around, wall), smoothed(len(around)), mode="wrap")
    weight = 1.0 if stack.family == "t1" else _T2_POOLS_DIFFER
    return HeartSigns(
        plane=size.plane,
        centre_mm=size.centre_mm,
        outer_mm=size.outer_mm,
        cavity_mm=size.cavity_mm,
        wall_mm=size.wall_mm,
        sureness=size.sureness,
        probability=refined.heart_probability_of(index),
        cavity=_course(cavity),
        wall=_course(wall),
        parts_ms=np.array([finite_median(part) for part in wall_parts(middle)]),
        apart=np.abs(around - cavity) / cavity,
        beside_mm2=size.beside_mm2,
        beside=_course(beside),
        unlike=weight * abs(beside - cavity) / cavity,
        is_map=True,
    )


def _course(value: float) -> Course:
    return Course(np.array([value]), value, float("nan"))


def _median(values: Float64Array, mask: BoolArray, spacing: tuple[float, float], least_mm2: float) -> float:
    """Median well inside a pool; NaN where it is too small or has no value."""
    core = pool_core(mask, spacing, least_mm2)
    return float("nan") if core is None else finite_median(values[core])
