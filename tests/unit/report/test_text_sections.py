"""The report without pictures: the words and digits of the page, nobody's name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.text_section import LineName, SectionTopic
from cmrmap.report.html import write_html
from cmrmap.report.report_model import report_model
from cmrmap.report.text_sections import text_sections


@pytest.fixture(scope="module")
def report(case, identity):
    return report_model(case.results, case.volumes, case.stacks, identity)


def _words(sections, name):
    return [words for section in sections for own, words in section.lines if own is name]


def test_sections_are_summary_maps_findings_and_method(report):
    sections = text_sections(report)
    assert [one.topic for one in sections] == [
        SectionTopic.SUMMARY,
        *[SectionTopic.MAP] * len(report.maps),
        SectionTopic.FINDINGS,
        SectionTopic.METHOD,
    ]
    assert [one.kind for one in sections if one.kind] == [one.kind for one in report.maps]
    assert (LineName.COMMENT, report.research) in sections[0].lines
    assert (LineName.COMMENT, report.hematocrit) in sections[0].lines
    assert (LineName.COMMENT, report.provenance) in sections[-1].lines


def test_a_map_has_its_mean_with_both_errors_and_a_line_a_slice(report):
    first = report.maps[0]
    section = text_sections(report)[1]
    (mean,) = _words([section], LineName.MEAN)
    assert mean.startswith(f"{first.content.value}; ± standard error; SD of pixels {first.content.patient.sd} ms")
    slices = _words([section], LineName.SLICE)
    assert len(slices) == len(first.content.slices)
    for line, one in zip(slices, first.content.slices, strict=True):
        assert line.startswith(f"{one.label}: {one.region.mean} ms; SD of pixels {one.region.sd} ms")


def test_it_shows_the_words_of_the_model_and_makes_no_number(report):
    first = report.maps[0]
    patient = replace(first.content.patient, mean="98.7 ± 6.5")
    changed = replace(report, maps=(replace(first, content=replace(first.content, patient=patient)), *report.maps[1:]))
    assert _words(text_sections(changed), LineName.MEAN)[0].startswith("98.7 ± 6.5 ms; ")


def test_a_map_that_was_not_made_says_why(report):
    absent = next(one for one in report.maps if not one.made)
    section = next(one for one in text_sections(report) if one.kind is absent.kind)
    assert section.lines == ((LineName.COMMENT, f"not made: {absent.content.reason}"),)


def test_findings_stand_with_their_number_and_beside_what_they_are_about(case):
    error = QualityFlag("implausible_values", Severity.ERROR, "T1 is 2303 ms", MapKind.NATIVE_T1, 1)
    report = report_model(replace(case.results, quality=(error,)), case.volumes, case.stacks)
    sections = text_sections(report)
    assert _words(sections, LineName.ERROR) == ["1. Native T1 slice 2: T1 is 2303 ms"]
    native = next(one for one in sections if one.kind is MapKind.NATIVE_T1)
    assert (LineName.COMMENT, "cannot be right: see the findings") in native.lines
    assert [line.endswith("see 1") for line in _words([native], LineName.SLICE)] == [False, True, False]
    assert (LineName.COMMENT, "No warnings.") not in sections[-2].lines


def test_a_study_without_findings_says_so(case):
    report = report_model(replace(case.results, quality=()), case.volumes, case.stacks)
    assert text_sections(report)[-2].lines == ((LineName.COMMENT, "No warnings."),)


def test_a_corrected_slice_has_both_numbers_in_the_words_of_the_page(report):
    first = report.maps[0]
    by_reader = replace(first.content.slices[1], drawn_by="reader", by_network="50.2 ± 0.4")
    slices = (first.content.slices[0], by_reader, *first.content.slices[2:])
    changed = replace(report, maps=(replace(first, content=replace(first.content, slices=slices)), *report.maps[1:]))
    line = _words(text_sections(changed), LineName.SLICE)[1]
    assert "contours by a reader; the network's contours give 50.2 ± 0.4" in line


def test_nobody_is_named_though_the_page_names_them(report, identity):
    said = repr(text_sections(report))
    assert "Doe, Jane" in write_html(report)
    assert "Doe" not in said
    assert identity.patient_id not in said
    assert report.study not in said
