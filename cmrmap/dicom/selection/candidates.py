"""Find the mapping series of a study: frames grouped, joined, ordered, timed; and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.relaxation_models import HowMade
from cmrmap.core.scanner_map import SCANNER_MAP
from cmrmap.dicom.headers.values import by_fault_kind, number, series_name
from cmrmap.dicom.selection.acquisitions import latest_acquisitions
from cmrmap.dicom.selection.contrast import contrast_by_agent
from cmrmap.dicom.selection.frame_group import FrameGroup, split_by_statement
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.dicom.selection.model_choice import ModelChoice, choose_model
from cmrmap.dicom.selection.not_used import NotUsed
from cmrmap.dicom.selection.parts import join_parts
from cmrmap.dicom.selection.series_faults import series_fault
from cmrmap.dicom.selection.series_rules import is_motion_corrected, names_a_map, weighting_by_words
from cmrmap.dicom.selection.slices import Frame, split_by_grid
from cmrmap.dicom.selection.study_frames import StudyFrames
from cmrmap.dicom.selection.timing import Times, Timing, find_timing, stated_times
from cmrmap.dicom.selection.timing_rules import TIMING_RULES


@dataclass(frozen=True, slots=True)
class Candidate:
    """A mapping series, usable or not.

    Attributes
    ----------
    slices : frames [slice][frame], base first
    weighting : T1 or T2
    timing : None where no rule times the series
    choice : relaxometry model, and why it
    fault : why it may not be used; None where it may
    n_series : how many series were joined into it
    note : what was joined into it or left out of it, and why; "" where there is nothing to tell
    repeated : frames of the acquisitions in place of which later ones are in it
    is_superseded : whether another candidate holds a later acquisition of the same slices
    unit_told : of a scanner's map, the unit that its headers state; "" where they state none
    """

    slices: tuple[tuple[Frame, ...], ...]
    weighting: Weighting
    timing: Timing | None
    choice: ModelChoice
    fault: str | None
    n_series: int
    note: str = ""
    repeated: tuple[Frame, ...] = ()
    is_superseded: bool = False
    unit_told: str = ""

    @property
    def is_map(self) -> bool:
        """Whether it is a map that the scanner made."""
        return self.model == SCANNER_MAP

    @property
    def model(self) -> HowMade:
        """Relaxometry model, or that it is the scanner's map."""
        return self.choice.model

    @property
    def first(self) -> Frame:
        """The frame with the lowest instance number: it stands for the series."""
        return min((frame for members in self.slices for frame in members), key=lambda frame: frame.tie_break)

    @property
    def headers(self) -> list[Dataset]:
        """The flat headers of all frames."""
        return [frame.header for members in self.slices for frame in members]

    @property
    def frames(self) -> tuple[Frame, ...]:
        """All frames, slice by slice."""
        return tuple(frame for members in self.slices for frame in members)

    @property
    def n_images(self) -> int:
        """Number of frames."""
        return sum(len(members) for members in self.slices)

    @property
    def name(self) -> str:
        """How messages call it."""
        return series_name(self.first.header)


def find_candidates(
    frames: StudyFrames, conflicts: Mapping[str, str], given: GivenTimes, not_used: NotUsed
) -> list[Candidate]:
    """Return the mapping series, usable or not; images that belong to none are told to ``not_used``."""
    by_series: dict[tuple[str, bool, str], list[Frame]] = {}
    for frame in frames.usable:
        place = frame.geometry.frame_of_reference_uid  # positions in different ones cannot be compared
        by_series.setdefault((frame.series, is_motion_corrected(frame.header), place), []).append(frame)
    whole = [FrameGroup(tuple(group)) for members in by_series.values() for group in split_by_grid(members)]

    def one_acquisition(group: FrameGroup) -> FrameGroup:
        return latest_acquisitions(group, lambda members: _stated_times(members, given))

    def joined_images(pool: FrameGroup) -> FrameGroup | None:
        one = one_acquisition(pool)
        taken_for = _taken_for(one, given)
        return one if one.fault or (taken_for is not None and taken_for[1] is not None) else None

    joined = join_parts([one_acquisition(group) for group in whole], lambda group: _kind(group, given), joined_images)
    groups = [part for group in joined for part in split_by_statement(group)]
    candidates = []
    for group in groups:
        not_used.frames(group.repeated, "repeated_acquisition")
        candidate = _examine(group, conflicts, given)
        if candidate is None:
            not_used.frames(group.frames, "not_a_mapping_series")
        else:
            candidates.append(candidate)
    return candidates + _unplaced(frames)


