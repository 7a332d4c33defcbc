"""What results.json holds, field by field; its JSON schema is docs/results.schema.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cmrmap.core.errors import InputError
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import BloodValue
from cmrmap.core.regional_values import RegionStatistics, SliceLevel

if TYPE_CHECKING:  # comparison.py imports this module
    from cmrmap.results.comparison import ReferenceComparison

SCHEMA_VERSION = "1.0"

MAP_STATUS = ("ok", "partial", "refused", "absent")
SLICE_STATUS = ("ok", "refused", "absent")
T1_KINDS = tuple(kind for kind in MapKind if kind.spec.has_blood)

NO_STATISTICS = RegionStatistics(float("nan"), float("nan"), 0, float("nan"))


@dataclass(frozen=True, slots=True)
class SoftwareInfo:
    """Which software made the results.

    Attributes
    ----------
    version : of this package
    weights_sha256 : of the network's weights; None where none were used
    settings_sha256 : of the settings; None where there were none
    """

    version: str
    weights_sha256: str | None = None
    settings_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What the input held: files seen, files used, and reason -> count of those skipped."""

    n_files: int
    n_used: int
    skipped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        object.__setattr__(self, "skipped", MappingProxyType(dict(self.skipped)))


@dataclass(frozen=True, slots=True)
class HematocritResult:
    """Hematocrit as a fraction and where it came from; both None where there was none."""

    value: float | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class BloodResult:
    """Blood T1 of the study and its standard error, ms; NaN where there is none."""

    t1_ms: float = float("nan")
    uncertainty: float = float("nan")


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """One AHA segment (1-16) of one slice."""

    aha: int
    statistics: RegionStatistics

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
    status : "ok" | "refused" | "absent"
    reason : why it is not ok; None where it is
    n_images, n_segmented, n_refined : images there are, those that entered the fit, those whose shape was replaced
    statistics : over the slice's analysed pixels, in the map's unit
    segments : those that have pixels
    """

    slice_index: int
    position_mm: float | None
    level: SliceLevel | None
    status: str
    reason: str | None
    n_images: int
    n_segmented: int
    n_refined: int
    statistics: RegionStatistics = NO_STATISTICS
    segments: tuple[SegmentResult, ...] = ()

    def __post_init__(self) -> None:
        _check_status(f"slice {self.slice_index}", self.status, SLICE_STATUS, self.reason)


@dataclass(frozen=True, slots=True)
class MapResult:
    """One map.

    Attributes
    ----------
    kind : which; gives the unit
    status : "ok" | "partial" (some slices) | "refused" | "absent"
    reason : why it is not ok; None where it is
    model : relaxation model; None where nothing was fitted
    model_reason : why this model; None where nothing was fitted, and for ECV, whose models are those of its T1 maps
    timing_source : where the times came from; None where there are none
    success : the paper's rule per patient
    patient : over the analysed pixels of all successful slices, in the map's unit
    blood : T1 maps only, else None
    slices : in the order of the stack
    reference : z-scores against the site's reference ranges; None where there are none
    """

    kind: MapKind
    status: str
    reason: str | None = None
    model: str | None = None
    timing_source: str | None = None
    success: bool = False
    patient: RegionStatistics = NO_STATISTICS
    blood: BloodResult | None = None
    slices: tuple[SliceResult, ...] = ()
    model_reason: str | None = None
    reference: ReferenceComparison | None = None

    def __post_init__(self) -> None:
        _check_status(f"the {self.kind.value} map", self.status, MAP_STATUS, self.reason)
        if self.blood is not None and self.kind not in T1_KINDS:
            raise InputError(f"only T1 maps have a blood T1; found one on the {self.kind.value} map")


@dataclass(frozen=True, slots=True)
class StudyResult:
    """Everything in results.json.

    Attributes
    ----------
    maps : one per ``MapKind``, all four, in its order
    """

    study_instance_uid: str
    software: SoftwareInfo
    input: InputSummary
    hematocrit: HematocritResult
    quality: tuple[QualityFlag, ...]
    maps: tuple[MapResult, ...]

    def __post_init__(self) -> None:
        kinds = [m.kind for m in self.maps]
        if kinds != list(MapKind):
            raise InputError(
                f"results hold the maps {[k.value for k in MapKind]} in this order; found {[k.value for k in kinds]}"
            )


def absent_map(kind: MapKind, reason: str, status: str = "absent") -> MapResult:
    """Return the entry of a map that was not made, with its reason."""
    return MapResult(kind, status, reason, blood=BloodResult() if kind in T1_KINDS else None)


def mean_blood(values: tuple[BloodValue | None, ...]) -> BloodResult:
    """Return the study's blood T1: the slices' mean and its standard error, their errors being independent."""
    known = [v for v in values if v is not None]
    if not known:
        return BloodResult()
    mean = sum(v.t1_ms for v in known) / len(known)
    return BloodResult(mean, sum(v.uncertainty_ms**2 for v in known) ** 0.5 / len(known))


def _check_status(what: str, status: str, allowed: tuple[str, ...], reason: str | None) -> None:
    if status not in allowed:
        raise InputError(f"status of {what} must be one of {', '.join(allowed)}; found {status!r}")
    if (status == "ok") != (reason is None):
        raise InputError(f"{what} is {status!r} with reason {reason!r}; give a reason if and only if it is not ok")
