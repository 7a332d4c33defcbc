"""The page and its HTML twin: one page, the numbers and reasons on it, nobody's name where it may not be."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.report import draw_report
from cmrmap.report.text import findings, with_error

_VOID = {"meta", "br", "image", "polygon"}


def _words(pdf: bytes, folder: Path) -> str:
    path = folder / "page.pdf"
    path.write_bytes(pdf)
    command = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def drawing(case, identity):
    return draw_report(case.results, case.volumes, case.stacks, identity)


def test_the_same_study_gives_the_same_bytes(drawing, case, identity):
    again = draw_report(case.results, case.volumes, case.stacks, identity)
    assert again.pdf == drawing.pdf
    assert again.html == drawing.html
    assert [(c.kind, c.slice_index) for c in drawing.captures] == [
        (kind, s) for kind in (MapKind.T2, MapKind.NATIVE_T1) for s in range(3)
    ]


def test_it_is_one_page(drawing):
    assert drawing.pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type /Page\b", drawing.pdf)) == 1


@pytest.mark.program("pdftotext")
def test_the_page_says_what_a_reader_needs(drawing, tmp_path):
    words = _words(drawing.pdf, tmp_path)
    for expected in (
        *("Doe, Jane", "ID ID-1", "born 1970-01-01", "2026-01-31", "Maker Model", "1.5 T"),
        *("51.0 ± 0.2 ms", "1201.0 ± 0.2 ms", "blood 1700 ± 4 ms", "3 of 3 slices", "8 of 9"),
        *("Hematocrit 42.0 % (given)", "CMRmap 0.1.0", "RESEARCH USE ONLY", "not a medical device"),
        *("no postcontrast_t1 series in the input", "no ecv series in the input", "an image is lost"),
        "T2 slice 1, 3: 3 of 9 images took their shape from another (and alike)",
    ):
        assert expected in words, expected


@pytest.mark.program("pdftotext")
def test_without_identity_nobody_is_named(case, tmp_path):
    drawing = draw_report(case.results, case.volumes, case.stacks, None)
    assert "Doe" not in _words(drawing.pdf, tmp_path) + drawing.html


@pytest.mark.program("pdftotext")
@pytest.mark.parametrize(
    ("name", "shown"),
    [("Παπαδοπούλου, Ελένη", True), ("Müller, Jörg", True), ("山田, 太郎", False), ("سليمان, كريم", False)],
)
def test_a_name_that_the_type_cannot_show_is_not_shown_wrongly(case, tmp_path, name, shown):
    drawing = draw_report(case.results, case.volumes, case.stacks, StudyIdentity(name, "7"), captures=False)
    words = _words(drawing.pdf, tmp_path)
    assert (name in words) is shown
    assert ("name in the DICOM header" in words) is not shown
    assert "ID 7" in words
    assert name in drawing.html  # a browser has the glyphs


@pytest.mark.program("pdftotext")
def test_many_slices_and_long_reasons_stay_on_the_page(make_case, tmp_path):
    case = make_case(14)
    first = case.results.maps[0]
    refused = replace(first.slices[3], status="refused", reason="too few images " * 30)
    maps = (replace(first, slices=(*first.slices[:3], refused, *first.slices[4:])), *case.results.maps[1:3])
    last = replace(case.results.maps[3], reason="a reason without an end " * 40)
    drawing = draw_report(replace(case.results, maps=(*maps, last)), case.volumes, case.stacks, captures=False)
    words = _words(drawing.pdf, tmp_path)
    assert len(re.findall(rb"/Type /Page\b", drawing.pdf)) == 1
    assert "5 more in results.json" in words
    assert "refused" in words
    assert "…" in words


class _Checker(HTMLParser):
    """Keeps the open tags, and what would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in _VOID:
            assert self.open.pop() == tag


def test_the_html_is_whole_fetches_nothing_and_escapes_what_it_shows(drawing):
    checker = _Checker()
    checker.feed(drawing.html)
    assert checker.open == []
    assert all(value.startswith("data:image/png;base64,") for value in checker.fetched)
    assert len(checker.fetched) == 6 + 2  # a picture a slice, a colour bar a map
    assert "Heart &lt;mapping&gt;" in drawing.html
    assert "<script" not in drawing.html
    for expected in ("51.0 ± 0.2 ms", "no ecv series in the input", "Hematocrit 42.0 % (given)", "Research use only"):
        assert expected in drawing.html


def test_what_is_not_wanted_is_not_drawn(case):
    only_captures = draw_report(case.results, case.volumes, case.stacks, report=False)
    assert (only_captures.pdf, only_captures.html, len(only_captures.captures)) == (None, None, 6)
    nothing = draw_report(case.results, case.volumes, case.stacks, report=False, captures=False)
    assert (nothing.pdf, nothing.captures) == (None, ())


@pytest.mark.parametrize(
    ("kind", "value", "error", "expected"),
    [
        (MapKind.T2, 50.889, 0.154, "50.9 ± 0.2"),
        (MapKind.T2, 50.889, 0.04, "50.89 ± 0.04"),
        (MapKind.NATIVE_T1, 1154.1, 1.4, "1154 ± 1"),
        (MapKind.NATIVE_T1, 1154.1, 0.3, "1154.1 ± 0.3"),
        (MapKind.ECV, 23.86, float("nan"), "23.9"),
        (MapKind.ECV, float("nan"), 1.0, "-"),
    ],
)
def test_numbers_have_the_digits_that_they_deserve(kind, value, error, expected):
    assert with_error(kind, value, error) == expected


def test_warnings_come_first_and_alike_ones_once(case):
    found = findings(case.results)
    assert [severity for severity, _ in found] == ["warning", "warning", "info"]
    assert found[0][1].startswith("T2 slice 1, 3: ")
    assert found[1][1] == "an image is lost"
    assert found[2][1].startswith("1 note ")
