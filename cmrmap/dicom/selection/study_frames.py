"""The frames of a study, sorted into those that may enter a stack, those beside them, and those that lie nowhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from pydicom.dataset import Dataset

from cmrmap.core.errors import GeometryError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.dicom.headers.frames import frames_of, geometry_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number
from cmrmap.dicom.selection.companions import PartFrame
from cmrmap.dicom.selection.image_rules import drop_rule
from cmrmap.dicom.selection.map_rules import MapStatement, described_as_map, differing_times, map_statement
from cmrmap.dicom.selection.slices import Frame, group_slices, split_by_grid

#: images that are left out by these rules may be maps
_MAY_BE_MAPS = ("vendor_map", "phase_image", "colour_image")
_NOWHERE = SliceGeometry((math.nan,) * 3, (math.nan,) * 3, (math.nan,) * 3, (math.nan,) * 2)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A frame that enters no stack, with its flat header and the reason that it is counted under."""

    sop_instance_uid: str
    frame_index: int
    header: Dataset
    reason: str


@dataclass(frozen=True, slots=True)
class MapFrame:
    """A frame of a map that the scanner made, and what it says of itself; ``lost``: why its plane is not known."""

    frame: Frame
    statement: MapStatement
    lost: str = ""


@dataclass(frozen=True, slots=True)
class StudyFrames:
    """The frames of a study.

    Attributes
    ----------
    usable : may enter a stack
    parts : the phase, real and imaginary images beside them
    left_out : enter no stack
    unplaced : would be usable if their plane were stated; by what is wrong with it
    maps : maps that the scanner made; they are among ``left_out``
    """

    usable: tuple[Frame, ...]
    parts: tuple[PartFrame, ...]
    left_out: tuple[LeftOut, ...] = ()
    unplaced: Mapping[str, tuple[Frame, ...]] = field(default_factory=lambda: MappingProxyType({}))
    maps: tuple[MapFrame, ...] = ()


def study_frames(study: SourceStudy, has_times: Callable[[Dataset], bool] = lambda _: False) -> StudyFrames:
    """Sort out every frame.

    Parameters
    ----------
    study : as read
    has_times : tells of a header whether the user gives times for its series: then it is weighted, however called
    """
    usable: list[Frame] = []
    parts: list[PartFrame] = []
    left_out: list[LeftOut] = []
    unplaced: dict[str, list[Frame]] = {}
    maps: list[MapFrame] = []
    for uid, header in study.headers.items():
        for index, flat in enumerate(frames_of(header)):
            rule = drop_rule(flat)
            if rule is not None:
                left_out.append(LeftOut(uid, index, flat, rule.reason))
            elif any((number(flat, name) or 0.0) < 1.0 for name in ("Rows", "Columns")):
                left_out.append(LeftOut(uid, index, flat, "no_pixels"))
                continue
            if rule is not None and rule.reason in _MAY_BE_MAPS and (statement := map_statement(flat)) is not None:
                maps.append(_map_frame(Frame(uid, study.paths[uid], index, flat, _NOWHERE), statement))
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
    described = _described([frame for frame in usable if not has_times(frame.header)])
    maps += described
    left_out += [
        LeftOut(m.frame.sop_instance_uid, m.frame.frame_index, m.frame.header, "vendor_map") for m in described
    ]
    gone = {id(one.frame) for one in described}
    usable = [frame for frame in usable if id(frame) not in gone]
    return StudyFrames(tuple(usable), tuple(parts), tuple(left_out), MappingProxyType(told), tuple(maps))


def _map_frame(frame: Frame, statement: MapStatement) -> MapFrame:
    try:
        return MapFrame(replace(frame, geometry=geometry_of(frame.header)), statement)
    except GeometryError as error:
        return MapFrame(frame, statement, lost=str(error))


def _described(usable: Sequence[Frame]) -> list[MapFrame]:
    """Return the frames of series that only their description calls maps, and that have one image a slice."""
    by_series: dict[str, list[Frame]] = {}
    for frame in usable:
        by_series.setdefault(frame.series, []).append(frame)
    found = []
    for members in by_series.values():
        statement = described_as_map([frame.header for frame in members])
        if statement is None:
            continue
        slices = [one for grid in split_by_grid(members) for one in group_slices(grid)]
        if all(len(one) == 1 for one in slices):
            found += [MapFrame(frame, statement) for frame in members]
    weighted = _weighted_series(found)
    return [one for one in found if one.frame.series not in weighted]


def _weighted_series(found: Sequence[MapFrame]) -> set[str]:
    """Return the series that are one weighted acquisition together: at one place they say different times."""
    series: set[str] = set()
    for weighting in {one.statement.weighting for one in found}:
        alike = [one.frame for one in found if one.statement.weighting is weighting]
        for members in (one for grid in split_by_grid(alike) for one in group_slices(grid)):
            if differing_times([frame.header for frame in members], weighting):
                series.update(frame.series for frame in members)
    return series
