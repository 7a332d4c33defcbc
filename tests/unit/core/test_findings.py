"""Severities and refusals hold only the words that the results know."""

import pytest

from cmrmap.core.findings import QualityFlag, Refusal, Severity
from cmrmap.core.map_specs import MapKind


def test_a_severity_is_the_word_of_the_results() -> None:
    flag = QualityFlag("images_missing", "warning", "2 of 9 images are missing", MapKind.T2, 0)  # type: ignore[arg-type]
    assert flag.severity is Severity.WARNING
    assert f"{flag.severity}" == str(flag.severity) == "warning"


def test_a_severity_that_nothing_has_is_no_severity() -> None:
    with pytest.raises(ValueError, match="'fatal' is not a valid Severity"):
        QualityFlag("images_missing", "fatal", "2 of 9 images are missing")  # type: ignore[arg-type]


def test_a_refusal_is_absent_or_refused() -> None:
    assert Refusal(MapKind.T2, "absent", "no T2 series").slice_index is None
    with pytest.raises(ValueError, match="one of absent, refused; found 'partial'"):
        Refusal(MapKind.T2, "partial", "some")  # type: ignore[arg-type]
