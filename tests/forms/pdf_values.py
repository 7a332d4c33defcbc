"""The numbers of the report's PDF, from its text: the summary page, and the tables of the pages of detail."""

from __future__ import annotations

import math
import re
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from pathlib import Path

from cmrmap.core.map_specs import MapKind
from tests.forms.expected import Name

_NUMBER = r"-?\d+(?:\.\d+)?"
_VALUE = rf"({_NUMBER})(?: ± ({_NUMBER}))?"
_SLICE = r"(\d+)(?: (?:basal|mid|apical))?"
_RANGE = rf"reference ({_NUMBER}) ± ({_NUMBER}) \S+: z ([+-][\d.]+)"
_SUMMARY_ROW = re.compile(rf"{_SLICE} {_VALUE} ({_NUMBER})(?: ([+-]\d+\.\d))?(?: |$)")
_BY_NETWORK = re.compile(rf"(?:with the network's|the network's contours give|without corrections):? {_VALUE}(?:\s|$)")
_DETAIL_ROW = re.compile(
    rf"^{_SLICE}\s+{_VALUE}\s+({_NUMBER})\s+(\d+)\s+\d+ of \d+\s+\d+(?:\s+({_NUMBER}) ± ({_NUMBER}))?"
    r"(?:\s+([+-]\d+\.\d))?(?:\s|$)"
)
_SEGMENT = re.compile(rf"(?<!\S)(\d+):\s+{_VALUE}(?:\s+\((?:z ([+-]\d+\.\d)|no z)\))?")
_TITLES = {kind.spec.title: kind.value for kind in MapKind}

Add = Callable[..., None]


@dataclass(frozen=True)
class PdfText:
    """What a PDF says: its pages as people see them, and the words of the first with their places in points."""

    pages: tuple[str, ...]
    words: tuple[tuple[float, float, str], ...]  # left, top


def read_pdf(path: Path) -> PdfText:
    """Return the text of a report, by poppler's pdftotext."""
    pages = _pdftotext("-layout", path).rstrip("\f").split("\f")
    boxes = re.findall(r'<word xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>(.*?)</word>', _pdftotext("-bbox -f 1 -l 1", path))
    return PdfText(tuple(pages), tuple((float(x), float(y), unescape(word)) for x, y, word in boxes))


