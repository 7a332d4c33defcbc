"""What is decided while the series of a study are chosen, and what comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.selected_series import ContrastLabel, SelectedSeries
from cmrmap.core.series_row import SeriesRow, SeriesVerdict
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.not_used import NotUsed
from cmrmap.dicom.selection.series_verdicts import Disposition


@dataclass(frozen=True, slots=True)
class Selection:
    """The outcome of :func:`cmrmap.dicom.selection.select.select_series`.

    Attributes
    ----------
    selected : at most one series per map, in the order T2, native T1, post-contrast T1
    refusals : per map that has no series ("absent" or "refused"), and per slice that has too few images (with its
        ``slice_index`` in the selected series, which still holds the slice)
    not_used : why an image is not used, by (SOP instance UID, frame index)
    flags : what the user should know about the choices
    series : one row for every series of the study
    failure : why no series is selected; None where one is
    """

    selected: tuple[SelectedSeries, ...]
    refusals: tuple[Refusal, ...]
    not_used: Mapping[tuple[str, int], str] = field(default_factory=lambda: MappingProxyType({}))
    flags: tuple[QualityFlag, ...] = ()
    series: tuple[SeriesRow, ...] = ()
    failure: NoMappingSeriesError | RefusedError | None = None

    @property
    def skipped(self) -> Mapping[str, int]:
        """Number of MR images (frames, not files) that are not used, by reason."""
        return dict(sorted(Counter(self.not_used.values()).items()))

    def checked(self) -> Selection:
        """Return the selection itself.

        Raises
        ------
        NoMappingSeriesError, RefusedError
            it holds no series
        """
        if self.failure is not None:
            raise self.failure
        return self


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate for one map, why it is one, what speaks against it ("" where nothing does), and its label (T1)."""

    candidate: Candidate
    reason: str
    caution: str = ""
    label: ContrastLabel | None = None


@dataclass(slots=True)
class Decisions:
    """What accumulates while the maps are gone through."""

    not_used: NotUsed = field(default_factory=NotUsed)
    selected: list[SelectedSeries] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    flags: list[QualityFlag] = field(default_factory=list)
    dispositions: list[Disposition] = field(default_factory=list)

    def decide(self, candidates: Iterable[Candidate], kind: MapKind, verdict: SeriesVerdict, reason: str) -> None:
        """Keep what was decided of candidates, for the table of series."""
        self.dispositions.extend(Disposition(one, kind, verdict, reason) for one in candidates)
