"""How numbers, names and findings are worded; the same words on the page, in the HTML and on the pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from cmrmap.core.findings import Severity
from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.provenance import model_in_words
from cmrmap.results import MapResult, SliceResult, StudyResult

TITLE: Mapping[MapKind, str] = MappingProxyType({kind: kind.spec.title for kind in MapKind})
RESEARCH = "Research use only - not a medical device"
METHOD = (
    "Means over the analysed pixels of the myocardium (without the border of the wall) ± standard error propagated "
    "from the fit. Contours: endocardium and epicardium. Bull's-eye: mean of each AHA segment over all slices of its "
    "level."
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
    """Return date and time, accession number, description and scanner of the study."""
    if identity is None:
        return ""
    when = " ".join(part for part in (day(identity.study_date), clock(identity.study_time)) if part)
    parts = [f"study of {when}" if when else ""]
    parts += [f"accession {identity.accession_number}" if identity.accession_number else "", identity.study_description]
    parts += [identity.scanner, f"{identity.field_strength_t:g} T" if identity.field_strength_t else ""]
    return " · ".join(part for part in parts if part)


def day(date: str) -> str:
    """Return a DICOM date as 2026-01-31."""
    return f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else date


def clock(time: str) -> str:
    """Return a DICOM time as 14:05; "" where it is none."""
    digits = time.replace(":", "")[:4]
    known = len(digits) == 4 and digits.isascii() and digits.isdigit() and int(digits[:2]) < 24 and int(digits[2:]) < 60
    return f"{digits[:2]}:{digits[2:]}" if known else ""


def hematocrit_line(results: StudyResult) -> str:
    """Return the hematocrit and where it comes from."""
    known = results.hematocrit
    if known.value is None:
        return "Hematocrit: none"
    source = f", {known.source}" if "(" in str(known.source) else f" ({known.source})"  # no brackets in brackets
    return f"Hematocrit {known.value * 100.0:.1f} %{source}"


def faulty(results: StudyResult) -> frozenset[MapKind]:
    """Return the maps with a finding of severity error: their values are not to be used."""
    errors = (flag for flag in results.quality if flag.severity is Severity.ERROR)
    return frozenset(flag.map for flag in errors if flag.map is not None)


def provenance_line(results: StudyResult) -> str:
    """Return version, which model drew, whose contours it was refined with, and digests, shortened."""
    software = results.software
    parts = [f"CMRmap {software.version}"]
    if software.convention:
        parts.append(model_in_words(software.convention))
    elif software.weights_sha256:
        parts.append("contours: SCMR convention")
    parts += [f"weights {software.weights_sha256[:12]}"] if software.weights_sha256 else []
    parts += [f"settings {software.settings_sha256[:12]}"] if software.settings_sha256 else []
    return " · ".join(parts)
