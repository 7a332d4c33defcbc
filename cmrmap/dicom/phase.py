"""Phase, real and imaginary images that lie beside the magnitudes of a series: the sign of its signals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from cmrmap.dicom._values import number, tolerant_reading
from cmrmap.dicom.frames import frames_of
from cmrmap.dicom.read import SourceStudy
from cmrmap.phase import phase_sensitive
from cmrmap.types import CompanionImage, FloatArray, SelectedSeries, WeightedStack

_LEAST_CORRELATION = 0.95  # of a real image's size with the magnitude: below, its phase was not corrected
_USUAL_BITS = 12.0
_LARGEST_RAD, _MILLIRAD = 3.2, (2800.0, 3200.0)


@dataclass(frozen=True, slots=True)
class _Part:
    """One decoded part of a complex image: rescaled values, and what one stored step and the stored range are worth."""

    values: FloatArray
    slope: float
    intercept: float
    bits: float


def with_signs(study: SourceStudy, selected: SelectedSeries, stack: WeightedStack) -> WeightedStack:
    """Return the stack with signed images where phase or real images lie beside its magnitudes.

    Without any the stack is returned as it is; ``polarity`` says where the signs came from, or why they cannot be told.
    """
    names = {beside.part for frame in selected.frames for beside in frame.companions}
    if not names:
        return stack
    phase = np.full(stack.images.shape, np.nan, np.float32)
    with tolerant_reading():
        for frame in selected.frames:
            place = frame.slice_index, frame.time_index
            if stack.present[place]:
                radians = _phase_rad(frame.companions, study.headers, stack.images[place])
                if radians is not None and radians.shape == phase.shape[2:]:
                    phase[place] = radians
    signed = np.full(stack.images.shape, np.nan, np.float32)
    reasons: dict[int, str] = {}
    for index in range(len(signed)):
        restored = phase_sensitive(stack.images[index], phase[index], stack.times_ms[index])
        if restored.images is None:
            reasons[index] = restored.reason
        else:
            signed[index] = restored.images
    n_good = len(signed) - len(reasons)
    told = f"signs of {n_good} of {len(signed)} slices from the {' and '.join(sorted(names))} images"
    if reasons:
        first = next(iter(reasons))
        told += f"; slice {first}: {reasons[first]}"
    return stack.with_signs(signed if n_good else None, told)


def _phase_rad(
    companions: tuple[CompanionImage, ...], headers: Mapping[str, Dataset], magnitude: FloatArray
) -> FloatArray | None:
    """Return the phase of one image: stored, of real and imaginary part, or 0 and pi of a phase-corrected real part."""
    parts = {one.part: found for one in companions if (found := _decoded(one, headers)) is not None}
    if "phase" in parts:
        return _as_radians(parts["phase"])
    if "real" not in parts or parts["real"].values.shape != magnitude.shape:
        return None
    real = _about_zero(parts["real"], magnitude)
    if "imaginary" in parts and parts["imaginary"].values.shape == magnitude.shape:
        return np.asarray(np.arctan2(_about_zero(parts["imaginary"], magnitude), real), np.float32)
    if not _correlation(np.abs(real), magnitude) >= _LEAST_CORRELATION:
        return None
    return np.where(real < 0, np.float32(np.pi), np.float32(0.0))


def _decoded(companion: CompanionImage, headers: Mapping[str, Dataset]) -> _Part | None:
    """Return the part's values with their rescale applied; None where they cannot be decoded."""
    try:
        header = frames_of(headers[companion.sop_instance_uid])[companion.frame_index]
        stored = pydicom.dcmread(companion.path, force=True).pixel_array
        plane = stored[companion.frame_index] if stored.ndim == 3 else stored
    except Exception:  # decoders raise whatever they stumble over; a lost companion costs the signs, not the images
        return None
    slope, intercept = number(header, "RescaleSlope") or 1.0, number(header, "RescaleIntercept") or 0.0
    values = np.asarray(plane, np.float32) * np.float32(slope) + np.float32(intercept)
    return _Part(values, slope, intercept, number(header, "BitsStored") or _USUAL_BITS)


def _as_radians(part: _Part) -> FloatArray:
    """Radians and thousandths of them as they are (Philips, General Electric); else the stored range is one turn."""
    largest = float(np.abs(part.values).max())
    if largest <= _LARGEST_RAD:
        return part.values
    if _MILLIRAD[0] <= largest <= _MILLIRAD[1]:
        return np.asarray(part.values / 1000.0, np.float32)
    return np.asarray(part.values * (2.0 * np.pi / (2.0**part.bits * abs(part.slope))), np.float32)


def _about_zero(part: _Part, magnitude: FloatArray) -> FloatArray:
    """Return signed values: some scanners store them about the middle of the range without saying so."""
    if (part.values < 0).any():
        return part.values
    shifted = part.values - np.float32(2.0 ** (part.bits - 1.0) * part.slope + part.intercept)
    better = _correlation(np.abs(shifted), magnitude) > _correlation(part.values, magnitude)
    return shifted if better else part.values


def _correlation(one: FloatArray, other: FloatArray) -> float:
    a, b = (np.asarray(x, np.float64).ravel() - float(np.mean(x, dtype=np.float64)) for x in (one, other))
    power = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / power if power > 0 else 0.0