def _pdftotext(options: str, path: Path) -> str:
    command = ["pdftotext", *options.split(), str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def pdf_values(pdf: PdfText) -> dict[Name, list[str]]:
    """Return the numbers of a report, in the order of its pages."""
    found: dict[Name, list[str]] = {}

    def add(key: str, place: str, **values: str | None) -> None:
        for quantity, text in values.items():
            if text:
                found.setdefault((key, place, quantity), []).append(text)

    for text in re.findall(rf"Hematocrit ({_NUMBER}) %", pdf.pages[0]):
        add("study", "hematocrit", percent=text)
    _summary(pdf, add)
    _detail("\n".join(pdf.pages[1:]), add)
    return found


def _summary(pdf: PdfText, add: Add) -> None:
    """Read the first page, a row a map: headline, slices, bull's-eye and table beside each other."""
    made = _made(pdf.pages[1:])
    heads = [(x, y) for x, y, word in pdf.words if word == "slice" and x > _TABLES_LEFT]
    assert len(heads) == len(made), "the first page has a row for every map that was made"
    tops = sorted(y - _HEAD_DOWN for _, y in heads)
    table_left = min(x for x, _ in heads) - 1.0
    pitch = tops[1] - tops[0]
    for key, top, below in zip(made, tops, [*tops[1:], _PAGE_END], strict=True):
        words = [one for one in pdf.words if top < one[1] < below]
        _headline(key, " ".join(_lines(one for one in words if one[0] < _PICTURES_LEFT)), add)
        _table(key, _lines(one for one in words if one[0] > table_left), add)
        _bullseye(key, [one for one in words if _SCALE_RIGHT < one[0] < table_left], pitch, add)


# places on the first page, in points: what stands right of the headlines, of the colour scales and of the bull's-eyes;
# how far a table's head is below the top of its row
_PICTURES_LEFT, _SCALE_RIGHT, _TABLES_LEFT, _HEAD_DOWN, _PAGE_END = 185.0, 495.0, 600.0, 14.0, 565.0


def _made(pages: Sequence[str]) -> list[str]:
    """Return the maps that the pages of detail have values of, in their order."""
    lines = [line.strip() for line in "\n".join(pages).splitlines()]
    return [_TITLES[line] for line, after in pairwise(lines) if line in _TITLES and after.startswith("mean ")]


def _lines(words: Iterable[tuple[float, float, str]]) -> list[str]:
    """Return words that stand on one line as a line, from top to bottom."""
    lines: list[tuple[float, list[tuple[float, str]]]] = []
    for x, y, word in sorted(words, key=lambda one: one[1]):
        if not lines or y - lines[-1][0] > _SAME_LINE:
            lines.append((y, []))
        lines[-1][1].append((x, word))
    return [" ".join(word for _, word in sorted(line)) for _, line in lines]


_SAME_LINE = 2.5  # points


def _headline(key: str, text: str, add: Add) -> None:
    mean, error = re.search(rf"{_VALUE} (?:ms|%)", text).groups()
    add(key, "patient", mean=mean, uncertainty=error)
    _facts(key, text, r"SD of pixels (N)", r"(N) pixels", add)


def _facts(key: str, text: str, sd: str, pixels: str, add: Add) -> None:
    """Take what both the headline and the detail say of a map, beside its mean."""
    for quantity, pattern in (("sd", sd), ("n_pixels", pixels)):
        add(key, "patient", **{quantity: re.search(pattern.replace("N", _NUMBER), text)[1]})
    for words, place in (("mid septum", "mid_septum"), ("blood", "blood")):
        for mean, error in re.findall(rf"{words} {_VALUE}", text):
            add(key, place, mean=mean, uncertainty=error)
    for mean, sd, z in re.findall(_RANGE, text):
        add(key, "patient", range_mean=mean, range_sd=sd, z=z)


def _table(key: str, lines: Sequence[str], add: Add) -> None:
    place = ""
    for line in lines:
        row = _SUMMARY_ROW.match(line)
        if row:
            place = f"slice {row[1]}"
            add(key, place, mean=row[2], uncertainty=row[3], sd=row[4], z=row[5])
        _by_network(key, place, line, add)


def _by_network(key: str, place: str, line: str, add: Add) -> None:
    told = _BY_NETWORK.search(line)
    if told:
        add(key, f"{place} by network", mean=told[1], uncertainty=told[2])


def _bullseye(key: str, words: Sequence[tuple[float, float, str]], pitch: float, add: Add) -> None:
    """Read the wedges by where they lie: rings of basal, mid and apical segments, from the anterior one on.

    Segments run from the top against the clock (Cerqueira 2002). A ring is told by its distance from the middle, in
    shares of the distance from row to row.
    """
    labels = [(x, y, word) for x, y, word in words if re.fullmatch(_NUMBER, word)]
    across, down = (0.5 * (min(one[axis] for one in labels) + max(one[axis] for one in labels)) for axis in (0, 1))
    for x, y, word in labels:
        far = math.hypot(x - across, y - down) / pitch
        before, n_segments = next(ring for least, ring in _RINGS if far > least)
        turned = math.degrees(math.atan2(across - x, down - y)) % 360.0
        add(key, f"bull's-eye AHA {before + 1 + round(turned / (360.0 / n_segments)) % n_segments}", mean=word)


_RINGS = ((0.31, (0, 6)), (0.19, (6, 6)), (0.0, (12, 4)))  # least distance, segments before it and in it


def _detail(text: str, add: Add) -> None:
    """Read the tables of the other pages; a table may go on over a page's end."""
    key = place = ""
    facts = ""
    for line in [*text.splitlines(), ""]:
        if line.strip() in _TITLES:
            key, place, facts = _TITLES[line.strip()], "", ""
        elif line.strip() == "Findings":
            return
        elif line.startswith("mean ") or (facts and not line.startswith("slice")):
            facts += f"{line} "
        elif line.startswith("slice") and facts:
            mean, error = re.search(rf"mean {_VALUE}", facts).groups()
            add(key, "patient", mean=mean, uncertainty=error)
            _facts(key, facts, r"SD of \d+ pixels (N)", r"SD of (\d+) pixels", add)
            facts = ""
        else:
            place = _detail_row(key, place, line, add)


def _detail_row(key: str, place: str, line: str, add: Add) -> str:
    """Take a row of the slices or of the segments; return whose the rows below it are."""
    row, segments = _DETAIL_ROW.match(line), re.match(rf"^{_SLICE}\s+\d+:", line)
    if row:
        mean, error, sd, pixels, range_mean, range_sd, z = row.groups()[1:]
        place = f"slice {row[1]}"
        values = {"mean": mean, "uncertainty": error, "sd": sd, "n_pixels": pixels, "z": z}
        add(key, place, **values, range_mean=range_mean, range_sd=range_sd)
    elif segments:
        place = f"slice {segments[1]}"
    if not row:
        _by_network(key, place, line, add)
        for aha, mean, error, z in _SEGMENT.findall(line):
            add(key, f"{place} AHA {aha}", mean=mean, uncertainty=error, z=z)
    return place
