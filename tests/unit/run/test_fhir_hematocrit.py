"""Hematocrits in FHIR documents of every shape: whose, how much, and why not."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.run.fhir_hematocrit import LaboratoryReport, read_hematocrits
from cmrmap.run.json_files import find_json_files, read_all_documents, read_documents

PATIENT = {"MRN-7"}
CODE = {"coding": [{"system": "http://loinc.org", "code": "4544-3"}]}
PANEL = {"coding": [{"system": "http://loinc.org", "code": "58410-2"}]}
PERCENT = {"value": 42, "unit": "%"}


def _observation(**changes: Any) -> dict[str, Any]:
    made = {"resourceType": "Observation", "status": "final", "code": CODE, "valueQuantity": PERCENT}
    made |= {"subject": {"reference": "Patient/a1"}, "effectiveDateTime": "2026-01-15"}
    return {key: value for key, value in {**made, **changes}.items() if value is not None}


def _patient(value: str = "MRN-7", **changes: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": "a1", "identifier": [{"system": "urn:mrn", "value": value}], **changes}


def _bundle(*entries: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "entry": [e if "resource" in e else {"resource": e} for e in entries]}


def _read(*documents: Any) -> LaboratoryReport:
    return read_hematocrits(documents, PATIENT)


def _value(*documents: Any) -> float | str:
    (found,) = _read(*documents).own
    assert (found.value_fraction is None) is bool(found.fault)
    return found.fault if found.value_fraction is None else found.value_fraction


URL = "https://lab.example/fhir/Patient/a1"


@pytest.mark.parametrize(
    "documents",
    [
        [_bundle(_patient(), _observation())],
        [_bundle(_observation(), _patient())],
        [_bundle({"fullUrl": "urn:uuid:x", "resource": _patient()}, _observation(subject={"reference": "urn:uuid:x"}))],
        [_bundle({"fullUrl": URL, "resource": _patient()}, _observation(subject={"reference": URL}))],
        [_bundle({"fullUrl": URL, "resource": _patient()}, _observation())],
        [_bundle(_patient(), _observation(subject={"reference": URL}))],
        [_bundle(_patient(), _observation(subject={"reference": "Patient/a1/_history/3"}))],
        [_patient(), _observation()],
        [[_patient(), _observation()]],
        [_bundle(_bundle(_patient(), _observation()))],
        [_observation(contained=[_patient(id="p1")], subject={"reference": "#p1"})],
        [_observation(subject={"identifier": {"value": "MRN-7"}})],
        [_observation(subject={"reference": "Patient/MRN-7"})],
        [_observation(subject={"reference": "Patient/MRN-7"}), _patient("another", id="a2")],
        [_bundle(_patient(identifier=[{"value": "old"}, {"value": "MRN-7"}]), _observation())],
        [_bundle(_patient(identifier=[], id="MRN-7"), _observation(subject={"reference": "Patient/MRN-7"}))],
        [_bundle({"resourceType": "DiagnosticReport", "subject": {"reference": "#p"}, "result": [{"reference": "#o"}],
                  "contained": [_patient(id="p"), _observation(id="o", subject=None)]})],
        [_bundle(_patient(), _observation(id="o", subject=None),
                 _observation(code=PANEL, valueQuantity=None, hasMember=[{"reference": "Observation/o"}]))],
    ],
)  # fmt: skip
def test_the_patients_own_are_found(documents: list[Any]) -> None:
    report = _read(*documents)
    assert [one.value_fraction for one in report.own] == [pytest.approx(0.42)]
    assert (report.n_of_others, report.n_of_nobody) == (0, 0)


@pytest.mark.parametrize(
    "documents",
    [
        [_bundle(_patient("MRN-8"), _observation())],
        [_observation()],  # a server's id of a Patient who is not there
        [_patient("MRN-8", id="MRN-7"), _observation(subject={"reference": "Patient/MRN-7"})],  # id by chance
        [_patient(), _observation(subject={"reference": "Group/a1"})],
        [_patient(), _observation(subject={"reference": "Patient/a1", "identifier": {"value": "MRN-8"}})],
        [_patient("MRN-8"), _observation(subject={"reference": "Patient/a1", "identifier": {"value": "MRN-7"}})],
        [_bundle(_patient(), _patient("MRN-8"), _observation())],  # one id, two patients
        [_observation(contained=[_patient(id="p1")], subject={"reference": "#p2"})],
        [_observation(subject={"reference": "#p1"}), _observation(code=PANEL, contained=[_patient(id="p1")])],
    ],
)
def test_those_of_others_are_counted(documents: list[Any]) -> None:
    report = _read(*documents)
    assert (report.own, report.n_of_others, report.n_of_nobody) == ((), 1, 0)


@pytest.mark.parametrize("subject", [None, {}, {"display": "Doe, Jane"}, "Patient/MRN-7", 7, {"reference": 7}])
def test_those_that_name_nobody_are_counted(subject: Any) -> None:
    report = _read(_patient(), _observation(subject=subject))
    assert (report.own, report.n_of_nobody) == ((), 1)


def test_one_document_does_not_lend_its_patient_to_another() -> None:
    first, second = _bundle(_patient(), _observation()), _bundle(_patient("MRN-8"), _observation())
    report = _read(first, second)
    assert (len(report.own), report.n_of_others) == (1, 1)


def test_a_component_of_a_panel_is_read() -> None:
    hemoglobin = {"code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}, "valueQuantity": {"value": 14}}
    component = {"code": CODE, "valueQuantity": {"value": 0.42, "unit": "L/L"}}
    panel = _observation(code=PANEL, valueQuantity=None, component=[hemoglobin, component, 7])
    assert _value(_patient(), panel) == 0.42


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ({"value": 42, "unit": "%"}, 0.42),
        ({"value": 42.0, "code": "%", "system": "http://unitsofmeasure.org"}, 0.42),
        ({"value": 42, "unit": "mL/dL"}, 0.42),
        ({"value": 42, "unit": "Vol %"}, 0.42),
        ({"value": 42, "unit": "percent", "code": "%"}, 0.42),
        ({"value": 0.42, "unit": "L/L", "code": "1"}, 0.42),
        ({"value": 0.42, "code": "{ratio}"}, 0.42),
        ({"value": 0.42, "unit": "fraction"}, 0.42),
        ({"value": 0.42, "code": 1}, 0.42),
        ({"value": 42}, 0.42),
        ({"value": 0.42}, 0.42),
        ({"value": 0.42, "unit": "%"}, "its value, in percent, is not possible"),
        ({"value": 42, "unit": "L/L"}, "its value, as a fraction, is not possible"),
        ({"value": 14.1, "unit": "g/dL"}, "its unit is not %"),
        ({"value": 42, "unit": "%", "code": "L/L"}, "contradict each other"),
        ({"value": 42, "unit": "%", "code": "g/dL"}, "its unit is not %"),
        ({"value": 42, "unit": "%", "comparator": "<"}, "a bound"),
        ({"value": "42", "unit": "%"}, "not a number"),
        ({"value": True, "unit": "1"}, "not a number"),
        ({"value": float("nan"), "unit": "1"}, "is not possible"),
        ({"value": float("inf"), "unit": "%"}, "is not possible"),
        ({"value": 10**400, "unit": "%"}, "is not possible"),
        ({"value": -42, "unit": "%"}, "is not possible"),
        ({"value": 7}, "without a unit"),
        ({"unit": "%"}, "not a number"),
        ({}, "not a number"),
        ([], "no valueQuantity"),
        (None, "no valueQuantity"),
    ],
)
def test_quantities_are_read_strictly(quantity: Any, value: float | str) -> None:
    found = _value(_patient(), _observation(valueQuantity=quantity))
    if isinstance(value, str):
        assert isinstance(found, str)
        assert value in found
        assert "g/dL" not in found
    else:
        assert found == pytest.approx(value)


@pytest.mark.parametrize(
    ("status", "fault", "doubt"),
    [
        ("final", "", ""),
        ("amended", "", ""),
        ("corrected", "", ""),
        ("preliminary", "", "it is preliminary"),
        (None, "", "it has no status"),
        ("registered", "it is only registered", ""),
        ("entered-in-error", "it was entered in error", ""),
        ("cancelled", "it was cancelled", ""),
        ("unknown", "its status is unknown", ""),
        ("Doe", "its status is not one of FHIR", ""),
    ],
)
def test_status(status: str | None, fault: str, doubt: str) -> None:
    (found,) = _read(_patient(), _observation(status=status)).own
    assert (found.fault, found.doubt) == (fault, doubt)
    assert (found.value_fraction is None) is bool(fault)


def test_what_a_void_panel_holds_is_void() -> None:
    panel = _observation(code=PANEL, valueQuantity=None, hasMember=[{"reference": "Observation/o"}])
    member = _observation(id="o")
    assert _value(_patient(), _bundle(panel, member)) == pytest.approx(0.42)
    panel["status"] = "entered-in-error"
    assert _value(_patient(), _bundle(panel, member)) == "the panel or report that it belongs to is void"


@pytest.mark.parametrize(
    ("when", "day"),
    [
        ({"effectiveDateTime": "2026-01-15T08:00:00.5+01:00"}, "2026-01-15"),
        ({"effectiveInstant": "2026-01-15T08:00:00Z"}, "2026-01-15"),
        ({"effectivePeriod": {"start": "2026-01-14", "end": "2026-01-15"}}, "2026-01-15"),
        ({"issued": "2026-01-15T09:00:00Z"}, "2026-01-15"),
        ({"effectiveDateTime": "2026-01"}, "2026-01-15"),
        ({"effectiveDateTime": "2026"}, "2026-07-01"),
        ({"effectiveDateTime": "15.01.2026"}, None),
        ({"effectiveDateTime": "2026-13-01"}, None),
        ({"effectiveDateTime": 20260115}, None),
        ({}, None),
    ],
)
def test_the_day(when: dict[str, Any], day: str | None) -> None:
    (found,) = _read(_patient(), _observation(effectiveDateTime=None) | when).own
    assert (found.day and found.day.isoformat()) == day


def test_a_field_that_stands_twice_is_not_guessed(tmp_path: Path) -> None:
    once = json.dumps(_observation(subject={"reference": "Patient/MRN-7"}))
    path = tmp_path / "a.json"
    path.write_text(once.replace('"value": 42', '"value": 42, "value": 38'))
    assert "occurs twice" in str(_value(*read_documents(path)))
    path.write_text(once.replace('"status"', '"status": "entered-in-error", "status"'))
    assert "occurs twice" in str(_value(*read_documents(path)))
    path.write_text(once.replace('"value": 42', '"value": 42, "value": 42'))
    assert _value(*read_documents(path)) == pytest.approx(0.42)


def test_bulk_export_is_read_line_by_line_and_a_bad_line_costs_itself(tmp_path: Path) -> None:
    own = _observation(subject={"reference": "Patient/MRN-7"})
    (tmp_path / "Observation.NDJSON").write_text(f"{json.dumps(own)}\n\n{{broken\n{'[' * 5000}\n{json.dumps(own)}\n")
    (path,) = find_json_files(tmp_path)
    assert len(_read(*read_documents(path)).own) == 2


def test_numbers_that_python_does_not_read_cost_no_other_value(tmp_path: Path) -> None:
    content = json.dumps(_observation(subject={"reference": "Patient/MRN-7"}))
    (tmp_path / "a.json").write_text(content.replace('"status"', f'"x": {"9" * 9000}, "status"'))
    assert _value(*read_documents(tmp_path / "a.json")) == pytest.approx(0.42)


def test_files_are_found_behind_links_once_and_none_that_cannot_be_read_ends_it(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "a.json").write_text("{}")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "lab")
    (tmp_path / "in" / "back").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "gone.json").symlink_to(tmp_path / "nowhere.json")
    assert [path.name for path in find_json_files(tmp_path / "in")] == ["a.json"]
    assert read_documents(tmp_path / "nowhere.json") == []


_KEYS = (
    "resourceType entry resource contained code coding system status subject id reference identifier value "
    "valueQuantity unit component hasMember result"
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["Patient/a1", "#p", "Patient"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS.split()), inner, max_size=6),
    max_leaves=30,
)


@given(garbage=_JSON, key=st.sampled_from(sorted(_observation(id="o", component=[], contained=[]))))
def test_no_content_ends_a_run(garbage: Any, key: str) -> None:
    _read(garbage, _observation(**{key: garbage}), _bundle(_patient(identifier=garbage), {"resource": garbage}))


@given(content=st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_end_a_run(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "hematocrit.json"
    path.write_bytes(content)
    read_documents(path)


def test_files_that_would_fill_the_memory_cost_only_themselves(tmp_path: Path) -> None:
    own = json.dumps(_observation(subject={"reference": "Patient/MRN-7"}))
    bomb = "[" + ",".join(['{"a":{}}'] * 1_000_000) + "]"  # 9 MB, of which half a gigabyte would become
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(bomb)
    large = "[" + ",".join(['"0123456789012345678901234567890123456789"'] * 700_000) + "]"  # 30 MB, and not much more
    for name in ("c.json", "d.json", "e.json", "f.json", "g.json", "h.json"):
        (tmp_path / name).write_text(large)
    (tmp_path / "z.json").write_text(own)
    tracemalloc.start()
    documents = read_all_documents(find_json_files(tmp_path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert _value(documents[-1]) == pytest.approx(0.42)
    assert 4 <= len(documents) < 7
    assert peak < 450_000_000
    assert read_documents(tmp_path / "a.json") == []
