"""Words of numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.identity import StudyIdentity
from cmrmap.core.map_specs import MapKind
from cmrmap.report.text import clock, faulty, hematocrit_line, provenance_line, study_line, with_error


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


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("given", "Hematocrit 42.0 % (given)"),
        ("hematocrit.json (measured 2026-01-15)", "Hematocrit 42.0 %, hematocrit.json (measured 2026-01-15)"),
    ],
)
def test_the_hematocrit_has_no_brackets_in_brackets(case, source, expected):
    known = replace(case.results.hematocrit, source=source)
    assert hematocrit_line(replace(case.results, hematocrit=known)) == expected


def test_an_error_marks_its_map(case):
    assert faulty(case.results) == frozenset()
    error = QualityFlag("implausible_values", Severity.ERROR, "T1 is 2303 ms", MapKind.NATIVE_T1)
    results = replace(case.results, quality=(*case.results.quality, error))
    assert faulty(results) == {MapKind.NATIVE_T1}


def test_the_footer_says_whose_convention_the_outlines_follow(case):
    assert "contours: SCMR convention" in provenance_line(case.results)
    assert "site model" not in provenance_line(case.results)
    software = replace(case.results.software, convention="Reader A, St. X")
    line = provenance_line(replace(case.results, software=software))
    assert line == "CMRmap 0.1.0 · site model (Reader A, St. X) · weights aaaaaaaaaaaa · settings bbbbbbbbbbbb"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("140501.25", "14:05"),
        ("1405", "14:05"),
        ("14:05:01", "14:05"),
        ("14", ""),
        ("", ""),
        ("246100", ""),
        ("noon", ""),
        ("²³⁴⁵", ""),
    ],
)
def test_a_study_time_is_shown_to_the_minute_and_nothing_else_is(given, shown):
    assert clock(given) == shown


def test_the_study_is_told_by_date_time_accession_number_and_scanner(identity):
    line = "study of 2026-01-31 14:05 · accession ACC-9 · Heart <mapping> · Maker Model · 1.5 T"
    assert study_line(identity) == line
    assert study_line(StudyIdentity(study_time="140501")) == "study of 14:05"
    assert study_line(StudyIdentity()) == study_line(None) == ""
