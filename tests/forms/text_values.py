"""The numbers of the text report: its lines are taken apart whole, so that none stands in them that is not compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pydicom.dataset import Dataset
from pydicom.uid import BasicTextSRStorage

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.writing import codes
from tests.forms.expected import Name

_NUMBER = r"-?\d+(?:\.\d+)?"
_VALUE = rf"(?P<mean>{_NUMBER})(?: ± (?P<uncertainty>{_NUMBER}))?"
_Z = r"z (?P<z>[+-]\d+\.\d)"
_MAP = {codes.MAP_NAME[kind].value: kind for kind in MapKind}

#: parts of a map's line: whose value each is, "" for the patient; UNIT is the map's
_OF_MAP = (
    ("", rf"{_VALUE} UNIT"),
    ("", rf"SD of pixels (?P<sd>{_NUMBER}) UNIT"),
    ("", r"(?P<n_pixels>\d+) pixels"),
    ("mid_septum", rf"mid septum {_VALUE} UNIT"),
    ("blood", rf"blood {_VALUE} UNIT"),
)
_REFERENCE = rf"reference (?P<range_mean>{_NUMBER}) ± (?P<range_sd>{_NUMBER}) UNIT: {_Z} \(.*\)"
_OF_SLICE = (*_OF_MAP[:3], ("", _Z))
_OF_NETWORK = rf"(?:contours by a reader; the network's contours give|without corrections) {_VALUE}"
#: what else a map's line says
_WORDS = re.compile(r"± standard error|times from .*|[a-z][\w ]*(?: \([\w, ]*\))?|values of the scanner.*")
_SLICES_MADE = re.compile(r"\d+ of \d+ slices")
_IMAGES = re.compile(r"(\d+) of (\d+) images")
_SLICE = re.compile(r"(\d+)(?: (?:basal|mid|apical))?: (.*)")

Add = Callable[[str, str, dict[str, str]], None]


def is_text_report(report: Dataset) -> bool:
    """Tell a report of text from one of measurements."""
    return bool(report.SOPClassUID == BasicTextSRStorage)


def text_values(report: Dataset) -> dict[Name, list[str]]:
    """Return the numbers of summary and maps, in the order in which they stand.

    Raises AssertionError for a part of a line with a number that is not known.
    """
    found: dict[Name, list[str]] = {}

    def add(key: str, place: str, values: dict[str, str]) -> None:
        for quantity, text in values.items():
            if text is not None:
                found.setdefault((key, place, quantity), []).append(text)

    for section, lines in _sections(report):
        kind = _MAP.get(section)
        for name, words in lines:
            if kind is not None:
                _of_map(kind, name, words, add)
            elif section == codes.SUMMARY.value:
                for text in re.findall(rf"Hematocrit ({_NUMBER}) %", words):
                    add("study", "hematocrit", {"percent": text})
    return found


def text_images(report: Dataset) -> dict[tuple[str, int], tuple[int, int]]:
    """Return how many images of how many are said to have entered each slice (map, number from 1)."""
    found = {}
    for section, lines in _sections(report):
        for name, words in lines:
            if section in _MAP and name == codes.SLICE.value:
                number, told = _slice(words)
                for part in filter(None, map(_IMAGES.fullmatch, told.split("; "))):
                    found[_MAP[section].value, number] = (int(part[1]), int(part[2]))
    return found


def _sections(report: Dataset) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for section in report.ContentSequence:
        if section.ValueType == "CONTAINER":
            yield _code(section), [(_code(line), str(line.TextValue)) for line in section.ContentSequence]


def _code(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue)


def _of_map(kind: MapKind, name: str, words: str, add: Add) -> None:
    if name == codes.MEAN.value:
        for part in words.split("; "):
            if not _take(kind, "patient", part, _OF_MAP, add):
                assert _WORDS.fullmatch(part) or _SLICES_MADE.fullmatch(part), part
    elif name == codes.SLICE.value:
        number, told = _slice(words)
        place = f"slice {number}"
        network = re.search(_OF_NETWORK, told)
        if network:
            add(kind.value, f"{place} by network", network.groupdict())
            told = told.replace(network[0], "")
        for part in filter(None, told.split("; ")):
            if not _take(kind, place, part, _OF_SLICE, add):
                assert _IMAGES.fullmatch(part) or not _has_value(part), part
    else:
        _take(kind, "patient", words, (("", _REFERENCE),), add)


def _slice(words: str) -> tuple[int, str]:
    told = _SLICE.fullmatch(words)
    assert told is not None, words
    return int(told[1]), told[2]


def _take(kind: MapKind, place: str, part: str, patterns: Sequence[tuple[str, str]], add: Add) -> bool:
    for of, pattern in patterns:
        told = re.fullmatch(pattern.replace("UNIT", re.escape(kind.unit)), part)
        if told:
            add(kind.value, of or place, told.groupdict())
            return True
    return False


def _has_value(part: str) -> bool:
    """A number with decimals, an error or a unit: whatever else has digits names a slice, a segment or a finding."""
    return re.search(r"\d\.\d|±|\d (?:ms|%|pixels)", part) is not None
