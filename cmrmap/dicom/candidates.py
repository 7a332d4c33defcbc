"""Find the mapping series of a study: usable frames, grouped, ordered, timed; and what is wrong with the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pydicom.dataset import Dataset

from cmrmap.dicom._values import number, text
from cmrmap.dicom.frames import frames_of, geometry_of
from cmrmap.dicom.model_choice import ModelChoice, choose_model
from cmrmap.dicom.read import SourceStudy
from cmrmap.dicom.series_rules import drop_reason, is_t2_star, names_a_map, weighting_by_words
from cmrmap.dicom.slices import Frame, group_slices, merge_split_series, split_by_grid
from cmrmap.dicom.timing import Timing, Weighting, find_timing
from cmrmap.errors import GeometryError

#: Fewest images in a slice, by model: one more than it has parameters.
FEWEST_IMAGES: Mapping[str, int] = MappingProxyType(
    {"t2_3p": 4, "t2_2p": 3, "stone_2p": 3, "molli_3p": 4, "sasha_3p": 4}
)


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
    def model(self) -> str:
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


def find_candidates(study: SourceStudy, skipped: Counter[str]) -> list[Candidate]:
    """Return the mapping series, usable or not; images that belong to none are counted in ``skipped`` by reason."""
    by_series: dict[str, list[Frame]] = {}
    for frame in _usable_frames(study, skipped):
        by_series.setdefault(frame.series, []).append(frame)
    groups = merge_split_series([group for frames in by_series.values() for group in split_by_grid(frames)])
    candidates = []
    for group in groups:
        candidate = _examine(group, study.conflicts)
        if candidate is None:
            skipped["t2_star" if is_t2_star(group[0].header) else "not_a_mapping_series"] += len(group)
        else:
            candidates.append(candidate)
    return candidates


def _usable_frames(study: SourceStudy, skipped: Counter[str]) -> list[Frame]:
    usable = []
    for uid, header in study.headers.items():
        for index, frame in enumerate(frames_of(header)):
            reason = drop_reason(frame)
            if reason is None and any((number(frame, name) or 0.0) < 1.0 for name in ("Rows", "Columns")):
                reason = "no_pixels"
            if reason is not None:
                skipped[reason] += 1
                continue
            try:
                geometry = geometry_of(frame)
            except GeometryError:
                skipped["bad_geometry"] += 1
                continue
            usable.append(Frame(uid, study.paths[uid], index, frame, geometry))
    return usable


def _examine(group: list[Frame], conflicts: Mapping[str, str]) -> Candidate | None:
    """Return the group as a candidate, or None where it is no mapping series at all."""
    header = group[0].header
    if is_t2_star(header):
        return None
    slices = tuple(tuple(members) for members in group_slices(group))
    headers = [[frame.header for frame in members] for members in slices]
    named = weighting_by_words(header)
    found = {weighting: find_timing(headers, weighting) for weighting in Weighting}
    if named is None:
        # without words an echo train may be anything (T2*, water-fat); only certain sources speak for themselves
        speaking = [weighting for weighting, timing in found.items() if timing is not None and timing.rule.certain]
        if len(speaking) != 1:
            return None
        named = speaking[0]
    timing = found[named]
    if timing is None and not names_a_map(header) and all(len(members) == 1 for members in slices):
        return None  # an anatomical T1 or T2 weighted series
    choice = choose_model(named, timing, header)
    series = sorted({frame.series for frame in group})
    fault = next((conflicts[uid] for uid in series if uid in conflicts), None)
    fault = fault or _fault(slices, named, timing, choice.model)
    return Candidate(slices, named, timing, choice, fault, len(series))


def _fault(
    slices: tuple[tuple[Frame, ...], ...], weighting: Weighting, timing: Timing | None, model: str
) -> str | None:
    if max(len(members) for members in slices) < 2:
        return f"it has one image at each of {len(slices)} positions; expected several with different times"
    if timing is None:
        what = "an inversion time" if weighting is Weighting.T1 else "a T2-preparation or echo time"
        return f"no known attribute gives {what} that differs between the images of every slice"
    most = max(sum(time is not None for time in row) for row in timing.times_ms)
    if most < FEWEST_IMAGES[model]:
        return f"no slice has more than {most} images; expected at least {FEWEST_IMAGES[model]} for {model}"
    return None
