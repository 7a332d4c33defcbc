"""The frames of a study, sorted into those that may enter a stack, those beside them, and those that lie nowhere."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pydicom.dataset import Dataset

from cmrmap.core.errors import GeometryError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.dicom.headers.frames import frames_of, geometry_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number
from cmrmap.dicom.selection.companions import PartFrame
from cmrmap.dicom.selection.image_rules import drop_rule
from cmrmap.dicom.selection.slices import Frame

_NOWHERE = SliceGeometry((math.nan,) * 3, (math.nan,) * 3, (math.nan,) * 3, (math.nan,) * 2)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A frame that enters no stack, with its flat header and the reason that it is counted under."""

    sop_instance_uid: str
    frame_index: int
    header: Dataset
    reason: str


@dataclass(frozen=True, slots=True)
class StudyFrames:
    """The frames of a study.

    Attributes
    ----------
    usable : may enter a stack
    parts : the phase, real and imaginary images beside them
    left_out : enter no stack
    unplaced : would be usable if their plane were stated; by what is wrong with it
    """

    usable: tuple[Frame, ...]
    parts: tuple[PartFrame, ...]
    left_out: tuple[LeftOut, ...] = ()
    unplaced: Mapping[str, tuple[Frame, ...]] = field(default_factory=lambda: MappingProxyType({}))


def study_frames(study: SourceStudy) -> StudyFrames:
    """Sort out every frame."""
    usable: list[Frame] = []
    parts: list[PartFrame] = []
    left_out: list[LeftOut] = []
    unplaced: dict[str, list[Frame]] = {}
    for uid, header in study.headers.items():
        for index, flat in enumerate(frames_of(header)):
            rule = drop_rule(flat)
            if rule is not None:
                left_out.append(LeftOut(uid, index, flat, rule.reason))
            elif any((number(flat, name) or 0.0) < 1.0 for name in ("Rows", "Columns")):
                left_out.append(LeftOut(uid, index, flat, "no_pixels"))
                continue
            if rule is not None and rule.part is None:
                continue
            try:
                frame = Frame(uid, study.paths[uid], index, flat, geometry_of(flat))
            except GeometryError as error:
                if rule is None:
                    left_out.append(LeftOut(uid, index, flat, "bad_geometry"))
                    unplaced.setdefault(str(error), []).append(Frame(uid, study.paths[uid], index, flat, _NOWHERE))
                continue
            if rule is None:
                usable.append(frame)
            elif rule.part is not None:
                parts.append(PartFrame(rule.part, frame))
    told = {reason: tuple(frames) for reason, frames in unplaced.items()}
    return StudyFrames(tuple(usable), tuple(parts), tuple(left_out), MappingProxyType(told))
