"""What tells a left ventricle in short axis from anything else that the network may draw: measured, slice by slice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.alignment import wall_parts
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.errors import InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.heart_axis import long_axis_deg
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import Label, RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.relaxation_models import get_model
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.heart_size import measure_size, pool_core
from cmrmap.pipeline.sign_check import check_signs
from cmrmap.relaxometry import RelaxationFit, fit_relaxation

#: Axis of the left ventricle from base to apex in the patient (LPS) of a usual heart: left, forward, down
_SMOOTHED_DEG = 28.0
LEAST_VENTRICLE_MM2 = 100.0  # of a right ventricle; less is a speck


@dataclass(frozen=True, slots=True)
class Course:
    """The signal of one region over the images of a slice, and what its fit gives.

    Attributes
    ----------
    signals : (image,) mean of the region; NaN where an image does not show it
    t_ms : NaN where there is no fit
    r2 : of the fit
    """

    signals: Float64Array
    t_ms: float
    r2: float

    @property
    def largest(self) -> float:
        """Largest magnitude; NaN where no image shows the region."""
        known = np.abs(self.signals[np.isfinite(self.signals)])
        return float(known.max()) if known.size else float("nan")


@dataclass(frozen=True, slots=True)
class HeartSigns:
    """What was measured in one slice.

    Attributes
    ----------
    plane : of the slice
    centre_mm : (3,) middle of the ventricle in the patient
    outer_mm, cavity_mm : diameters of the circles with the area of ventricle and cavity, median over the images
    wall_mm : median thickness
    sureness : the network's mean probability of what it drew; NaN where it is not known
    probability : the network's, that this is a left ventricle in short axis; NaN where it is not known
    cavity, wall : the blood that there should be, and the middle of the wall
    parts_ms : (part,) T of parts around the wall
    apart : (angle,) by how much the middle of the wall differs from the cavity, smoothed around it: root mean square
        over the images, as a share of the cavity's largest signal
    beside_mm2 : area of what was drawn as the right ventricle, median over the images
    beside : its signals
    unlike : by how much the two pools differ, once scaled to each other, as ``apart``; NaN without a second
    is_map : the images are the scanner's map: values were read off it, there is no fit and no signal
    """

    plane: SliceGeometry
    centre_mm: Float64Array
    outer_mm: float
    cavity_mm: float
    wall_mm: float
    sureness: float
    probability: float
    cavity: Course
    wall: Course
    parts_ms: Float64Array
    apart: Float64Array
    beside_mm2: float
    beside: Course
    unlike: float
    is_map: bool = False

    @property
    def normal(self) -> Float64Array:
        """Normal of the slice, (3,)."""
        return self.plane.normal

    @property
    def long_axis_deg(self) -> float:
        """Between the slice's normal and the axis of a usual left ventricle, 0-90."""
        return long_axis_deg(self.plane)

    @property
    def patient_axis_deg(self) -> float:
        """Between the normal and the patient's nearest axis, 0-55; 0 is a plain axial, coronal or sagittal plane."""
        return _degrees(float(np.abs(self.normal).max()))

    def offset_mm(self, other: HeartSigns) -> tuple[float, float]:
        """Distance of another slice's ventricle along this one's normal, and across it, in one frame of reference."""
        way = other.centre_mm - self.centre_mm
        along = float(way @ self.normal)
        return abs(along), float(np.linalg.norm(way - along * self.normal))


@remembered
def measure_signs(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack
) -> tuple[HeartSigns | None, ...]:
    """Measure what each slice of a series shows; None for one that cannot be fitted: its map will say why.

    Parameters
    ----------
    stack, refined, polar : of one series
    """
    usable = refined.usable & np.isfinite(polar.centres).all(axis=-1)
    model = get_model(stack.model)
    out = []
    for index, row in enumerate(usable):
        used = np.flatnonzero(row)
        distinct = np.unique(stack.times_ms[index, used]).size
        enough = used.size >= model.fewest_images and distinct >= model.n_parameters
        out.append(_measured(stack, refined, polar, index, used) if enough else None)
    return tuple(out)


def _measured(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack, index: int, used: IntArray
) -> HeartSigns | None:
    try:
        return _measure(stack, refined, polar, index, used)
    except InputError:  # times or epochs that no fit takes
        return None


