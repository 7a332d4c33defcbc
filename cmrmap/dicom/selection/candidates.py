"""Find the mapping series of a study: usable frames, grouped, ordered, timed; and what is wrong with the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.core.errors import GeometryError
from cmrmap.core.map_spec import Weighting
from cmrmap.core.relaxation_models import MODELS, ModelName
from cmrmap.dicom.headers.frames import frames_of, geometry_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.selection.companions import PartFrame
from cmrmap.dicom.selection.echo_trains import echo_time_fault
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.dicom.selection.model_choice import ModelChoice, choose_model
from cmrmap.dicom.selection.series_rules import (
    drop_rule,
    is_motion_corrected,
    long_axis_words,
    names_a_map,
    other_organ_words,
    weighting_by_words,
)
from cmrmap.dicom.selection.slices import Frame, group_slices, merge_split_series, split_by_grid
from cmrmap.dicom.selection.timing import Timing, explain_no_timing, find_timing
from cmrmap.dicom.selection.timing_rules import TIMING_RULES

_FEWEST_PIXELS = 16  # rows and columns; below it there is no heart to draw


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
    """

    slices: tuple[tuple[Frame, ...], ...]
    weighting: Weighting
    timing: Timing | None
    choice: ModelChoice
    fault: str | None
    n_series: int

    @property
    def model(self) -> ModelName:
        """Relaxometry model."""
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
    def n_images(self) -> int:
        """Number of frames."""
        return sum(len(members) for members in self.slices)

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"series {text(self.first.header, 'SeriesNumber') or 'without number'}"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A frame that enters no stack, with its flat header and the reason that it is counted under."""

    sop_instance_uid: str
    frame_index: int
    header: Dataset
    reason: str


@dataclass(frozen=True, slots=True)
class StudyFrames:
    """The frames of a study that may enter a stack, those that may not, and the phase, real and imaginary images."""

    usable: tuple[Frame, ...]
    parts: tuple[PartFrame, ...]
    left_out: tuple[LeftOut, ...] = ()


def study_frames(study: SourceStudy, skipped: Counter[str]) -> StudyFrames:
    """Sort out every frame; what may not enter a stack is counted in ``skipped`` by reason."""
    usable: list[Frame] = []
    parts: list[PartFrame] = []
    left_out: list[LeftOut] = []
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
            except GeometryError:
                if rule is None:
                    left_out.append(LeftOut(uid, index, flat, "bad_geometry"))
                continue
            if rule is None:
                usable.append(frame)
            elif rule.part is not None:
                parts.append(PartFrame(rule.part, frame))
    skipped.update(one.reason for one in left_out)
    return StudyFrames(tuple(usable), tuple(parts), tuple(left_out))


def find_candidates(
    frames: StudyFrames, conflicts: Mapping[str, str], given: GivenTimes, skipped: Counter[str]
) -> list[Candidate]:
    """Return the mapping series, usable or not; images that belong to none are counted in ``skipped`` by reason."""
    by_series: dict[tuple[str, bool], list[Frame]] = {}
    for frame in frames.usable:
        by_series.setdefault((frame.series, is_motion_corrected(frame.header)), []).append(frame)
    groups = merge_split_series([group for members in by_series.values() for group in split_by_grid(members)])
    candidates = []
    for group in groups:
        candidate = _examine(group, conflicts, given)
        if candidate is None:
            skipped["not_a_mapping_series"] += len(group)
        else:
            candidates.append(candidate)
    return candidates


def _examine(group: list[Frame], conflicts: Mapping[str, str], given: GivenTimes) -> Candidate | None:
    """Return the group as a candidate, or None where it is no mapping series at all."""
    header = group[0].header
    slices = tuple(tuple(members) for members in group_slices(group))
    series = sorted({frame.series for frame in group})
    fault = next((conflicts[uid] for uid in series if uid in conflicts), None)
    by_user = given.of(header)
    if by_user is not None:
        told = by_user.timing([[(frame.sop_instance_uid, frame.header) for frame in members] for members in slices])
        weighting, timing = by_user.weighting, None if isinstance(told, str) else told
        fault = fault or (told if isinstance(told, str) else None)
    else:
        found = _by_headers(slices)
        if found is None:
            return None
        weighting, timing = found
    choice = choose_model(weighting, timing, header)
    fault = fault or _fault(slices, weighting, timing, choice.model)
    return Candidate(slices, weighting, timing, choice, fault, len(series))


def _by_headers(slices: tuple[tuple[Frame, ...], ...]) -> tuple[Weighting, Timing | None] | None:
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


def _fault(
    slices: tuple[tuple[Frame, ...], ...], weighting: Weighting, timing: Timing | None, model: str
) -> str | None:
    if max(len(members) for members in slices) < 2:
        return f"it has one image at each of {len(slices)} positions; expected several with different times"
    matrix = slices[0][0].matrix
    if min(matrix) < _FEWEST_PIXELS:
        return f"its images are {matrix[0]} x {matrix[1]} pixels; expected at least {_FEWEST_PIXELS} each way"
    if not text(slices[0][0].header, "FrameOfReferenceUID"):
        return "its images have no FrameOfReferenceUID, which every map must share with them; export the originals"
    organ = other_organ_words(slices[0][0].header)
    if organ:
        return f'it is of another organ by its description ("{organ}"); expected the heart'
    view = long_axis_words(slices[0][0].header)
    if view:
        return f'it is a long-axis view by its description ("{view}"); expected short-axis slices'
    if timing is None:
        headers = [[frame.header for frame in members] for members in slices]
        return explain_no_timing(headers, weighting, TIMING_RULES)
    most = max(len({time for time in row if time is not None}) for row in timing.times_ms)
    if most < MODELS[model].fewest_images:
        fewest = MODELS[model].fewest_images
        return f"no slice has images of more than {most} different times; expected at least {fewest} for {model}"
    return echo_time_fault([[frame.header for frame in members] for members in slices], weighting, timing)
