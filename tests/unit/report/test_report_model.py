"""The report model: what it holds of a study, and that the forms show it and nothing of their own."""

from __future__ import annotations

import subprocess
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.report.captures import draw_capture
from cmrmap.report.html import write_html
from cmrmap.report.page import draw_page
from cmrmap.report.report_model import report_model


def test_it_holds_the_maps_that_are_listed_with_their_pixels_and_words(case, identity):
    report = report_model(case.results, case.volumes, case.stacks, identity)
    assert [one.kind for one in report.maps] == [one.kind for one in case.results.listed]
    assert [one.made for one in report.maps] == [True, True, False, False]
    first = report.maps[0]
    assert first.numbers is case.results.maps[0]
    assert first.volume is case.volumes[0]
    assert [panel.slice_index for panel in first.panels] == [0, 1, 2]
    assert first.content.value == "51.0 ± 0.2 ms"
    assert report.person[0] == "Doe, Jane"
    assert report.warned
    with pytest.raises(FrozenInstanceError):
        report.version = "2"


def test_numbers_alone_make_a_report_without_pictures(case):
    report = report_model(case.results)
    assert report.maps[0].content.value == "51.0 ± 0.2 ms"
    assert not any(one.made for one in report.maps)
    assert report.person == ()


def test_a_finding_of_severity_error_marks_its_map(case):
    error = QualityFlag("implausible_values", Severity.ERROR, "T1 is 2303 ms", MapKind.NATIVE_T1)
    report = report_model(replace(case.results, quality=(error,)))
    assert [one.content.faulty for one in report.maps] == [False, True, False, False]
    assert [(one.severity, one.sentence) for one in report.findings] == [("error", "Native T1: T1 is 2303 ms")]


@pytest.mark.program("pdftotext")
def test_every_form_shows_the_words_of_the_model(case, tmp_path):
    report = report_model(case.results, case.volumes, case.stacks)
    first = report.maps[0]
    slices = tuple(replace(one, region=replace(one.region, mean="76.5 ± 4.3")) for one in first.content.slices)
    patient = replace(first.content.patient, mean="98.7 ± 6.5")
    content = replace(first.content, patient=patient, slices=slices)
    changed = replace(report, maps=(replace(first, content=content), *report.maps[1:]))
    (tmp_path / "page.pdf").write_bytes(draw_page(changed))
    command = ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"]
    page = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for form in (page, write_html(changed)):
        assert "98.7 ± 6.5 ms" in form
        assert form.count("76.5 ± 4.3") == (6 if form is page else 3)  # the PDF has them on the wall and in detail
        assert "51.0 ± 0.2 ms" not in form
    before, after = (draw_capture(one, one.maps[0], first.panels[0]).pixels for one in (report, changed))
    assert np.any(before != after)
