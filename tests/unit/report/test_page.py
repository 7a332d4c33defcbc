"""The page: one, the numbers and reasons on it, nobody's name where it may not be."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cmrmap.core.findings import QualityFlag, Severity, Threat
from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.report import draw_report


def n_pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def _words(pdf: bytes, folder: Path) -> str:
    path = folder / "page.pdf"
    path.write_bytes(pdf)
    command = ["pdftotext", "-layout", str(path), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_is_a_page_for_the_wall_and_one_of_detail(drawing):
    assert drawing.pdf.startswith(b"%PDF-")
    assert n_pages(drawing.pdf) == 2


def test_the_same_content_gives_the_same_bytes(case, identity, drawing):
    assert draw_report(case.results, case.volumes, case.stacks, identity, captures=False).pdf == drawing.pdf


@pytest.mark.program("pdftotext")
def test_the_page_says_what_a_reader_needs(drawing, tmp_path):
    words = _words(drawing.pdf, tmp_path)
    for expected in (
        *("Doe, Jane", "ID ID-1", "born 1970-01-01", "2026-01-31", "Maker Model", "1.5 T"),
        *(
            "51.0 ± 0.2 ms",
            "1201.0 ± 0.2 ms",
            "mid septum 50.5 ± 0.4 ms",
            "blood 1700 ± 4 ms",
            "standard error",
            "SD of pixels",
            "accession ACC-9",
            "2026-01-31 14:05",
            "3 of 3 slices",
            "8 of 9",
        ),
        *("Hematocrit 42.0 % (given)", "CMRmap 0.1.0", "RESEARCH USE ONLY", "not a medical device"),
        *("no postcontrast_t1 series in the input", "no ecv series in the input", "image 1.2 is lost"),
        "T2 slices 1, 3: 3-4 of 9 images failed the shape check",
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
def test_a_map_that_cannot_be_right_says_so_in_its_headline_and_first_of_the_findings(case, tmp_path):
    error = QualityFlag(
        "implausible_values", Severity.ERROR, "the wall's T2 is 100 ms", MapKind.T2, threatens=Threat.VALUE
    )
    results = replace(case.results, quality=(*case.results.quality, error))
    words = _words(draw_report(results, case.volumes, case.stacks).pdf, tmp_path)
    assert words.count("cannot be right") == 1
    assert words.index("T2: the wall's T2 is 100 ms") < words.index("image 1.2 is lost")
    assert "cannot be right" not in _words(draw_report(case.results, case.volumes, case.stacks).pdf, tmp_path)