def _measure(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack, index: int, used: IntArray
) -> HeartSigns:
    size = measure_size(stack.geometry[index], refined, polar, index, used)
    spacing = stack.geometry[index].pixel_spacing_mm
    images = np.asarray(stack.fitted_images[index, used], dtype=np.float64)
    labels = refined.labels[index, used]
    middle = polar.signals[index, used][..., polar.mid_wall]
    cavity = _pool(images, np.asarray(labels == Label.CAVITY, dtype=np.bool_), spacing, 0.0)
    beside = _pool(images, np.asarray(labels == Label.RIGHT_VENTRICLE, dtype=np.bool_), spacing, LEAST_VENTRICLE_MM2)
    parts = np.stack([part.mean(axis=(1, 2)) for part in wall_parts(middle)])
    around = ndimage.uniform_filter1d(np.abs(middle.mean(axis=2)), smoothed(middle.shape[1]), axis=1, mode="wrap")
    courses = np.stack([cavity, beside, middle.mean(axis=(1, 2)), *parts])
    t_ms, r2 = _fitted(courses, stack, index, used)
    largest = float(np.abs(cavity).max())
    return HeartSigns(
        plane=size.plane,
        centre_mm=size.centre_mm,
        outer_mm=size.outer_mm,
        cavity_mm=size.cavity_mm,
        wall_mm=size.wall_mm,
        sureness=size.sureness,
        probability=refined.heart_probability_of(index),
        cavity=Course(cavity, t_ms[0], r2[0]),
        wall=Course(courses[2], t_ms[2], r2[2]),
        parts_ms=t_ms[3:],
        apart=_share(np.sqrt(((around - np.abs(cavity)[:, None]) ** 2).mean(axis=0)), largest),
        beside_mm2=size.beside_mm2,
        beside=Course(beside, t_ms[1], r2[1]),
        unlike=_unlike(cavity, beside, largest),
    )


def smoothed(n_angles: int) -> int:
    """Angles, an odd number, over which the wall is averaged against noise."""
    return 2 * round(n_angles * _SMOOTHED_DEG / 720.0) + 1


def _pool(images: Float64Array, masks: BoolArray, spacing: tuple[float, float], least_mm2: float) -> Float64Array:
    """(image,) mean signal well inside each image's mask; NaN where the mask is smaller than ``least_mm2``."""
    out = np.full(len(images), np.nan)
    for number, (image, mask) in enumerate(zip(images, masks, strict=True)):
        core = pool_core(mask, spacing, least_mm2)
        if core is not None:
            out[number] = image[core].mean()
    return out


def _fitted(
    courses: Float64Array, stack: WeightedStack, index: int, used: IntArray
) -> tuple[Float64Array, Float64Array]:
    """T and R2 of (region, image) signals; NaN where there is no answer."""
    times, model, how = stack.times_ms[index, used], stack.model, stack.look_locker
    known = stack.epochs_of(index)
    epochs = None if known is None else known[used]

    def fitted(signals: Float64Array, magnitude: bool | None) -> RelaxationFit:
        return fit_relaxation(signals, times, model, magnitude, look_locker=how, epochs=epochs)

    if not stack.has_signs[index]:
        fit = fitted(courses, None)
        return _sensible(fit.t_ms, fit.r2)
    told, best = fitted(courses, False), fitted(np.abs(courses), True)
    # signs from phase may be wrong (the map's fit checks them too): then the magnitudes tell
    contradicted = check_signs(courses, times, model, epochs, alike=False).wrong
    return _sensible(np.where(contradicted, best.t_ms, told.t_ms), np.where(contradicted, best.r2, told.r2))


def _sensible(t_ms: Float64Array, r2: Float64Array) -> tuple[Float64Array, Float64Array]:
    sensible = np.isfinite(t_ms) & (t_ms > 0)
    return np.where(sensible, t_ms, np.nan), np.where(sensible, r2, np.nan)


def _unlike(cavity: Float64Array, beside: Float64Array, largest: float) -> float:
    known = np.isfinite(beside)
    if np.count_nonzero(known) < 2:
        return float("nan")
    one, other = np.abs(cavity[known]), np.abs(beside[known])
    power = float(other @ other)
    if not power > 0:
        return float("nan")
    left = one - float(one @ other) / power * other  # coils and texture scale the pools differently
    return float(_share(np.sqrt((left**2).mean(keepdims=True)), largest)[0])


def _share(found: Float64Array, of: float) -> Float64Array:
    return found / of if of > 0 else np.full(found.shape, np.nan)


def _degrees(cosine: float) -> float:
    return float(np.degrees(np.arccos(min(cosine, 1.0))))
