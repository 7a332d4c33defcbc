"""How numbers, names and findings are worded; the same words on the page, in the HTML and on the pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cmrmap.core.findings import Severity, Threat
from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue import TITLES as FINDING_TITLES
from cmrmap.quality.listing import runs
from cmrmap.quality.telling import ToldFinding, told
from cmrmap.results import MapResult, SliceResult, StudyResult

TITLE: Mapping[MapKind, str] = MappingProxyType({kind: kind.spec.title for kind in MapKind})
RESEARCH = "Research use only - not a medical device"
METHOD = (
    "Means over the analysed pixels of the myocardium (the wall's border is left out) ± standard error propagated from "
    "the fit. Contours: endocardium and epicardium. Bull's-eye: AHA segments, pixels of all slices of a level."
)


def number(kind: MapKind, value: float) -> str:
    """Return a value with the decimals that its map deserves; "-" where there is none."""
    return f"{value:.{kind.spec.decimals}f}" if math.isfinite(value) else "-"


def with_error(kind: MapKind, value: float, uncertainty: float) -> str:
    """Return "1154 ± 3"; one decimal more where the error would be 0 without."""
    if not math.isfinite(value):
        return "-"
    if not math.isfinite(uncertainty):
        return number(kind, value)
    decimals = kind.spec.decimals
    if 0.0 < uncertainty < 0.5 * 10.0**-decimals:
        decimals += 1
    return f"{value:.{decimals}f} ± {uncertainty:.{decimals}f}"


def slice_label(one: SliceResult) -> str:
    """Return "2 mid"; counted from 1, base first."""
    return f"{one.slice_index + 1}" + (f" {one.level.value}" if one.level else "")


def slices_made(result: MapResult) -> str:
    """Return "5 of 5 slices"."""
    return f"{sum(one.status == 'ok' for one in result.slices)} of {len(result.slices)} slices"


def method(result: MapResult) -> str:
    """Return the relaxation model, or that the values are those of the scanner's map; "" where nothing was made."""
    if result.source == "scanner_map":
        maps = "T1 maps" if result.kind.sources != (result.kind,) else "map"
        return f"scanner's {maps}"
    return result.model or ""


def person(identity: StudyIdentity | None) -> list[str]:
    """Return what the source says of the patient and the study, the name first; empty parts are left out."""
    if identity is None:
        return []
    parts = [identity.patient_name]
    parts += [f"ID {identity.patient_id}"] if identity.patient_id else []
    parts += [f"born {day(identity.birth_date)}"] if identity.birth_date else []
    parts += [identity.sex]
    return [part for part in parts if part]


def study_line(identity: StudyIdentity | None) -> str:
    """Return date, description and scanner of the study."""
    if identity is None:
        return ""
    parts = [f"study of {day(identity.study_date)}" if identity.study_date else "", identity.study_description]
    parts += [identity.scanner, f"{identity.field_strength_t:g} T" if identity.field_strength_t else ""]
    return " · ".join(part for part in parts if part)


def day(date: str) -> str:
    """Return a DICOM date as 2026-01-31."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else date


def hematocrit_line(results: StudyResult) -> str:
    """Return the hematocrit and where it comes from."""
    known = results.hematocrit
    if known.value is None:
        return "Hematocrit: none"
    return f"Hematocrit {known.value * 100.0:.1f} % ({known.source})"


@dataclass(frozen=True, slots=True)
class FindingLine:
    """One finding in words.

    Attributes
    ----------
    severity : error, warning or info
    where : "T2 slices 1-3: ", or "" where it is about the study
    message : what was found and what to do
    detail : the whole sentence where the message was shortened, else ""
    """

    severity: str
    where: str
    message: str
    detail: str

    @property
    def sentence(self) -> str:
        """Where and what."""
        return f"{self.where}{self.message}"


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """What threatens the values, segments, slices, maps or the study."""

    title: str
    lines: tuple[FindingLine, ...]


def findings(results: StudyResult, *, notes: bool = False) -> tuple[FindingGroup, ...]:
    """Return what a reader should know, by what it threatens, the gravest first in each group.

    Parameters
    ----------
    results : with the findings
    notes : whether what is only informative is told too
    """
    shown = [one for one in told(results.quality) if notes or one.severity is not Severity.INFO]
    groups = ((threat, tuple(_line(one) for one in shown if one.threatens is threat)) for threat in Threat)
    return tuple(FindingGroup(FINDING_TITLES[threat], lines) for threat, lines in groups if lines)


def faulty(results: StudyResult) -> frozenset[MapKind]:
    """Return the maps with a finding of severity error: their values are not to be used."""
    errors = (flag for flag in results.quality if flag.severity is Severity.ERROR)
    return frozenset(flag.map for flag in errors if flag.map is not None)


def _line(one: ToldFinding) -> FindingLine:
    where = [TITLE[one.map]] if one.map else []
    if one.slice_indices:
        where.append(f"slice{'s' * (len(one.slice_indices) > 1)} {runs(index + 1 for index in one.slice_indices)}")
    return FindingLine(one.severity.value, f"{' '.join(where)}: " if where else "", one.message, one.detail)


def provenance_line(results: StudyResult) -> str:
    """Return version, whose contours the weights were refined with, and digests, shortened."""
    software = results.software
    parts = [f"CMRmap {software.version}"]
    if software.convention:
        parts.append(f"contours as by {software.convention}")
    elif software.weights_sha256:
        parts.append("contours: SCMR convention")
    parts += [f"weights {software.weights_sha256[:12]}"] if software.weights_sha256 else []
    parts += [f"settings {software.settings_sha256[:12]}"] if software.settings_sha256 else []
    return " · ".join(parts)
