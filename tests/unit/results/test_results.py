"""results.json and segments.csv: against the schema, through a parser, to the byte."""

import csv
import dataclasses
import io
import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import BloodValue
from cmrmap.core.regional_values import RegionStatistics, SliceLevel
from cmrmap.results import (
    BloodResult,
    HematocritResult,
    InputSummary,
    MapResult,
    SegmentResult,
    SliceResult,
    SoftwareInfo,
    StudyResult,
    absent_map,
    mean_blood,
    to_csv,
    to_json,
)

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "results.schema.json").read_text(encoding="utf-8"))
NAN = float("nan")


def stats(mean=1103.123456789, n=120):
    return RegionStatistics(mean, 41.5, n, 2.25)


def t1_map(kind=MapKind.NATIVE_T1, **changes):
    segments = (SegmentResult(1, stats()), SegmentResult(2, RegionStatistics(1090.0, NAN, 1, NAN)))
    slices = (
        SliceResult(0, -12.5, SliceLevel.BASAL, "ok", None, 11, 10, 1, stats(), segments),
        SliceResult(1, None, None, "refused", "3 of 11 images segmented, 8 needed", 11, 3, 0),
    )
    made = MapResult(
        kind,
        "partial",
        "slice 1 was refused",
        "stone_2p",
        "InversionTime (0018,0082)",
        False,
        stats(),
        BloodResult(1650.0, 12.0),
        slices,
        "a reason",
    )
    return dataclasses.replace(made, **changes)


def study(**changes):
    made = StudyResult(
        "1.2.3",
        SoftwareInfo("0.1.0", "a" * 64, None),
        InputSummary(57, 55, {"not DICOM": 1, "a truncated file": 1}),
        HematocritResult(0.42, "command line"),
        (QualityFlag("images_missing", "warning", "1 of 11 images is missing", MapKind.NATIVE_T1, 0),),
        (
            absent_map(MapKind.T2, "no T2 series"),
            t1_map(),
            absent_map(MapKind.POSTCONTRAST_T1, "no post-contrast series"),
            absent_map(MapKind.ECV, "needs post-contrast T1"),
        ),
    )
    return dataclasses.replace(made, **changes)


def validate(document):
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_a_study_fits_the_schema_and_reads_back():
    document = json.loads(to_json(study()))
    validate(document)
    assert document["study_instance_uid"] == "1.2.3"
    assert document["input"] == {"n_files": 57, "n_used": 55, "skipped": {"a truncated file": 1, "not DICOM": 1}}
    assert document["hematocrit"] == {"value": 0.42, "source": "command line"}
    assert document["quality"][0]["map"] == "native_t1"
    native = document["maps"]["native_t1"]
    assert (native["status"], native["unit"], native["success"]) == ("partial", "ms", False)
    assert native["patient"] == {"mean": 1103.12, "sd": 41.5, "n_pixels": 120, "uncertainty": 2.25}
    assert native["blood"] == {"t1_ms": 1650.0, "uncertainty": 12.0}
    first, second = native["slices"]
    assert (first["level"], first["position_mm"], first["n_refined"]) == ("basal", -12.5, 1)
    assert first["segments"][1] == {"aha": 2, "mean": 1090.0, "sd": None, "n_pixels": 1, "uncertainty": None}
    assert (second["mean"], second["n_pixels"], second["segments"]) == (None, 0, [])
    assert document["maps"]["t2"]["blood"] is None
    assert document["maps"]["ecv"]["unit"] == "%"
    assert document["maps"]["postcontrast_t1"]["blood"] == {"t1_ms": None, "uncertainty": None}


def test_keys_come_in_the_contracts_order():
    document = json.loads(to_json(study()))
    assert list(document) == [
        "schema_version",
        "study_instance_uid",
        "software",
        "input",
        "hematocrit",
        "quality",
        "maps",
    ]
    assert list(document["maps"]) == ["t2", "native_t1", "postcontrast_t1", "ecv"]
    assert list(document["maps"]["t2"]) == [
        "status",
        "reason",
        "unit",
        "model",
        "model_reason",
        "timing_source",
        "success",
        "patient",
        "blood",
        "slices",
        "reference_range",
    ]


def test_the_same_results_give_the_same_bytes():
    shuffled = study(input=InputSummary(57, 55, {"a truncated file": 1, "not DICOM": 1}))
    assert to_json(study()) == to_json(shuffled)
    assert to_json(study()).endswith("}\n")


def test_nothing_at_all_is_still_valid():
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


def test_numpy_numbers_nan_and_infinity():
    odd = RegionStatistics(np.float64(np.inf), np.float32(1.5), np.int64(3), np.float64(np.nan))
    t2, _, postcontrast, ecv = study().maps
    document = json.loads(to_json(study(maps=(t2, t1_map(patient=odd), postcontrast, ecv))))
    validate(document)
    assert document["maps"]["native_t1"]["patient"] == {"mean": None, "sd": 1.5, "n_pixels": 3, "uncertainty": None}


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
        (("patient_name",), "x"),
    ],
)
def test_the_schema_refuses_what_is_wrong(path, value):
    document = json.loads(to_json(study()))
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        validate(document)


def test_segments_csv_reads_back():
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


def test_results_check_themselves():
    with pytest.raises(InputError, match="status of the t2 map must be one of ok, partial, refused, absent; found 'x'"):
        MapResult(MapKind.T2, "x", "why")
    with pytest.raises(InputError, match="give a reason if and only if"):
        MapResult(MapKind.T2, "refused")
    with pytest.raises(InputError, match="give a reason if and only if"):
        SliceResult(0, None, None, "ok", "why", 9, 9, 0)
    with pytest.raises(InputError, match="only T1 maps have a blood T1"):
        MapResult(MapKind.T2, "ok", blood=BloodResult())
    with pytest.raises(InputError, match="1 to 16; found 0"):
        SegmentResult(0, stats())
    with pytest.raises(InputError, match="in this order"):
        study(maps=study().maps[::-1])
    with pytest.raises(TypeError):
        study().input.skipped["more"] = 1


def test_mean_blood():
    mean = mean_blood((BloodValue(1600.0, 30.0, 78), None, BloodValue(1700.0, 40.0, 78)))
    assert (mean.t1_ms, mean.uncertainty) == (1650.0, 25.0)
    assert np.isnan(mean_blood((None, None)).t1_ms)
