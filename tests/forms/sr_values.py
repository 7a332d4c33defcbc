"""The numbers of a measurement report, found by code wherever they stand in its tree; no title counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing import codes
from tests.forms.expected import Name

_GROUP = "125007"
_TRACKING = "112039"
_QUANTITY = {
    codes.MEAN.value: "mean",
    codes.STANDARD_DEVIATION.value: "sd",
    codes.STANDARD_ERROR.value: "uncertainty",
    codes.TOTAL.value: "n_pixels",
}
_MAP = {codes.MAP_NAME[kind].value: kind.value for kind in MapKind}
_AHA = {code.value: number for number, code in enumerate(codes.AHA_SEGMENTS, start=1)}
_BY_NETWORK = re.compile(
    r"(\w+), slice (\d+): the network's contours give mean (\S+) (?:ms|%)(?:, standard error (\S+) (?:ms|%))?"
)


def has_measurements(report: Dataset) -> bool:
    """Tell whether a structured report holds numbers; one of text alone does not."""
    return next(_groups(report), None) is not None


def sr_values(report: Dataset) -> dict[Name, list[str]]:
    """Return the numbers of a report as they are written."""
    found: dict[Name, list[str]] = {}
    for group in _groups(report):
        of_map, place = _where(group)
        for item in group.ContentSequence:
            if item.ValueType == "NUM":
                (measured,) = item.MeasuredValueSequence
                quantity = "percent" if of_map == "study" else _quantity(item)
                found.setdefault((of_map, place, quantity), []).append(str(measured.NumericValue))
    for item in _walk(report):
        told = _BY_NETWORK.fullmatch(item.get("TextValue", ""))
        if told:
            key, number, *values = told.groups()
            for quantity, value in zip(("mean", "uncertainty"), values, strict=True):
                if value is not None:
                    found.setdefault((key, f"slice {number} by network", quantity), []).append(value)
    return found


def _walk(item: Dataset) -> Iterator[Dataset]:
    yield item
    for below in item.get("ContentSequence", ()):
        yield from _walk(below)


def _groups(report: Dataset) -> Iterator[Dataset]:
    return (item for item in _walk(report) if _code(item) == _GROUP)


def _code(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue) if item.get("ConceptNameCodeSequence") else ""


def _where(group: Dataset) -> tuple[str, str]:
    """Return map and place: the map by its code, the slice by the name that the region is tracked by."""
    below = {_code(item): item for item in group.ContentSequence}
    name = str(below[_TRACKING].TextValue)
    if codes.MAP.value not in below:
        assert name == "hematocrit"
        return "study", "hematocrit"
    key = _MAP[below[codes.MAP.value].ConceptCodeSequence[0].CodeValue]
    sites = [i.ConceptCodeSequence[0].CodeValue for i in group.ContentSequence if i.ValueType == "CODE"]
    segments = [_AHA[site] for site in sites if site in _AHA]
    slices = re.findall(r"\bslice (\d+)\b", name)
    if codes.BLOOD.value in sites:
        return key, "blood"
    if not slices:
        return key, "patient"
    return key, f"slice {slices[0]}" + (f" AHA {segments[0]}" if segments else "")


def _quantity(item: Dataset) -> str:
    """Return what a number is by the code of how it was derived."""
    known = [i.ConceptCodeSequence[0].CodeValue for i in item.get("ContentSequence", ()) if i.ValueType == "CODE"]
    (quantity,) = {_QUANTITY[code] for code in known if code in _QUANTITY}
    return quantity
