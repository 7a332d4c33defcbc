"""The schema of results.json: the one in the documents is current, and it refuses what is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.results import to_json
from cmrmap.results.json_schema import json_schema

ROOT = Path(__file__).resolve().parents[3]


def test_the_documents_hold_the_current_schema():
    written = (ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8")
    assert written == json_schema(), "run make schema"


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema()))


def _objects(schema: object) -> Iterator[dict]:
    if isinstance(schema, dict):
        if "properties" in schema and "type" in schema:
            yield schema
        for value in schema.values():
            yield from _objects(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _objects(value)


def test_every_object_has_all_its_fields_and_no_other():
    objects = list(_objects(json.loads(json_schema())))
    assert len(objects) > 12
    for one in objects:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
        assert one["description"]


def test_every_map_is_there_with_its_own_unit_and_blood():
    schema = json.loads(json_schema())
    for kind in MapKind:
        own = schema["$defs"][f"{kind.value}_map"]["properties"]
        assert own["unit"]["const"] == kind.unit
        assert own["blood"] == ({"$ref": "#/$defs/Blood"} if kind.spec.has_blood else {"type": "null"})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("maps", "t2", "status"), "done"),
        (("maps", "t2", "reason"), None),
        (("maps", "t2", "unit"), "s"),
        (("maps", "native_t1", "slices", 0, "reason"), "but it was fine"),
        (("maps", "native_t1", "slices", 0, "segments", 0, "aha"), 17),
        (("maps", "native_t1", "patient", "mean"), "1100"),
        (("quality", 0, "severity"), "fatal"),
        (("software", "weights_sha256"), "abc"),
        (("hematocrit", "value"), 42),
        (("hematocrit", "value"), 0.05),
        (("patient_name",), "x"),
        (("schema_version",), "0.9"),
        (("study_instance_uid",), "1.2.x"),
        (("maps", "t2", "blood"), {"t1_ms": 1.0, "uncertainty": 1.0}),
        (("maps", "native_t1", "blood"), None),
        (("maps", "native_t1", "blood", "more"), 1),
        (("maps", "native_t1", "success"), None),
        (("maps", "native_t1", "patient", "sd"), -1.0),
        (("maps", "native_t1", "patient", "n_pixels"), -1),
        (("maps", "native_t1", "slices", 0, "level"), "base"),
        (("maps", "native_t1", "slices", 0, "status"), "partial"),
        (("maps", "native_t1", "slices", 0, "n_images"), 1.5),
        (("maps", "native_t1", "slices", 0, "slice_index"), -1),
        (("maps", "native_t1", "slices", 1, "reason"), ""),
        (("quality", 0, "code"), "Images missing"),
        (("quality", 0, "map"), "t3"),
        (("input", "skipped", "not DICOM"), -1),
        (("series", 0, "verdict"), "fine"),
        (("series", 0, "reason"), ""),
        (("series", 0, "map"), "t3"),
        (("series", 0, "matrix"), [256]),
        (("series", 0, "description"), "what somebody typed"),
    ],
)
def test_it_refuses_what_is_wrong(study, validate, path, value):
    document = json.loads(to_json(study()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        validate(document)


@pytest.mark.parametrize(
    "path",
    [("software",), ("maps", "ecv"), ("maps", "t2", "model_reason"), ("quality", 0, "map"), ("series", 0, "model")],
)
def test_it_refuses_what_is_not_whole(study, validate, path):
    document = json.loads(to_json(study()))
    place = document
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    with pytest.raises(jsonschema.ValidationError):
        validate(document)
