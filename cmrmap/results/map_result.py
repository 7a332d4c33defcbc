"""What is known of one map: its statistics per patient, slice and segment, and why it is as it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeAlias, TypeVar

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import BloodValue
from cmrmap.core.regional_values import RegionStatistics, SliceLevel
from cmrmap.core.scanner_map import ValueSource
from cmrmap.core.shared_errors import variance_over_slices
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.results.comparison import ReferenceComparison
from cmrmap.results.misfit_result import ModelMisfit

NO_STATISTICS = RegionStatistics(float("nan"), float("nan"), 0, float("nan"))
"""The statistics of a region without pixels: NaN, and a count of 0."""

#: who outlined the heart
DrawnBy: TypeAlias = Literal["network", "reader"]

_Status = TypeVar("_Status", bound=Enum)


@dataclass(frozen=True, slots=True)
class BloodResult:
    """Blood T1 of the study.

    Attributes
    ----------
    t1_ms, uncertainty : T1 of the blood and its standard error, ms; NaN where there is none
    """

    t1_ms: float = float("nan")
    uncertainty: float = float("nan")


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """One AHA segment of one slice.

    Attributes
    ----------
    aha : number of the segment, 1-16
    statistics : over its analysed pixels, in the map's unit
    contour_off_probability : that its endocardium or epicardium lies more than 3 mm off; NaN where it is not known

    Raises
    ------
    InputError
        a number outside 1 to 16
    """

    aha: int
    statistics: RegionStatistics
    contour_off_probability: float = float("nan")

    def __post_init__(self) -> None:
        if not 1 <= self.aha <= 16:
            raise InputError(f"an AHA segment is numbered 1 to 16; found {self.aha}")


@dataclass(frozen=True, slots=True)
class SliceResult:
    """One slice of one map.

    Attributes
    ----------
    slice_index : in the map's stack, base first as far as the source tells
    position_mm : of the plane along its normal, mm, patient coordinates; None where not known
    level : basal, mid or apical; None where not known
    status : what became of it; its word is taken too
    reason : why it is not ok; None where it is
    n_images, n_segmented, n_refined : images there are, those that entered the fit, those whose shape was replaced
    statistics : over the slice's analysed pixels, in the map's unit
    segments : those that have pixels
    heart_probability : the network's, that the slice shows a left ventricle in short axis; NaN where it does not tell
    drawn_by : whose outlines count
    by_network : what the network's outlines give, over their analysed pixels, where a reader corrected the slice; None
        where nobody did

    Raises
    ------
    InputError
        an unknown status, or a reason where there must be none, or none where there must be one
    """

    slice_index: int
    position_mm: float | None
    level: SliceLevel | None
    status: SliceStatus
    reason: str | None
    n_images: int
    n_segmented: int
    n_refined: int
    statistics: RegionStatistics = NO_STATISTICS
    segments: tuple[SegmentResult, ...] = ()
    heart_probability: float = float("nan")
    drawn_by: DrawnBy = "network"
    by_network: RegionStatistics | None = None

    def __post_init__(self) -> None:
        status = _checked(SliceStatus, f"slice {self.slice_index}", self.status, self.reason)
        object.__setattr__(self, "status", status)


@dataclass(frozen=True, slots=True)
class MapResult:
    """One map.

    Attributes
    ----------
    kind : which; gives the unit
    status : what became of it; its word is taken too
    reason : why it is not ok; None where it is
    model : relaxation model, or "scanner_map"; None where nothing was made
    timing_source : where the times came from; None where there are none
    success : the paper's rule per patient
    patient : over the analysed pixels of all successful slices, in the map's unit
    blood : T1 maps only, else None
    slices : in the order of the stack
    model_reason : why this model; None where nothing was fitted, and for ECV, whose models are those of its T1 maps
    reference : z-scores against the site's reference ranges; None where there are none
    mid_septum : over the analysed pixels of AHA segments 8 and 9 in all mid-level slices, in the map's unit
    source : what the values were taken from; None where nothing was made
    model_misfit : misfit common to all slices; None where nothing was fitted, and where fewer than three slices
        can be compared

    Raises
    ------
    InputError
        a status and a reason that do not go together, or a blood T1 of a map that has none
    """

    kind: MapKind
    status: MapStatus
    reason: str | None = None
    model: str | None = None
    timing_source: str | None = None
    success: bool = False
    patient: RegionStatistics = NO_STATISTICS
    blood: BloodResult | None = None
    slices: tuple[SliceResult, ...] = ()
    model_reason: str | None = None
    reference: ReferenceComparison | None = None

    @property
    def drawn_by(self) -> DrawnBy | None:
        """Whose outlines count: a reader's where one slice that was made has them; None where nothing was made."""
        made = [one.drawn_by for one in self.slices if one.status is SliceStatus.OK]
        return ("reader" if "reader" in made else "network") if made else None

    @property
    def is_listed(self) -> bool:
        """Whether reports name the map: one that few studies have a series for is named only where it was tried."""
        return self.status is not MapStatus.ABSENT or self.kind.spec.always_listed

    mid_septum: RegionStatistics = NO_STATISTICS
    source: ValueSource | None = None
    model_misfit: ModelMisfit | None = None

    def __post_init__(self) -> None:
        status = _checked(MapStatus, f"the {self.kind.value} map", self.status, self.reason)
        object.__setattr__(self, "status", status)
        if self.blood is not None and not self.kind.spec.has_blood:
            raise InputError(f"only T1 maps have a blood T1; found one on the {self.kind.value} map")


def absent_map(kind: MapKind, reason: str, status: MapStatus | str = MapStatus.ABSENT) -> MapResult:
    """Return the entry of a map that was not made.

    Parameters
    ----------
    kind : which
    reason : why it was not made
    status : refused or absent

    Returns
    -------
    MapResult
        without values

    Examples
    --------
    >>> found = absent_map(MapKind.ECV, "no hematocrit was given")
    >>> found.status.value, found.patient.n_pixels
    ('absent', 0)
    """
    return MapResult(kind, MapStatus(status), reason, blood=BloodResult() if kind.spec.has_blood else None)


def mean_blood(values: tuple[BloodValue | None, ...]) -> BloodResult:
    """Return the study's blood T1: the slices' mean and its standard error, their errors being correlated.

    Parameters
    ----------
    values : one per slice; None where it could not be fitted

    Returns
    -------
    BloodResult
        NaN where no slice has one

    Examples
    --------
    >>> found = mean_blood((BloodValue(1600.0, 12.0, 80), None, BloodValue(1620.0, 16.0, 75)))
    >>> found.t1_ms, round(found.uncertainty, 1)  # 10 if they were independent
    (1610.0, 12.2)
    """
    known = [v for v in values if v is not None]
    if not known:
        return BloodResult()
    mean = sum(v.t1_ms for v in known) / len(known)
    return BloodResult(mean, variance_over_slices([v.uncertainty_ms for v in known]) ** 0.5 / len(known))


def _checked(kind: type[_Status], what: str, status: object, reason: str | None) -> _Status:
    try:
        known = kind(status)
    except ValueError:
        words = ", ".join(one.value for one in kind)
        raise InputError(f"status of {what} must be one of {words}; found {status!r}") from None
    if (known.value == "ok") != (reason is None):
        raise InputError(f"{what} is {known.value!r} with reason {reason!r}; give a reason if and only if it is not ok")
    return known
