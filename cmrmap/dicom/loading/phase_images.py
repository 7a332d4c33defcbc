"""Phase, real and imaginary images that lie beside the magnitudes of a series: the sign of its signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import FloatArray
from cmrmap.core.selected_series import ImagePart, SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, tolerant_reading
from cmrmap.dicom.loading.phase_signs import phase_sensitive
from cmrmap.dicom.loading.scale import LARGEST_SCALE
from cmrmap.dicom.loading.stored_pixels import LostPixelsError, decode

_LEAST_LIKENESS = 0.99  # of a real image's size and the magnitude: below, its phase was not corrected
_USUAL_BITS = 12.0
_LARGEST_RAD, _MILLIRAD = 3.2, (2800.0, 3200.0)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of the complex images of a series, decoded.

    Attributes
    ----------
    values : (slice, time, row, column) with the rescale applied; NaN where there is none
    step, middle : what one stored step and the middle of the stored range are worth
    bits : of the stored values
    """

    values: FloatArray
    step: float
    middle: float
    bits: float


def with_signs(study: SourceStudy, selected: SelectedSeries, stack: WeightedStack) -> WeightedStack:
    """Return the stack with signed images where phase or real images lie beside its magnitudes.

    Without any the stack is returned as it is; ``polarity`` says where the signs came from, or why they cannot be told.

    Parameters
    ----------
    study : as read
    selected : the series, with its companions
    stack : loaded from it
    """
    names = {beside.part for frame in selected.frames for beside in frame.companions}
    if not names:
        return stack
    with tolerant_reading():
        parts = {name: _decoded(name, selected, study, stack) for name in names}
    phase = _phase_rad(parts, stack.images)
    signed = np.full(stack.images.shape, np.nan, np.float32)
    reasons: dict[int, str] = {}
    for index in range(len(signed)):
        spacing_mm = stack.geometry[index].pixel_spacing_mm
        restored = phase_sensitive(stack.images[index], phase[index], stack.times_ms[index], spacing_mm)
        if restored.images is None:
            reasons[index] = restored.reason
        else:
            signed[index] = restored.images
    n_good = len(signed) - len(reasons)
    told = f"signs of {n_good} of {len(signed)} slices from the {' and '.join(sorted(names))} images"
    if reasons:
        first = next(iter(reasons))
        told += f"; slice {first + 1}: {reasons[first]}"
    return stack.with_signs(signed if n_good else None, told)


def _decoded(name: ImagePart, selected: SelectedSeries, study: SourceStudy, stack: WeightedStack) -> _Part:
    """Decode one part of every image; one that is lost costs the signs, not the images."""
    values = np.full(stack.images.shape, np.nan, np.float32)
    step = middle = 0.0
    bits = _USUAL_BITS
    for frame in selected.frames:
        place = frame.slice_index, frame.time_index
        for companion in frame.companions:
            if companion.part != name or not stack.present[place]:
                continue
            try:
                root = study.headers[companion.sop_instance_uid]
                header = frames_of(root)[companion.frame_index]
                plane = decode(companion.path, root, study.memory_bytes).values[companion.frame_index]
            except (LostPixelsError, IndexError):
                continue
            if plane.shape != values.shape[2:]:
                continue
            slope, intercept = number(header, "RescaleSlope") or 1.0, number(header, "RescaleIntercept") or 0.0
            if max(abs(slope), abs(intercept)) >= LARGEST_SCALE:
                continue
            values[place] = np.asarray(plane, np.float32) * np.float32(slope) + np.float32(intercept)
            bits = number(header, "BitsStored") or _USUAL_BITS
            step, middle = abs(slope), 2.0 ** (bits - 1.0) * slope + intercept
    return _Part(values, step, middle, bits)


def _phase_rad(parts: Mapping[ImagePart, _Part], magnitude: FloatArray) -> FloatArray:
    """Return the phases: stored, of real and imaginary part, or 0 and pi of a phase-corrected real part; else NaN."""
    if "phase" in parts:
        return _as_radians(parts["phase"])
    if "real" not in parts:
        return np.full(magnitude.shape, np.nan, np.float32)
    real = _about_zero(parts["real"], magnitude)
    if "imaginary" in parts:
        return np.asarray(np.arctan2(_about_zero(parts["imaginary"], magnitude), real), np.float32)
    if not _likeness(np.abs(real), magnitude) >= _LEAST_LIKENESS:
        return np.full(magnitude.shape, np.nan, np.float32)
    return np.where(np.isnan(real), np.float32(np.nan), np.where(real < 0, np.float32(np.pi), np.float32(0.0)))


def _as_radians(part: _Part) -> FloatArray:
    """Radians and thousandths of them as they are (Philips, General Electric); else the stored range is one turn."""
    largest = float(np.nanmax(np.abs(part.values), initial=0.0))
    if largest <= _LARGEST_RAD:
        return part.values
    if _MILLIRAD[0] <= largest <= _MILLIRAD[1]:
        return np.asarray(part.values / 1000.0, np.float32)
    return np.asarray(part.values * (2.0 * np.pi / (2.0**part.bits * part.step)), np.float32)


def _about_zero(part: _Part, magnitude: FloatArray) -> FloatArray:
    """Return signed values: some scanners store them about the middle of the range without saying so."""
    if (part.values < 0).any():
        return part.values
    shifted = part.values - np.float32(part.middle)
    better = _likeness(np.abs(shifted), magnitude) > _likeness(part.values, magnitude)
    return shifted if better else part.values


def _likeness(one: FloatArray, other: FloatArray) -> float:
    """Cosine of the angle between two sets of images: 1 where one is a multiple of the other, 0 without pixels."""
    both = np.isfinite(one) & np.isfinite(other)
    a, b = (np.asarray(x[both], np.float64) for x in (one, other))
    power = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / power if power > 0 else 0.0
