"""Where a study's hematocrit comes from: the user, a FHIR Observation, a small JSON file, or the settings.

First found wins, in this order. A synthetic value, where the settings allow one, is made later from native blood T1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cmrmap.core.errors import InputError
from cmrmap.ecv.hematocrit import Hematocrit, parse_hematocrit

FILE_NAME = "hematocrit.json"
#: LOINC: hematocrit of blood by automated count, and by volume fraction
LOINC_CODES = frozenset({"4544-3", "20570-8"})
_LOINC_SYSTEM = "http://loinc.org"
_VOID_STATUS = frozenset({"entered-in-error", "cancelled", "unknown"})
_MOST_BYTES = 4_000_000  # a larger JSON file is not somebody's laboratory value


def find_hematocrit(
    folder: Path,
    patient_identifiers: Collection[str],
    *,
    given: Hematocrit | None = None,
    configured: float | None = None,
) -> Hematocrit | None:
    """Return the hematocrit to use, or None where nothing gives one.

    Parameters
    ----------
    folder : the study's input folder, searched for FHIR resources and for hematocrit.json
    patient_identifiers : what identifies the study's patient (PatientID and other identifiers); an Observation of
        another subject, or of none, is not used
    given : from the command line or the environment
    configured : from the settings, fraction or percent

    Raises
    ------
    InputError
        hematocrit.json that is damaged, or a value that no living patient has
    """
    if given is not None:
        return given
    files = _json_files(folder)
    observed = _from_observations(files, patient_identifiers)
    if observed is not None:
        return observed
    if (folder / FILE_NAME).is_file():
        return _from_file(folder / FILE_NAME)
    return None if configured is None else parse_hematocrit(configured, "settings")


def _json_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.json") if path.is_file() and path.stat().st_size <= _MOST_BYTES)


def _from_file(path: Path) -> Hematocrit:
    expected = 'expected {"hematocrit": 0.42, "measured": "2026-01-31"}'
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{FILE_NAME} cannot be read as JSON ({type(error).__name__}); {expected}") from error
    if not isinstance(content, dict) or "hematocrit" not in content:
        raise InputError(f"{FILE_NAME} has no entry 'hematocrit'; {expected}")
    measured = content.get("measured")
    dated = isinstance(measured, str) and re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", measured)
    return parse_hematocrit(content["hematocrit"], f"{FILE_NAME} (measured {measured})" if dated else FILE_NAME)


def _from_observations(files: list[Path], patient_identifiers: Collection[str]) -> Hematocrit | None:
    """Newest Observation of the study's patient; a value that cannot be is an error, not a reason to look further."""
    found: list[tuple[str, float, str]] = []
    for path in files:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # not JSON after all: nobody said that this file is a laboratory value
        for resource in _resources(content):
            if _is_hematocrit(resource) and _subjects(resource) & set(patient_identifiers):
                value = _quantity(resource)
                if value is not None:
                    when = str(resource.get("effectiveDateTime") or resource.get("issued") or "")
                    found.append((when, *value))
    if not found:
        return None
    when, number, unit = max(found)
    day = when[:10]
    source = "FHIR Observation" + (f" ({day})" if re.fullmatch(r"\d{4}-\d{2}-\d{2}", day) else "")
    return parse_hematocrit(number / 100 if unit == "%" else number, source)


def _resources(content: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the resource itself, and those in a Bundle."""
    if not isinstance(content, dict):
        return
    yield content
    entries = content.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def _is_hematocrit(resource: Mapping[str, Any]) -> bool:
    if resource.get("resourceType") != "Observation" or resource.get("status") in _VOID_STATUS:
        return False
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    return any(
        isinstance(coding, dict)
        and coding.get("system", _LOINC_SYSTEM) == _LOINC_SYSTEM
        and coding.get("code") in LOINC_CODES
        for coding in (codings if isinstance(codings, list) else [])
    )


def _subjects(resource: Mapping[str, Any]) -> set[str]:
    """Return whose the Observation is: the reference's last part and the identifier's value."""
    subject = resource.get("subject")
    if not isinstance(subject, dict):
        return set()
    out: set[str] = set()
    if isinstance(subject.get("reference"), str):
        out.add(subject["reference"].rsplit("/", 1)[-1])
    identifier = subject.get("identifier")
    if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
        out.add(identifier["value"])
    return out - {""}


def _quantity(resource: Mapping[str, Any]) -> tuple[float, str] | None:
    quantity = resource.get("valueQuantity")
    if not isinstance(quantity, dict) or isinstance(quantity.get("value"), bool):
        return None
    value = quantity.get("value")
    if not isinstance(value, (int, float)):
        return None
    unit = str(quantity.get("code") or quantity.get("unit") or "")
    return float(value), unit
