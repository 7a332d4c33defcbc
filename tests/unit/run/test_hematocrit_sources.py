"""Where the hematocrit comes from: the order of the contract, and whose value it is."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.run.hematocrit_sources import find_hematocrit

PATIENT = {"P1"}
STUDY_DATE = date(2026, 2, 3)


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
        _observation(code={"coding": [{"system": "http://loinc.org", "code": "718-7"}]}),
        _observation(code={"coding": [{"system": "http://example.org", "code": "4544-3"}]}),
        _observation(resourceType="Condition"),
        {"resourceType": "Observation"},
        [],
        "text",
    ],
)
def test_what_is_no_hematocrit_is_not_worth_a_word(tmp_path: Path, resource: Any) -> None:
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
        ('{"hematocrit": 3}', "its hematocrit is not possible"),
        ('{"hematocrit": "Doe"}', "its hematocrit is not possible"),
        ('{"hematocrit": NaN}', "its hematocrit is not possible"),
        ('{"hematocrit": 1e999}', "its hematocrit is not possible"),
        ('{"hematocrit": %s}' % ("4" * 400), "its hematocrit is not possible"),
        ('{"hematocrit": %s}' % ("4" * 5000), "its hematocrit is not possible"),
        ('{"hematocrit": true}', "not a number"),
        ('{"hematocrit": null}', "not a number"),
        ('{"hematocrit": [0.4]}', "not a number"),
        ('{"hematocrit": 0.4, "hematocrit": 0.5}', "occurs twice"),
        ("[" * 5000, "cannot be read as JSON"),
        ("{}", "no entry"),
        ("", "cannot be read as JSON"),
    ],
)
def test_a_file_that_may_not_be_used_costs_ecv_only(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "hematocrit.json").write_text(text, encoding="utf-8")
    found = find_hematocrit(tmp_path, PATIENT, configured=0.45)  # a site's default is not this patient's
    assert isinstance(found, Refusal)
    assert found.status == "refused"
    assert message in found.reason
    assert "Doe" not in found.reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_encoding_of_json_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "hematocrit.json").write_bytes('{"hematocrit": 0.42, "note": "ä"}'.encode(encoding))
    assert find_hematocrit(tmp_path, PATIENT).value_fraction == 0.42


def test_a_settings_value_that_is_none_stays_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="hematocrit from settings"):
        find_hematocrit(tmp_path, PATIENT, configured=3.0)


@pytest.mark.parametrize(
    ("measured", "words"),
    [
        ("2026-02-03", ""),
        ("2026-01-05", ""),
        ("2026-01-03", "it was measured 31 days before the study"),
        ("2026-03-15", "it was measured 40 days after the study"),
        ("2019", "days before the study"),
        ("yesterday", "its date cannot be read"),
        (20260203, "its date cannot be read"),
        ("2026-02-31", "its date cannot be read"),
    ],
)
def test_a_value_far_from_the_study_is_flagged(tmp_path: Path, measured: object, words: str) -> None:
    _write(tmp_path, "hematocrit.json", {"hematocrit": 0.42, "measured": measured})
    found = find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE)
    assert found.value_fraction == 0.42
    assert words in found.caution
    assert bool(words) is bool(found.caution)
    assert "yesterday" not in found.source + found.caution
    _write(tmp_path, "lab.json", _observation(effectiveDateTime=measured))
    found = find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE)
    assert found.source.startswith("FHIR")
    assert bool(words) is bool(found.caution)


def test_the_nearest_in_time_is_taken_before_the_newest(tmp_path: Path) -> None:
    days = {"2025-11-01": 0.35, "2026-01-31": 0.41, "2026-02-09": 0.44, "2026-06-01": 0.38}
    for day, value in days.items():
        _write(tmp_path, f"{day}.json", _observation(value=value, unit="1", effectiveDateTime=day))
    found = find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE)
    assert (found.value_fraction, found.source, found.caution) == (0.41, "FHIR Observation (2026-01-31)", "")
    assert find_hematocrit(tmp_path, PATIENT).value_fraction == 0.38  # no date of the study: the newest


def test_of_two_as_far_the_one_before_the_study_is_taken(tmp_path: Path) -> None:
    _write(tmp_path, "a.json", _observation(value=44, effectiveDateTime="2026-02-05"))
    _write(tmp_path, "b.json", _observation(value=41, effectiveDateTime="2026-02-01"))
    assert find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE).value_fraction == pytest.approx(0.41)


def test_several_of_one_day_are_told_and_the_last_is_taken(tmp_path: Path) -> None:
    # half past eight in Tokyo is before eight in London
    _write(tmp_path, "a.json", _observation(value=44, effectiveDateTime="2026-02-03T08:00:00Z"))
    _write(tmp_path, "b.json", _observation(value=38, effectiveDateTime="2026-02-03T08:30:00+09:00"))
    found = find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE)
    assert found.value_fraction == pytest.approx(0.44)
    assert "several of that day (0.38, 0.44); the latest is taken (0.44)" in found.caution
    _write(tmp_path, "b.json", _observation(value=44, effectiveDateTime="2026-02-03T08:30:00+09:00"))
    assert find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE).caution == ""


def test_what_is_not_used_is_told_whatever_is_used_instead(tmp_path: Path) -> None:
    _write(tmp_path, "other.json", _observation(reference="Patient/Doe"))
    found = find_hematocrit(tmp_path, PATIENT)
    assert isinstance(found, Refusal)
    assert (found.status, "Doe" in found.reason) == ("absent", False)
    assert "1 FHIR Observation is not used: the subject is not the study's patient" in found.reason
    assert "not the study's patient" in find_hematocrit(tmp_path, PATIENT, configured=0.45).note
    _write(tmp_path, "hematocrit.json", {"hematocrit": 42})
    note = find_hematocrit(tmp_path, PATIENT).note
    assert "read as percent" in note
    assert "not the study's patient" in note
    _write(tmp_path, "own.json", _observation())
    assert "not the study's patient" in find_hematocrit(tmp_path, PATIENT).note
    given = parse_hematocrit("0.39", "command line")
    assert find_hematocrit(tmp_path, PATIENT, given=given).note == ""


def test_an_unusable_observation_of_the_patient_is_no_reason_for_a_default(tmp_path: Path) -> None:
    _write(tmp_path, "lab.json", _observation(value=4.1, unit="1"))
    found = find_hematocrit(tmp_path, PATIENT, configured=0.45)
    assert isinstance(found, Refusal)
    assert found.status == "refused"
    assert "a FHIR Observation of 2026-02-03 is not used: its value, as a fraction, is not possible" in found.reason
    _write(tmp_path, "older.json", _observation(effectiveDateTime="2026-01-30"))
    found = find_hematocrit(tmp_path, PATIENT, configured=0.45)
    assert (found.value_fraction, found.source) == (pytest.approx(0.41), "FHIR Observation (2026-01-30)")
    assert "of 2026-02-03 is not used" in found.note


def test_another_value_in_the_file_is_told(tmp_path: Path) -> None:
    _write(tmp_path, "lab.json", _observation())
    _write(tmp_path, "hematocrit.json", {"hematocrit": 0.30})
    found = find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE)
    assert "hematocrit.json has 0.3; the Observation's 0.41 is taken" in found.caution
    _write(tmp_path, "hematocrit.json", {"hematocrit": 41})
    assert not find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE).caution
    _write(tmp_path, "hematocrit.json", {"hematocrit": 410})
    assert "hematocrit.json cannot be used" in find_hematocrit(tmp_path, PATIENT, study_date=STUDY_DATE).note
