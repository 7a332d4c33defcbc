"""The maps that a scanner made, as series that a map can be read from: parts joined, repeats left out, faults told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.map_spec import Weighting
from cmrmap.core.scanner_map import SCANNER_MAP
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.same_pixels import hold_same_pixels
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.contrast import LEAST_GAP_S, contrast_by_agent
from cmrmap.dicom.selection.frame_group import FrameGroup, split_by_statement
from cmrmap.dicom.selection.map_deviations import NO_TIME_MS, SAME_MOMENT_S
from cmrmap.dicom.selection.map_rules import Statistic, differing_times
from cmrmap.dicom.selection.map_scale import map_scale
from cmrmap.dicom.selection.map_sources import SourceImages, elsewhere
from cmrmap.dicom.selection.model_choice import ModelChoice
from cmrmap.dicom.selection.parts import join_parts
from cmrmap.dicom.selection.series_faults import image_fault
from cmrmap.dicom.selection.slices import Frame, split_by_grid
from cmrmap.dicom.selection.study_frames import MapFrame, StudyFrames
from cmrmap.dicom.selection.timing import Timing

_READ = "the scanner's map is read: its values are the scanner's, nothing is fitted here"
_EXPECTED = "expected one map a slice"


@dataclass(frozen=True, slots=True)
class MapCandidates:
    """The scanner's maps of a study.

    Attributes
    ----------
    values : of T1, T2 and T2*, usable or not
    deviations : frames with standard deviations that may be used, each with what it says of itself
    """

    values: tuple[Candidate, ...]
    deviations: tuple[MapFrame, ...]


def find_map_candidates(
    frames: StudyFrames, weighted: Sequence[Candidate], conflicts: Mapping[str, str]
) -> MapCandidates:
    """Return the maps that the scanner made.

    Parameters
    ----------
    frames : of the study
    weighted : the candidates with weighted images: a map must lie where its own lie
    conflicts : reason by series instance UID, for series that hold one SOP instance UID with two contents
    """
    candidates = []
    for weighting in Weighting:
        own = [one for one in frames.maps if one.statement.weighting is weighting]
        if not own:
            continue
        sources = SourceImages(weighted, weighting)
        candidates += _unplaced(own, weighting)
        placed = [one for one in own if one.statement.statistic == "value" and not one.lost]
        for fault, unit in sorted({(one.statement.fault, one.statement.unit_told) for one in placed}):
            alike = [one.frame for one in placed if (one.statement.fault, one.statement.unit_told) == (fault, unit)]
            for group in _groups(alike, weighting):
                told = next((conflicts[uid] for uid in group.series if uid in conflicts), None) or group.fault
                told = told or fault or _image_fault(group) or elsewhere(group, sources)
                candidates.append(_candidate(group, weighting, told or None, unit))
    sd: Statistic = "sd"
    return MapCandidates(
        tuple(candidates),
        tuple(m for m in frames.maps if m.statement.statistic == sd and not (m.lost or m.statement.fault)),
    )


def _image_fault(group: FrameGroup) -> str | None:
    return image_fault(tuple(tuple(members) for members in group.slices))


def _groups(frames: Sequence[Frame], weighting: Weighting) -> list[FrameGroup]:
    """Group maps: parts of one acquisition are joined, and of several of one slice the latest is taken."""
    by_series: dict[tuple[str, str], list[Frame]] = {}
    for frame in frames:
        by_series.setdefault((frame.series, frame.geometry.frame_of_reference_uid), []).append(frame)
    grids = [part for members in by_series.values() for grid in split_by_grid(members) for part in _sittings(grid)]
    whole = [_latest(grid, weighting) for grid in grids]
    joined = join_parts(whole, lambda group: contrast_by_agent(group.header).answer, None)
    return [part for group in joined for part in split_by_statement(group)]


def _sittings(members: Sequence[Frame]) -> list[list[Frame]]:
    """Split a series that holds slices again after a long pause: one map before and one after the contrast agent."""
    if FrameGroup(tuple(members)).has_one_image_a_slice:
        return [list(members)]
    clocks = [acquired_seconds(frame.header) for frame in members]
    known = sorted(((clock, index) for index, clock in enumerate(clocks) if clock is not None))
    if len(known) < len(members):
        return [list(members)]
    found: list[list[Frame]] = []
    for (clock, index), before in zip(known, [-np.inf, *(clock for clock, _ in known)], strict=False):
        if clock - before >= LEAST_GAP_S:
            found.append([])
        found[-1].append(members[index])
    return found


def _latest(members: Sequence[Frame], weighting: Weighting) -> FrameGroup:
    """Return one map a slice: the latest acquired, and of several of one acquisition the first.

    Philips sends the map twice, once without what it does not trust.
    """
    group = FrameGroup(tuple(members))
    kept, repeated, fault = [], [], _untold(group)
    for frames in group.slices:
        latest = max((acquired_seconds(frame.header) or 0.0) for frame in frames)
        last = [one for one in frames if (acquired_seconds(one.header) or 0.0) >= latest - SAME_MOMENT_S]
        best = last[0]
        kept.append(best)
        if len(last) > 1 and not math.isfinite(best.tie_break[0]) and not _alike(last):
            fault = (
                f"it has {len(last)} different maps of a slice with the same time, and no InstanceNumber that shows "
                f"which is the first; {_EXPECTED}, or InstanceNumber; export the original images"
            )
        if differing_times([frame.header for frame in frames], weighting):
            fault = (
                f"{len(frames)} of its images of one slice have different times: they are weighted images; {_EXPECTED}"
            )
        repeated += [one for one in frames if one is not best]
    note = "of several maps of a slice the latest is taken, of those made at one time the first" if repeated else ""
    return FrameGroup(tuple(kept), note, fault, tuple(repeated))


def _untold(group: FrameGroup) -> str | None:
    """Say why nobody knows which of several maps of a slice is the latest; None where it is known, or all are alike.

    Native and post-contrast maps may lie in one series: one that is mixed of both must not be made.
    """
    untimed = sum(acquired_seconds(frame.header) is None for frame in group.frames)
    for frames in group.slices if untimed else ():
        clocks = [acquired_seconds(frame.header) for frame in frames]
        known = [clock for clock in clocks if clock is not None]
        apart = len(known) > 1 and max(known) - min(known) >= LEAST_GAP_S
        if apart or (len(frames) > 1 and len(known) < len(frames) and not _alike(frames)):
            return (
                f"it has several maps of a slice and no times to tell them apart ({untimed} of {len(group.frames)} "
                f"images have no AcquisitionTime); {_EXPECTED}, or the times of all; export the original images"
            )
    return None


def _alike(frames: Sequence[Frame]) -> bool:
    """Whether frames have the same values: copies of one map."""
    one_scale = len({map_scale(frame.header) for frame in frames}) == 1
    return one_scale and hold_same_pixels([frame.path for frame in frames])


def _candidate(group: FrameGroup, weighting: Weighting, fault: str | None, unit: str) -> Candidate:
    slices = tuple(tuple(members) for members in group.slices)
    return Candidate(
        slices,
        weighting,
        Timing("", tuple((NO_TIME_MS,) * len(members) for members in slices)),
        ModelChoice(SCANNER_MAP, _READ),
        fault,
        len(group.series),
        note=group.note,
        repeated=group.repeated,
        is_superseded=group.is_superseded,
        unit_told=unit,
    )


def _unplaced(maps: Iterable[MapFrame], weighting: Weighting) -> list[Candidate]:
    """Return the maps that do not say where they lie, one candidate a series."""
    lost: dict[str, list[MapFrame]] = {}
    for one in maps:
        if one.lost and one.statement.statistic == "value":
            lost.setdefault(one.frame.series, []).append(one)
    return [
        Candidate(
            (tuple(one.frame for one in members),),
            weighting,
            None,
            ModelChoice(SCANNER_MAP, _READ),
            members[0].statement.fault or f"{len(members)} of its images cannot be placed: {members[0].lost}",
            1,
        )
        for members in lost.values()
    ]
