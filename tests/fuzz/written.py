"""What a study says after it was damaged that it did not say before: attributes by their names.

Where numbers changed and nothing was told, this decides between a fault and a study that says something else: a time,
a pixel or a pixel size that a scanner could have sent is what the file says, and nobody can know better.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

#: attributes whose value is a measurement or a setting of the scanner, of which another value is another study
MEASURED = {
    "PixelData": "other pixels of the right number",
    "FloatPixelData": "other pixels of the right number",
    "InversionTime": "another inversion time",
    "EchoTime": "another echo time",
    "EffectiveEchoTime": "another echo time",
    "TriggerTime": "another inversion time",  # of a Look-Locker series
    "ImageComments": "another preparation time",
    "PixelSpacing": "another pixel size",
    "RescaleSlope": "another scale",
    "RescaleIntercept": "another scale",
    "ContourData": "another contour",
    "hematocrit.json": "another hematocrit",
}


def differences(before: Path, after: Path) -> set[str]:
    """Return keywords of what differs between two folders; of files that are no DICOM, their names."""
    found: set[str] = set()
    old, new = _files(before), _files(after)
    for name in old.keys() & new.keys():
        if old[name].read_bytes() != new[name].read_bytes():
            found |= _attributes(old[name], new[name]) if name.endswith(".dcm") else {name}
    found |= {name if not name.endswith(".dcm") else "a file" for name in old.keys() ^ new.keys()}
    return found


def _files(folder: Path) -> dict[str, Path]:
    return {path.name: path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()}


def _attributes(before: Path, after: Path) -> set[str]:
    try:
        one, other = (dict(_flat(pydicom.dcmread(path, force=True))) for path in (before, after))
    except Exception:
        return {"not readable"}
    return {name for (name, _) in _pairs(one, other)}


def _pairs(one: dict[str, str], other: dict[str, str]) -> Iterator[tuple[str, str]]:
    for place in one.keys() | other.keys():
        if one.get(place) != other.get(place):
            yield place.split("/")[-1], place


def _flat(dataset: Dataset, place: str = "") -> Iterator[tuple[str, str]]:
    for key in list(dataset.keys()):
        name = pydicom.datadict.keyword_for_tag(key) or str(key)
        try:
            element = dataset[key]
            if element.VR == "SQ":
                for index, item in enumerate(element.value or ()):
                    yield from _flat(item, f"{place}{name}{index}/")
            elif isinstance(element.value, bytes):
                yield place + name, hashlib.sha256(element.value).hexdigest()
            else:
                yield place + name, str(element.value)
        except Exception as error:
            yield place + name, type(error).__name__
