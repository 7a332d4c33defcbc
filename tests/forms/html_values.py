"""The numbers of the HTML report: those that people see, and those that the page's script works on."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

from tests.forms.expected import Name

_NUMBER = r"-?\d+(?:\.\d+)?"
_WITH_ERROR = re.compile(rf"({_NUMBER})(?: ± ({_NUMBER}))?")
_WEDGE = re.compile(rf"(\d+) [a-z ]+: ({_NUMBER}) (?:ms|%)")


class _Page(HTMLParser):
    """Keeps, for every map, the text of its headline, its facts and its reference, its wedges and its rows of cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.header = ""
        self.texts: dict[str, dict[str, str]] = {}
        self.rows: dict[str, list[list[str]]] = {}
        self.wedges: dict[str, list[str]] = {}
        self._map = ""
        self._open: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "section":
            self._map = given.get("data-map") or ""
            self.texts.setdefault(self._map, {})
            self.rows.setdefault(self._map, [])
        elif tag == "g" and given.get("data-aha"):
            self.wedges.setdefault(self._map, []).append(given.get("aria-label") or "")
        elif tag == "tr" and self._map:
            self.rows[self._map].append([])
        elif tag in ("td", "th") and self._map:
            self.rows[self._map][-1].append("")
        if tag not in ("meta", "br", "input", "image", "polygon"):
            self._open.append((tag, (given.get("class") or "").split(" ")[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing of what ends at once holds text."""

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "section":
            self._map = ""

    def handle_data(self, data: str) -> None:
        tags = [tag for tag, _ in self._open]
        if "script" in tags or "style" in tags:
            return
        if "header" in tags:
            self.header += data
        if not self._map:
            return
        if tags[-1:] and {"td", "th"} & set(tags):
            self.rows[self._map][-1][-1] += data
        for tag, kind in self._open:
            if tag == "div" and kind in ("value", "soft", "reference"):
                texts = self.texts[self._map]
                texts[kind] = texts.get(kind, "") + data


def page_values(html: str) -> dict[Name, list[str]]:
    """Return the numbers that people see, without the page's script."""
    page = _Page()
    page.feed(html)
    found: dict[Name, list[str]] = {}

    def add(key: str, place: str, **values: str | None) -> None:
        for quantity, text in values.items():
            if text:
                found.setdefault((key, place, quantity), []).append(text.strip())

    for text in re.findall(rf"Hematocrit ({_NUMBER}) %", page.header):
        add("study", "hematocrit", percent=text)
    for key, texts in page.texts.items():
        if "value" not in texts:
            continue
        mean, error = _with_error(texts["value"].rsplit(" ", 1)[0])
        facts = texts["soft"]
        sd = re.search(rf"SD of pixels ({_NUMBER})", facts)
        pixels = re.search(r"(\d+) pixels", facts)
        add(key, "patient", mean=mean, uncertainty=error, sd=sd and sd[1], n_pixels=pixels and pixels[1])
        for words, place in (("mid septum", "mid_septum"), ("blood", "blood")):
            for mean, error in re.findall(rf"{words} ({_NUMBER})(?: ± ({_NUMBER}))? ", facts):
                add(key, place, mean=mean, uncertainty=error)
        told = re.search(rf"reference ({_NUMBER}) ± ({_NUMBER}) \S+: z ([+-][\d.]+)", texts.get("reference", ""))
        if told:
            add(key, "patient", range_mean=told[1], range_sd=told[2], z=told[3])
        for label in page.wedges.get(key, []):
            wedge = _WEDGE.fullmatch(label)
            if wedge:
                add(key, f"bull's-eye AHA {wedge[1]}", mean=wedge[2])
        _add_rows(key, page.rows[key], add)
    return found


def _add_rows(key: str, rows: list[list[str]], add) -> None:
    heads: list[str] = []
    place = ""
    for row in rows:
        if row[0] == "slice":
            heads = row
            continue
        if row[0]:
            place = f"slice {row[0].split(' ')[0]}"
        if not row[0]:  # what the network alone gives, below its slice
            mean, error = _with_error(row[1])
            add(key, f"{place} by network", mean=mean, uncertainty=error)
        elif len(row) == len(heads):
            named = {head.split(" [")[0]: cell for head, cell in zip(heads, row, strict=True)}
            mean, error = _with_error(named["mean ± error"])
            where = f"{place} AHA {named['AHA']}" if "AHA" in named else place
            add(key, where, mean=mean, uncertainty=error, sd=named["SD"], n_pixels=named["pixels"], z=named.get("z"))


def _with_error(text: str) -> tuple[str, str | None]:
    told = _WITH_ERROR.fullmatch(text.strip())
    if told is None:
        raise AssertionError(f"expected a value, with its error or without; found {text!r}")
    return told[1], told[2]


def data_values(html: str) -> dict[Name, list[str]]:
    """Return the numbers of the JSON that the page's script reads."""
    data = re.search(r'<script[^>]* id="report-data">(.*?)</script>', html, re.DOTALL)
    if data is None:
        raise AssertionError("the page holds no data")
    found: dict[Name, list[str]] = {}
    for one in json.loads(data[1])["maps"]:
        told = one["numbers"]
        parts = {"patient": told["patient"], "mid_septum": told["mid_septum"]}
        for part in told["slices"]:
            place = f"slice {part['slice_index'] + 1}"
            parts[place] = part
            parts |= {f"{place} AHA {segment['aha']}": segment for segment in part["segments"]}
        for place, part in parts.items():
            if part["mean"] is not None:
                for quantity in ("mean", "sd", "n_pixels", "uncertainty"):
                    if part[quantity] is not None:
                        found.setdefault((one["key"], place, quantity), []).append(str(part[quantity]))
    return found
