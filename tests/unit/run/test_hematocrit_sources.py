"""Where the hematocrit comes from: the order of the contract, and whose value it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import InputError
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.run.hematocrit_sources import find_hematocrit

PATIENT = {"P1"}


def _observation(value: float = 41.0, unit: str = "%", reference: str = "Patient/P1", **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4544-3"}]},
        "subject": {"reference": reference},
        "effectiveDateTime": "2026-02-03T08:00:00Z",
        "valueQuantity": {"value": value, "unit": unit},
        **changes,
    }


def _write(folder: Path, name: str, content: Any) -> None:
    (folder / name).write_text(json.dumps(content), encoding="utf-8")


def test_nothing_gives_none(tmp_path: Path) -> None:
    assert find_hematocrit(tmp_path, PATIENT) is None


def test_order_of_sources(tmp_path: Path) -> None:
    assert find_hematocrit(tmp_path, PATIENT, configured=0.45).source == "settings"
    _write(tmp_path, "hematocrit.json", {"hematocrit": 0.42, "measured": "2026-01-31"})
    found = find_hematocrit(tmp_path, PATIENT, configured=0.45)
    assert (found.value_fraction, found.source) == (0.42, "hematocrit.json (measured 2026-01-31)")
    _write(tmp_path, "lab.json", _observation())
    found = find_hematocrit(tmp_path, PATIENT, configured=0.45)
    assert (found.value_fraction, found.source) == (pytest.approx(0.41), "FHIR Observation (2026-02-03)")
    given = parse_hematocrit("0.39", "command line")
    assert find_hematocrit(tmp_path, PATIENT, given=given, configured=0.45) is given


@pytest.mark.parametrize(
    "resource",
    [
        _observation(reference="Patient/P2"),
        _observation(status="entered-in-error"),
        _observation(code={"coding": [{"system": "http://loinc.org", "code": "718-7"}]}),
        _observation(code={"coding": [{"system": "http://example.org", "code": "4544-3"}]}),
        _observation(valueQuantity={}),
        _observation(resourceType="Condition"),
        {"resourceType": "Observation"},
        [],
        "text",
    ],
)
def test_observations_that_do_not_fit_are_left_alone(tmp_path: Path, resource: Any) -> None:
    _write(tmp_path, "lab.json", resource)
    assert find_hematocrit(tmp_path, PATIENT) is None


def test_newest_observation_of_a_bundle_and_identifier_of_the_subject(tmp_path: Path) -> None:
    old = _observation(value=0.35, unit="1", effectiveDateTime="2025-12-01")
    new = _observation(value=0.44, unit="L/L", subject={"identifier": {"value": "P1"}})
    _write(tmp_path, "bundle.json", {"resourceType": "Bundle", "entry": [{"resource": new}, {"resource": old}, 3]})
    assert find_hematocrit(tmp_path, PATIENT).value_fraction == pytest.approx(0.44)


def test_fhir_resources_in_a_folder_below_are_found(tmp_path: Path) -> None:
    (tmp_path / "fhir").mkdir()
    _write(tmp_path / "fhir", "1.json", _observation())
    assert find_hematocrit(tmp_path, PATIENT).value_fraction == pytest.approx(0.41)


def test_percent_in_the_file_is_read_with_a_note(tmp_path: Path) -> None:
    _write(tmp_path, "hematocrit.json", {"hematocrit": 42})
    found = find_hematocrit(tmp_path, PATIENT)
    assert found.value_fraction == pytest.approx(0.42)
    assert "read as percent" in found.note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as JSON"),
        ("[]", "no entry"),
        ('{"hematocrit": 3}', "expected a fraction"),
        ("{}", "no entry"),
    ],
)
def test_damaged_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "hematocrit.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        find_hematocrit(tmp_path, PATIENT)


def test_impossible_observation_of_the_patient_is_an_error(tmp_path: Path) -> None:
    _write(tmp_path, "lab.json", _observation(value=4.1, unit="1"))
    with pytest.raises(InputError, match="FHIR Observation"):
        find_hematocrit(tmp_path, PATIENT)
