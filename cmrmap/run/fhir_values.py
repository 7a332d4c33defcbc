"""A hematocrit in a FHIR Observation, read strictly: status, code, quantity, unit (HL7 FHIR R4, 10.1 Observation)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timezone
from typing import Any

from cmrmap.run.fhir_resources import list_of, object_of, text_of
from cmrmap.run.json_files import AMBIGUOUS

#: LOINC: hematocrit of blood by automated count, and by volume fraction
LOINC_CODES = frozenset({"4544-3", "20570-8"})
_LOINC_SYSTEMS = ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1")
_SETTLED = frozenset({"final", "amended", "corrected"})
#: what a status that leaves doubt says; any other that is not settled makes the value void
_UNSETTLED = {"preliminary": "it is preliminary", "": "it has no status"}
_VOID = {
    "registered": "it is only registered",
    "entered-in-error": "it was entered in error",
    "cancelled": "it was cancelled",
    "unknown": "its status is unknown",
}
#: UCUM codes and written units, in lower case without blanks; mL/dL is a percentage
_PERCENT = frozenset({"%", "percent", "percentage", "pct", "vol%", "%vol", "%(v/v)", "{percent}", "ml/dl", "%{vol}"})
_FRACTION = frozenset({"1", "l/l", "ml/ml", "dl/dl", "{ratio}", "{fraction}", "ratio", "fraction", "vol/vol", "v/v"})
_LEAST, _MOST = 0.10, 0.70
_LEAST_PERCENT = 20.0


def is_hematocrit(node: Mapping[str, Any]) -> bool:
    """Tell whether an Observation, or a component of one, has a LOINC code of hematocrit.

    Parameters
    ----------
    node : with ``code``
    """
    return any(
        isinstance(coding, dict)
        and (coding.get("system") or _LOINC_SYSTEMS[0]) in _LOINC_SYSTEMS
        and text_of(coding.get("code")) in LOINC_CODES
        for coding in list_of(object_of(node.get("code")).get("coding"))
    )


def measurements(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what in an Observation is a hematocrit: itself, or components of a panel.

    Parameters
    ----------
    body : of the Observation
    """
    if is_hematocrit(body):
        yield body
    for component in list_of(body.get("component")):
        if isinstance(component, dict) and is_hematocrit(component):
            yield component


def status_fault(body: Mapping[str, Any]) -> tuple[str, str]:
    """Return why the status makes an Observation void, and what doubt it leaves; "" where neither.

    Parameters
    ----------
    body : of the Observation
    """
    status = text_of(body.get("status"))
    if status in _SETTLED:
        return "", ""
    if status in _UNSETTLED:
        return "", _UNSETTLED[status]
    return _VOID.get(status, "its status is not one of FHIR"), ""


def fraction_of(node: Mapping[str, Any]) -> float | str:
    """Return the fraction that a measurement states, or why it states none that can be used.

    Parameters
    ----------
    node : an Observation or a component; no part of it is quoted
    """
    quantity = node.get("valueQuantity")
    if node.get(AMBIGUOUS) or (isinstance(quantity, dict) and quantity.get(AMBIGUOUS)):
        return "one of its fields occurs twice with different contents"
    if not isinstance(quantity, dict):
        return "it has no valueQuantity"
    if node.get("dataAbsentReason"):
        return "it states that its value is absent"
    if quantity.get("comparator") is not None:
        return "its value is a bound (comparator), not a measurement"
    value = quantity.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "its value is not a number"
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    return _scaled(number, quantity)


def _scaled(number: float, quantity: Mapping[str, Any]) -> float | str:
    units = _units(quantity)
    scales = {_scale(unit) for unit in units}
    if None in scales:
        return "its unit is not %, L/L, mL/dL or 1"
    if len(scales) > 1:
        return "its unit and the code of its unit contradict each other"
    percent = scales.pop() == 100.0 if scales else number >= _LEAST_PERCENT
    fraction = number / 100.0 if percent else number
    if not _LEAST <= fraction <= _MOST:  # NaN too
        stated = "in percent" if percent else "as a fraction"
        stated = stated if units else "without a unit"
        return f"its value, {stated}, is not possible; expected a fraction of {_LEAST:g}-{_MOST:g}"
    return fraction


def has_unit(node: Mapping[str, Any]) -> bool:
    """Tell whether a measurement states its unit; without one its size tells percent from a fraction.

    Parameters
    ----------
    node : an Observation or a component
    """
    return bool(_units(object_of(node.get("valueQuantity"))))


def _units(quantity: Mapping[str, Any]) -> list[str]:
    """Return code and text of the unit as far as they are stated, in lower case without blanks."""
    stated = [quantity.get("code"), quantity.get("unit")]
    return ["".join(str(unit).split()).casefold() for unit in stated if unit is not None and str(unit).strip()]


def _scale(unit: str) -> float | None:
    return 100.0 if unit in _PERCENT else 1.0 if unit in _FRACTION else None


def moment_of(body: Mapping[str, Any]) -> str:
    """Return when an Observation's value holds, as it is written; "" where nothing says.

    Parameters
    ----------
    body : of the Observation
    """
    period = object_of(body.get("effectivePeriod"))
    stated = (body.get("effectiveDateTime"), body.get("effectiveInstant"), period.get("end"), period.get("start"))
    return next((written for one in (*stated, body.get("issued")) if day_of(written := text_of(one))), "")


def instant_of(written: str) -> float:
    """Return a FHIR date or time as seconds that sort; -inf where it is none.

    Parameters
    ----------
    written : a time without a zone counts as UTC
    """
    day = day_of(written)
    if day is None:
        return -math.inf
    try:
        parsed = datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        parsed = datetime(day.year, day.month, day.day)
    seconds = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=timezone.utc)
    return (seconds - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()


def day_of(written: str) -> date | None:
    """Return the day of a FHIR date or time; of a month or a year the middle; None where it is none.

    Parameters
    ----------
    written : YYYY, YYYY-MM, YYYY-MM-DD, or that with a time behind it
    """
    match = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(?![\d-])", written)
    if match is None:
        return None
    year, month, day = match.groups()
    try:
        return date(int(year), int(month or 7), int(day or (15 if month else 1)))
    except ValueError:
        return None
