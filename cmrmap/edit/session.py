"""A study that is being edited: loaded once, and run again from the slice that changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cmrmap.core.corrections import Corrections, ReaderContour
from cmrmap.core.errors import InputError
from cmrmap.core.memo import Memo, remembering
from cmrmap.core.statuses import SliceStatus
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.edit.changes import SliceChange
from cmrmap.edit.editable import EditableSlice, editable_slices
from cmrmap.edit.marked_slices import MarkableSlice, Place, markable_slices, misplaced, with_marks
from cmrmap.edit.outline import redrawn
from cmrmap.edit.report_stage import EDIT_STAGES, NUMBER_STAGES
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.execution import Products, run_stages
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.stage import StageList
from cmrmap.quality.catalogue.reader_findings import READER_CONTOURS_REFUSED
from cmrmap.report.report_model import ReportModel
from cmrmap.results import StudyResult
from cmrmap.run.outcome import Outcome

#: what counts as the source of contours that are not saved yet
UNSAVED = "contours that are not saved"
_KEPT = ("study", "selection", "hematocrit", "segmentations")
_OF_NUMBERS = ("maps", "results")  # made again for the page, with what lies around the walls


@dataclass(slots=True)
class EditSession:
    """A study that a reader edits.

    Attributes
    ----------
    context : what the stages are told
    first : what they made of the study as it was at the start
    corrected : what the numbers are made with now
    slices, marked : slices whose contours can be edited, and those of which something can be marked
    plain : the images without any correction
    changes : what is changed now
    saved : what was changed when the study was last saved
    lock : held while the stages run
    """

    context: RunContext
    first: Products
    plain: LoadedStudy
    memo: Memo
    changes: tuple[SliceChange, ...] = ()
    saved: tuple[SliceChange, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)
    slices: Mapping[Place, EditableSlice] = field(init=False)
    marked: Mapping[Place, MarkableSlice] = field(init=False)
    corrected: Corrections = field(init=False)
    now: Products = field(init=False)

    def __post_init__(self) -> None:
        self.slices = editable_slices(self.first)
        with remembering(self.memo):
            self.marked = markable_slices(self.first)
        self.now, self.corrected = self.first, self.start.corrections

    @property
    def start(self) -> LoadedStudy:
        """The study with what was corrected at the start."""
        return self.first.one("loaded", LoadedStudy)

    @property
    def results(self) -> StudyResult:
        """The numbers of the study as it is now."""
        return self.now.one("results", StudyResult)

    def report(self) -> ReportModel:
        """Return what is reported of the study as it is now; drawn when it is first asked for, as numbers are not."""
        with self.lock:
            if "drawing" not in self.now:
                given = {name: made for name, made in self.now.items() if name not in _OF_NUMBERS}
                self.now = self.run(EDIT_STAGES, given, until="drawing")
            return self.now.one("drawing", ReportModel)

    @property
    def unsaved(self) -> int:
        """How many slices differ from what was last saved."""
        now, saved = ({one.place: one for one in some} for some in (self.changes, self.saved))
        return sum(now.get(place) != saved.get(place) for place in {*now, *saved})

    def apply(self, changes: Sequence[SliceChange]) -> None:
        """Run fit and numbers again with these changes; where that cannot be, everything stays as it was.

        Parameters
        ----------
        changes : of all slices that are changed

        Raises
        ------
        InputError
            a slice that cannot be edited, a contour or a point that cannot be used, or a slice that would be refused
        """
        with self.lock:
            loaded = replace(self.start, corrections=self.corrections(changes))
            given: dict[str, object] = {name: self.first[name] for name in _KEPT} | {"loaded": loaded}
            if any(one.marks is not None and one.marks.insertion_angles is not None for one in changes):
                given |= self._with_points(changes, self.run(NUMBER_STAGES, given, until="series"))
            made = self.run(NUMBER_STAGES, given, until="results")
            self._check(changes, made)
            self.changes, self.now, self.corrected = tuple(changes), made, made.one("loaded", LoadedStudy).corrections

    def run(self, stages: StageList, given: Mapping[str, object], until: str) -> Products:
        """Run stages with what is given; what was computed before is not computed again."""
        context = replace(self.context, outcome=Outcome())  # a change that cannot be used ends nothing
        with remembering(self.memo):
            return run_stages(stages, context, given=given, until=until, log_level=logging.DEBUG)

    def corrections(self, changes: Sequence[SliceChange]) -> Corrections:
        """Return what is corrected at the start, and these changes in its place.

        Parameters
        ----------
        changes : as for `apply`

        Raises
        ------
        InputError
            see `apply`
        """
        drawn = tuple(self.contour(one) for one in changes if one.draws)
        changed = {(one.kind, one.slice_index) for one in drawn}
        kept = (one for one in self.start.corrections.contours if (one.kind, one.slice_index) not in changed)
        said = with_marks(self.start.corrections, changes, self.marked)
        return replace(self.start.corrections, contours=(*kept, *drawn), slices=said)

    def _with_points(self, changes: Sequence[SliceChange], made: Products) -> dict[str, object]:
        """Return what is made up to the maps, with insertion points in the image that each map lies on now."""
        series = made.several("series", MappedSeries)
        loaded = made.one("loaded", LoadedStudy)
        said = with_marks(self.start.corrections, changes, self.marked, series)
        corrections = replace(loaded.corrections, slices=said)
        faults = misplaced(corrections, series)
        for change in changes:
            if change.marks is not None and change.marks.insertion_angles is not None and change.place in faults:
                raise InputError(f"{self.marked[change.place].name}: {faults[change.place]}; the point stays as it was")
        return {**made, "loaded": replace(loaded, corrections=corrections)}

    def contour(self, change: SliceChange) -> ReaderContour:
        """Return what a change draws; a slice that is as the network left it counts as unedited, as in any run."""
        one = self.slices.get(change.place)
        if one is None:
            raise InputError(f"{change.map.value} has no slice {change.slice_index} that can be edited")
        base = one.network if change.base == "network" else one.start
        try:
            labels = redrawn(base, change.borders, one.pixel_mm2)
        except InputError as error:
            raise InputError(f"{one.name}: {error}") from None
        return ReaderContour(one.first_called, change.slice_index, one.time_index, labels, UNSAVED)

    def _check(self, changes: Sequence[SliceChange], made: Products) -> None:
        results = made.one("results", StudyResult)
        maps = {one.kind: one for one in results.maps}
        refused = {
            (flag.map, flag.slice_index): flag.message
            for flag in results.quality
            if flag.code == READER_CONTOURS_REFUSED.code and UNSAVED in flag.message
        }
        for change in changes:
            if change.marks is not None and change.marks.exclude_slice:
                continue
            one = self.marked[change.place]
            reason = refused.get((one.first_called, change.slice_index)) or refused.get(change.place)
            slices = maps[change.map].slices
            if reason is None and len(slices) > change.slice_index:
                found = slices[change.slice_index]
                reason = None if found.status is SliceStatus.OK else found.reason or "the slice would be refused"
            elif reason is None:
                reason = maps[change.map].reason or "the map would be refused"
            if reason is not None:
                raise InputError(f"{one.name}: {reason}; it stays as it was")

    def same_contours(self, contours: Sequence[ReaderContour], changes: Sequence[SliceChange]) -> bool:
        """Tell whether contours that were read are, on the changed slices, those that the changes draw.

        Parameters
        ----------
        contours : as read
        changes : as for `apply`
        """
        for change in (one for one in changes if one.draws):
            own = self.contour(change)
            read = [one for one in contours if (one.kind, one.slice_index) == (own.kind, own.slice_index)]
            if not (len({one.time_index for one in read}) == 1 and read[0].time_index == own.time_index):
                return False
            if not all(np.array_equal(one.labels, own.labels) for one in read):
                return False
        return True
