"""The phase, real and imaginary images that lie beside a magnitude image: the same place, moment and weighting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.selected_series import CompanionImage, ImagePart
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.selection.slices import SLICE_TOLERANCE_MM, Frame, same_grid
from cmrmap.dicom.selection.timing_rules import TIMING_RULES

_SAME_MOMENT_S = 0.5


@dataclass(frozen=True, slots=True)
class PartFrame:
    """A frame that shows one part of a complex image, not its magnitude."""

    part: ImagePart
    frame: Frame


def parts_at(slice_frame: Frame, parts: Iterable[PartFrame]) -> list[PartFrame]:
    """Return the part images that lie in the plane of a slice, on the same grid."""
    return [one for one in parts if same_grid(slice_frame, one.frame) and _same_place(slice_frame, one.frame)]


def companions_of(frame: Frame, parts: Sequence[PartFrame]) -> tuple[CompanionImage, ...]:
    """Return the other parts of the same complex image, at most one of each kind.

    A companion says the same about every weighting time, and was acquired at the same moment or, where one of the two
    does not say when, is of the same series. Two that fit are a doubt, and neither is returned.

    Parameters
    ----------
    frame : a magnitude image
    parts : part images of its slice, see :func:`parts_at`
    """
    found: dict[ImagePart, list[Frame]] = {}
    for one in parts:
        if _same_moment(frame, one.frame) and _stated_times(frame.header) == _stated_times(one.frame.header):
            found.setdefault(one.part, []).append(one.frame)
    return tuple(
        CompanionImage(part, frames[0].sop_instance_uid, frames[0].path, frames[0].frame_index)
        for part, frames in sorted(found.items())
        if len(frames) == 1
    )


def _same_place(one: Frame, other: Frame) -> bool:
    shift = np.asarray(other.geometry.position_mm) - np.asarray(one.geometry.position_mm)
    return bool(np.linalg.norm(shift) <= SLICE_TOLERANCE_MM)


def _same_moment(one: Frame, other: Frame) -> bool:
    clocks = acquired_seconds(one.header), acquired_seconds(other.header)
    if clocks[0] is None or clocks[1] is None:
        return one.series == other.series
    return abs(clocks[0] - clocks[1]) <= _SAME_MOMENT_S


def _stated_times(header: Dataset) -> tuple[float | None, ...]:
    return tuple(rule.read((header,))[0] for rule in TIMING_RULES)
