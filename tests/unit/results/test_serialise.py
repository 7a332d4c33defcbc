"""results.json and segments.csv: through a parser, to the byte."""

import csv
import dataclasses
import io
import json

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.results import HematocritResult, InputSummary, SoftwareInfo, absent_map, to_csv, to_json


def test_a_study_fits_the_schema_and_reads_back(study, validate):
    document = json.loads(to_json(study()))
    validate(document)
    assert document["study_instance_uid"] == "1.2.3"
    assert document["input"] == {
        "n_files": 57,
        "n_used": 55,
        "skipped": {"a truncated file": 1, "not DICOM": 1},
        "frames_not_used": {},
    }
    assert document["hematocrit"] == {"value": 0.42, "source": "command line", "uncertainty": 0.0061}
    assert document["quality"][0]["map"] == "native_t1"
    native = document["maps"]["native_t1"]
    assert (native["status"], native["unit"], native["success"]) == ("partial", "ms", False)
    assert native["patient"] == {"mean": 1103.12, "sd": 41.5, "n_pixels": 120, "uncertainty": 2.25}
    assert native["mid_septum"] == {"mean": 1120.5, "sd": 41.5, "n_pixels": 31, "uncertainty": 2.25}
    assert native["model_misfit"] == {
        "rms_percent": 2.5,
        "largest_change": -16.0,
        "without_ms": None,
        "images": [{"time_ms": 193.0, "percent": 1.75}, {"time_ms": None, "percent": -6.25}],
    }
    assert document["maps"]["t2"]["model_misfit"] is None
    assert document["maps"]["t2"]["mid_septum"] == {"mean": None, "sd": None, "n_pixels": 0, "uncertainty": None}
    assert native["blood"] == {"t1_ms": 1650.0, "uncertainty": 12.0}
    first, second = native["slices"]
    assert (first["level"], first["position_mm"], first["n_refined"]) == ("basal", -12.5, 1)
    assert first["segments"][1] == {
        "aha": 2,
        "mean": 1090.0,
        "sd": None,
        "n_pixels": 1,
        "uncertainty": None,
        "contour_off_probability": None,
    }
    assert (second["mean"], second["n_pixels"], second["segments"]) == (None, 0, [])
    assert document["maps"]["t2"]["blood"] is None
    assert document["maps"]["ecv"]["unit"] == "%"
    assert document["maps"]["postcontrast_t1"]["blood"] == {"t1_ms": None, "uncertainty": None}


def test_keys_come_in_the_contracts_order(study):
    document = json.loads(to_json(study()))
    assert list(document) == [
        "schema_version",
        "study_instance_uid",
        "software",
        "input",
        "hematocrit",
        "quality",
        "maps",
        "series",
    ]
    assert list(document["maps"]) == [kind.value for kind in MapKind]
    assert list(document["maps"]["t2"]) == [
        "status",
        "reason",
        "source",
        "drawn_by",
        "unit",
        "model",
        "model_reason",
        "timing_source",
        "success",
        "patient",
        "mid_septum",
        "blood",
        "model_misfit",
        "slices",
        "reference_range",
    ]


def test_the_same_results_give_the_same_bytes(study):
    shuffled = study(input=InputSummary(57, 55, {"a truncated file": 1, "not DICOM": 1}))
    assert to_json(study()) == to_json(shuffled)
    assert to_json(study()).endswith("}\n")


def test_the_bytes_are_those_of_pythons_json(study):
    """What pydantic would write itself differs in exponents, and would change every file."""
    text = to_json(study(study_instance_uid="1.2é", hematocrit=HematocritResult(0.4200004, "größer", 0.006)))
    assert text.startswith('{\n  "schema_version": "')
    assert '\n  "study_instance_uid": "1.2é",\n  "software": {\n    "version": "0.1.0",\n' in text
    assert '\n  "hematocrit": {\n    "value": 0.42,\n    "source": "größer",\n    "uncertainty": 0.006\n  },\n' in text
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"
    small = study().maps[0]
    tiny = dataclasses.replace(small, patient=RegionStatistics(0.00001, 1e16, 3, 1.0))
    assert '"mean": 1e-05,\n        "sd": 1e+16,\n' in to_json(study(maps=(tiny, *study().maps[1:])))


def test_refined_weights_are_named(study, validate):
    assert json.loads(to_json(study()))["software"]["convention"] is None
    software = SoftwareInfo("0.1.0", "a" * 64, "b" * 64, "Reader A, St. X")
    document = json.loads(to_json(study(software=software)))
    validate(document)
    assert document["software"]["convention"] == "Reader A, St. X"


def test_nothing_at_all_is_still_valid(study, validate):
    nothing = study(
        study_instance_uid="",
        software=SoftwareInfo("0.1.0"),
        input=InputSummary(0, 0),
        hematocrit=HematocritResult(),
        quality=(),
        maps=tuple(absent_map(kind, "no series", "refused") for kind in MapKind),
    )
    validate(json.loads(to_json(nothing)))
    assert to_csv(nothing).count("\n") == 1


def test_numpy_numbers_nan_and_infinity(study, t1_map, validate):
    odd = RegionStatistics(np.float64(np.inf), np.float32(1.5), np.int64(3), np.float64(np.nan))
    maps = tuple(t1_map(patient=odd) if one.kind is MapKind.NATIVE_T1 else one for one in study().maps)
    document = json.loads(to_json(study(maps=maps)))
    validate(document)
    assert document["maps"]["native_t1"]["patient"] == {"mean": None, "sd": 1.5, "n_pixels": 3, "uncertainty": None}


def test_segments_csv_reads_back(study):
    rows = list(csv.DictReader(io.StringIO(to_csv(study()))))
    assert rows == [
        {
            "map": "native_t1",
            "unit": "ms",
            "slice_index": "0",
            "level": "basal",
            "aha": "1",
            "mean": "1103.12",
            "sd": "41.5",
            "n_pixels": "120",
            "uncertainty": "2.25",
        },
        {
            "map": "native_t1",
            "unit": "ms",
            "slice_index": "0",
            "level": "basal",
            "aha": "2",
            "mean": "1090.0",
            "sd": "",
            "n_pixels": "1",
            "uncertainty": "",
        },
    ]


def test_a_series_tells_what_was_seen_but_not_what_people_typed(study, validate):
    document = json.loads(to_json(study()))
    validate(document)
    (row,) = document["series"]
    assert row["times_ms"] == [100.0, None]  # fully recovered
    assert (row["matrix"], row["spacing_mm"], row["position_mm"]) == ([256, 218], [1.25, 1.25], [-12.5, 7.5])
    assert (row["verdict"], row["map"], row["frame_of_reference"]) == ("taken", "native_t1", "A")
    assert "typed" not in json.dumps(document)