def _stated_times(members: Sequence[Frame], given: GivenTimes) -> Times:
    by_user = given.of(members[0].header)
    if by_user is not None:
        return tuple(by_user.images.get(frame.sop_instance_uid) for frame in members)
    named = weighting_by_words(members[0].header)
    return stated_times(
        [frame.header for frame in members], tuple(Weighting) if named is None else (named,), TIMING_RULES
    )


def _taken_for(group: FrameGroup, given: GivenTimes) -> tuple[Weighting, Timing | str | None] | None:
    """Weighting and timing of a group, or why the user's times do not fit it; None where it is no mapping series."""
    by_user = given.of(group.header)
    if by_user is None:
        return _by_headers(group.slices)
    told = by_user.timing([[(frame.sop_instance_uid, frame.header) for frame in members] for members in group.slices])
    return by_user.weighting, told


def _kind(group: FrameGroup, given: GivenTimes) -> Hashable:
    """Return what the parts of one acquisition have in common; no two series that are no mapping have it."""
    contrast = contrast_by_agent(group.header).answer
    by_user = given.of(group.header)
    if by_user is not None:
        return by_user.name, group.has_one_image_a_slice, contrast
    if group.has_one_image_a_slice:
        return weighting_by_words(group.header), True, contrast
    found = _by_headers(group.slices)
    if found is None:
        return id(group)
    return found[0], None if found[1] is None else found[1].source, contrast


def _examine(group: FrameGroup, conflicts: Mapping[str, str], given: GivenTimes) -> Candidate | None:
    """Return the group as a candidate, or None where it is no mapping series at all."""
    found = _taken_for(group, given)
    if found is None:
        return None
    weighting, told = found
    timing = None if isinstance(told, str) else told
    slices = tuple(tuple(members) for members in group.slices)
    headers = [[frame.header for frame in members] for members in slices]
    choice = choose_model(weighting, timing, group.header, headers)
    fault = next((conflicts[uid] for uid in group.series if uid in conflicts), None) or group.fault
    fault = fault or (told if isinstance(told, str) else None) or choice.fault
    fault = fault or series_fault(slices, weighting, timing, choice.model)
    return Candidate(
        slices,
        weighting,
        timing,
        choice,
        fault,
        len(group.series),
        note=group.note,
        repeated=group.repeated,
        is_superseded=group.is_superseded,
    )


def _unplaced(frames: StudyFrames) -> list[Candidate]:
    """Return the mapping series none of whose images has a plane, with what is wrong with most of them."""
    placed = {frame.series for frame in frames.usable}
    found: dict[str, list[tuple[str, Frame]]] = {}
    for reason, members in frames.unplaced.items():
        for frame in members:
            if frame.series not in placed and names_a_map(frame.header):
                found.setdefault(frame.series, []).append((reason, frame))
    candidates = []
    for pairs in found.values():
        header = pairs[0][1].header
        weighting = weighting_by_words(header)
        if weighting is not None:
            reason, alike = max(by_fault_kind(pairs).items(), key=lambda one: len(one[1]))
            told = f"{len(alike)} of its {len(pairs)} images cannot be placed: {reason}"
            slices = (tuple(frame for _, frame in pairs),)
            candidates.append(Candidate(slices, weighting, None, choose_model(weighting, None, header), told, 1))
    return candidates


def _by_headers(slices: Sequence[Sequence[Frame]]) -> tuple[Weighting, Timing | None] | None:
    """Weighting and timing that the headers tell, or None where this is no mapping series."""
    header = slices[0][0].header
    headers = [[frame.header for frame in members] for members in slices]
    named = weighting_by_words(header)
    found = {weighting: find_timing(headers, weighting, TIMING_RULES) for weighting in Weighting}
    if named is None:
        # without words an echo train may be anything (T2*, water-fat); only certain sources speak for themselves
        speaking = [weighting for weighting, timing in found.items() if timing is not None and timing.certain]
        if len(speaking) != 1:
            return None
        named = speaking[0]
    timing = found[named]
    if timing is None and not names_a_map(header) and all(len(members) == 1 for members in slices):
        return None  # an anatomical T1 or T2 weighted series
    return named, timing


def faults_told(candidates: Sequence[Candidate]) -> str:
    """Say what is wrong with series, by series number and each fault once."""
    names: dict[str, list[str]] = {}
    for candidate in sorted(candidates, key=lambda one: (number(one.first.header, "SeriesNumber") or 0.0, one.name)):
        names.setdefault(candidate.fault or "", []).append(candidate.name)
    return "; ".join(f"{', '.join(dict.fromkeys(found))}: {fault}" for fault, found in names.items())
