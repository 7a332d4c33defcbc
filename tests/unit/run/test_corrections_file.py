"""corrections.json: what is read of it, and what is refused with one reason while the rest of it counts."""

import json
from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.run.corrections_file import (
    FILE_NAME,
    CorrectionsFile,
    corrections_schema,
    example,
    read_corrections_file,
    written,
)

STUDY = "1.2.3"
ENTRY = {"map": "native_t1", "slice_index": 1, "exclude_segments": [9, 10]}


def _read(folder: Path, content: Any):
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    return read_corrections_file(folder, STUDY)


def test_without_a_file_nothing_is_corrected(tmp_path: Path) -> None:
    found = read_corrections_file(tmp_path, STUDY)
    assert (found.entries, found.faults) == ((), ())


def test_every_correction_is_read(tmp_path: Path) -> None:
    whole = {
        **ENTRY,
        "exclude_slice": True,
        "reason": "ghosting",
        "exclude_images": [{"time_ms": 120}, {"sop_instance_uid": "1.2.3.4", "frame": 2}],
        "insertion_points": {"anterior": [81, 96.5], "inferior": [123, 92]},
    }
    found = _read(tmp_path, {"schema_version": "1.0", "study_instance_uid": STUDY, "corrections": [whole]})
    ((place, entry),) = found.entries
    assert (found.faults, place, entry.map, entry.slice_index) == ((), 1, MapKind.NATIVE_T1, 1)
    assert (entry.exclude_slice, entry.reason, entry.exclude_segments) == (True, "ghosting", (9, 10))
    assert [(one.time_ms, one.sop_instance_uid, one.frame) for one in entry.exclude_images] == [
        (120.0, None, 1),
        (None, "1.2.3.4", 2),
    ]
    assert entry.insertion_points.anterior == (81.0, 96.5)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "the file is not a JSON object"),
        ("[]", "the file is not a JSON object"),
        ('{"corrections": [], "corrections": [1]}', "the file names a key twice, with two values; keep one of them"),
        ({"corrections": 3}, "corrections is not a list"),
        ({"schema_version": "9"}, "schema_version"),
        ({"correction": []}, "correction: Extra inputs are not permitted"),
        ({"study_instance_uid": "1.2.4"}, "the file is of another study than the images"),
        ({"Doe^Jane": []}, "a key: Extra inputs are not permitted"),
        ({"x" * 5000: []}, "a key: Extra inputs are not permitted"),
        ({"corrections": [0] * 1001}, "it has 1001 entries; expected at most 1000"),
        ('{"corrections": []' + " " * 32_000_000 + "}", "the file is not a JSON object"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_fault(tmp_path: Path, content: Any, reason: str) -> None:
    found = _read(tmp_path, content)
    assert found.entries == ()
    (fault,) = found.faults
    assert reason in fault
    assert "\n" not in fault


@pytest.mark.parametrize(
    "entry",
    [
        '{"map": "t2", "slice_index": 1, "slice_index": 2, "exclude_slice": true}',
        '{"map": "t2", "slice_index": 1, "exclude_images": [{"time_ms": 45, "time_ms": 60}]}',
        '{"map": "t2", "slice_index": 1, "x": ' + "[" * 400 + '{"a": 1, "a": 2}' + "]" * 400 + "}",
    ],
)
def test_an_entry_that_names_a_key_twice_is_not_guessed(tmp_path: Path, entry: str) -> None:
    found = _read(tmp_path, f'{{"corrections": [{entry}, {json.dumps(ENTRY)}]}}')
    assert [place for place, _ in found.entries] == [2]
    assert found.faults == ("entry 1 names a key twice, with two values; keep one of them",)


def test_a_key_that_stands_twice_with_one_value_means_that_value(tmp_path: Path) -> None:
    found = _read(tmp_path, '{"corrections": [{"map": "t2", "map": "t2", "slice_index": 1, "exclude_slice": true}]}')
    assert (len(found.entries), found.faults) == (1, ())


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"map": "t3"}, "map: Input should be"),
        ({"slice_index": -1}, "slice_index: Input should be greater than or equal to 0"),
        ({"slice_index": 1.5}, "slice_index"),
        ({"exclude_segments": [17]}, "exclude_segments.0: Input should be less than or equal to 16"),
        ({"exclude_slice": "yes"}, "exclude_slice"),
        ({"exclude_images": [{"frame": 0}]}, "exclude_images.0.frame"),
        ({"insertion_points": {"anterior": [1, 2]}}, "insertion_points.inferior: Field required"),
        ({"insertion_points": {"anterior": [1, 2], "inferior": [-1, 2]}}, "insertion_points.inferior.0"),
        ({"exclude_segmnts": [1]}, "exclude_segmnts: Extra inputs are not permitted"),
        ({"reason": "a" * 81}, "reason"),
    ],
)
def test_an_entry_that_cannot_be_used_costs_itself_alone(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    found = _read(tmp_path, {"corrections": [{**ENTRY, **change}, {**ENTRY, "slice_index": 2}]})
    assert [(place, entry.slice_index) for place, entry in found.entries] == [(2, 2)]
    (fault,) = found.faults
    assert fault.startswith("entry 1: ")
    assert reason in fault


def test_two_entries_for_one_slice_are_told(tmp_path: Path) -> None:
    found = _read(tmp_path, {"corrections": [ENTRY, {**ENTRY, "map": "t2"}, {**ENTRY, "exclude_segments": [1]}]})
    assert [place for place, _ in found.entries] == [1, 2]
    assert found.faults == ("entry 3: native_t1 slice 1 has an entry already; join the two",)


def test_the_example_corrects_nothing_and_is_read_back(tmp_path: Path) -> None:
    text = example({MapKind.T2: 2, MapKind.NATIVE_T1: 1}, STUDY)
    found = _read(tmp_path, text)
    assert found.faults == ()
    assert [(entry.map, entry.slice_index) for _, entry in found.entries] == [
        (MapKind.T2, 0),
        (MapKind.T2, 1),
        (MapKind.NATIVE_T1, 0),
    ]
    assert not any(entry.exclude_slice or entry.exclude_images or entry.exclude_segments for _, entry in found.entries)


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    written(path, "{}\n")
    with pytest.raises(InputError, match="exists already; it was not changed"):
        written(path, "other")
    assert path.read_text() == "{}\n"
    with pytest.raises(InputError, match="cannot be written"):
        written(tmp_path / "nowhere" / FILE_NAME, "{}")


def test_the_schema_describes_what_is_read() -> None:
    schema = json.loads(corrections_schema())
    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(CorrectionsFile.model_fields)
    entry = schema["$defs"]["SliceEntry"]
    assert entry["required"] == ["map", "slice_index"]
    assert entry["properties"]["exclude_segments"]["items"]["maximum"] == 16
    assert schema["$defs"]["Image"]["oneOf"] == [{"required": ["sop_instance_uid"]}, {"required": ["time_ms"]}]
