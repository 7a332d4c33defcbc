"""Times that the user gives in place of those of the headers; the file's format is in docs/dicom-input.md."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from cmrmap.core.errors import InputError
from cmrmap.core.map_spec import Weighting
from cmrmap.core.yaml_files import read_yaml, shown
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.selection.timing import LONGEST_MS, Timing

_MOST_BYTES = 1_000_000  # every image of a large study by its UID
_KEYS = {"series", "description", "weighting", "times_ms", "images"}
SOURCE = "given by the user"


@dataclass(frozen=True, slots=True)
class SeriesTimes:
    """The times of one series, or of every series of one description.

    Attributes
    ----------
    series : SeriesNumber or SeriesInstanceUID; "" where the description names it
    description : pattern of SeriesDescription with * and ?, any case; "" where the number or UID names it
    weighting : what the times are
    times_ms : one for each image of a slice, in the order of InstanceNumber (or of frames); empty where by image
    images : time by SOP instance UID
    """

    series: str
    description: str
    weighting: Weighting
    times_ms: tuple[float, ...] = ()
    images: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"series {self.series}" if self.series else f"the description {self.description!r}"

    def matches(self, header: Dataset) -> bool:
        """Tell whether a header belongs to the series."""
        if self.series:
            return self.series in (text(header, "SeriesNumber"), text(header, "SeriesInstanceUID"))
        return fnmatch.fnmatchcase(text(header, "SeriesDescription").lower(), self.description.lower())

    def timing(self, slices: Sequence[Sequence[tuple[str, Dataset]]]) -> Timing | str:
        """Return the timing of slices of (SOP instance UID, header), or why the times do not fit them."""
        rows: list[tuple[float | None, ...]] = []
        against: list[str] = []
        for place, members in enumerate(slices, start=1):
            if self.images:
                rows.append(tuple(self.images.get(uid) for uid, _ in members))
                continue
            if len(members) != len(self.times_ms):
                return f"{len(self.times_ms)} times were given, but slice {place} has {len(members)} images"
            if not _numbered(members):
                return (
                    f"times were given in the order of InstanceNumber, but it is missing or not unique in slice "
                    f"{place}; give them by image (docs/dicom-input.md)"
                )
            clocks = [clock for _, header in members if (clock := acquired_seconds(header)) is not None]
            if clocks != sorted(clocks):
                against.append(str(place))
            rows.append(self.times_ms)
        if not any(time is not None for row in rows for time in row):
            return "none of its images is among those that times were given for"
        caution = (
            f"times were given in the order of InstanceNumber, but slice {', '.join(against)} was not acquired in that "
            "order"
        )
        return Timing(SOURCE, tuple(rows), caution=caution if against else "")


def _numbered(members: Sequence[tuple[str, Dataset]]) -> bool:
    """Whether InstanceNumber tells the order of a slice's files; frames of one file have theirs."""
    files = {uid: number(header, "InstanceNumber") for uid, header in members}
    return len(files) == 1 or (None not in files.values() and len(set(files.values())) == len(files))


@dataclass(frozen=True, slots=True)
class GivenTimes:
    """All series that times are given for; the first that matches counts."""

    series: tuple[SeriesTimes, ...] = ()

    def of(self, header: Dataset) -> SeriesTimes | None:
        """Return the times given for a header's series, or None."""
        return next((one for one in self.series if one.matches(header)), None)


def read_given_times(path: Path) -> GivenTimes:
    """Read a file of times, YAML or JSON.

    Raises
    ------
    InputError
        the file cannot be read, is not YAML, or holds something else than is documented
    """
    content = read_yaml(
        path, "times file", InputError, give="give a readable file", language="YAML or JSON", most_bytes=_MOST_BYTES
    )
    entries = content.get("series") if isinstance(content, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise InputError(f"times file {path} holds no list 'series'; see docs/dicom-input.md for the format")
    return GivenTimes(tuple(_entry(entry, f"times file {path}, entry {n}") for n, entry in enumerate(entries, start=1)))


def _entry(entry: Any, where: str) -> SeriesTimes:
    if not isinstance(entry, Mapping) or not set(entry) <= _KEYS:
        found = (
            ", ".join(sorted(str(key)[:60] for key in set(entry) - _KEYS)[:4])
            if isinstance(entry, Mapping)
            else shown(entry)
        )
        raise InputError(f"{where} holds {found}; expected {', '.join(sorted(_KEYS))}")
    if ("series" in entry) == ("description" in entry) or ("times_ms" in entry) == ("images" in entry):
        raise InputError(f"{where} needs either series or description, and either times_ms or images")
    try:
        weighting = Weighting(str(entry.get("weighting", "")).lower())
    except ValueError:
        raise InputError(
            f"{where} has weighting {shown(entry.get('weighting'))}; expected {' or '.join(Weighting)}"
        ) from None
    times, images = entry.get("times_ms", ()), entry.get("images", {})
    if not isinstance(times, list | tuple) or not isinstance(images, Mapping) or not (times or images):
        raise InputError(f"{where}: expected times_ms as a list, or images as SOP instance UID: time; found neither")
    return SeriesTimes(
        series=str(entry.get("series", "")),
        description=str(entry.get("description", "")),
        weighting=weighting,
        times_ms=tuple(_time(time, where) for time in times),
        images={str(uid): _time(time, where) for uid, time in images.items()},
    )


def _time(given: Any, where: str) -> float:
    try:
        time = float(given)
    except (TypeError, ValueError, OverflowError):
        time = math.nan
    if isinstance(given, bool) or not (time == math.inf or 0.0 <= time < LONGEST_MS):
        raise InputError(f"{where} has the time {shown(given)}; expected milliseconds, 0 or more, or inf")
    return time
