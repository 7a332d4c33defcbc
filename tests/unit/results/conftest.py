"""Results of a study without a study: a native T1 map of two slices, one of them refused; the other maps are absent."""

import dataclasses
import json

import jsonschema
import pytest

from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import RegionStatistics, SliceLevel
from cmrmap.core.series_row import SeriesRow
from cmrmap.results import (
    BloodResult,
    HematocritResult,
    ImageMisfit,
    InputSummary,
    MapResult,
    ModelMisfit,
    SegmentResult,
    SliceResult,
    SoftwareInfo,
    StudyResult,
    absent_map,
)
from cmrmap.results.json_schema import json_schema

NAN, INF = float("nan"), float("inf")


def _stats(mean=1103.123456789, n=120):
    return RegionStatistics(mean, 41.5, n, 2.25)


def _t1_map(kind=MapKind.NATIVE_T1, **changes):
    segments = (SegmentResult(1, _stats()), SegmentResult(2, RegionStatistics(1090.0, NAN, 1, NAN)))
    slices = (
        SliceResult(0, -12.5, SliceLevel.BASAL, "ok", None, 11, 10, 1, _stats(), segments),
        SliceResult(1, None, None, "refused", "3 of 11 images segmented, 8 needed", 11, 3, 0),
    )
    made = MapResult(
        kind,
        "partial",
        "slice 1 was refused",
        "stone_2p",
        "InversionTime (0018,0082)",
        False,
        _stats(),
        BloodResult(1650.0, 12.0),
        slices,
        "a reason",
        mid_septum=_stats(1120.5, 31),
        model_misfit=ModelMisfit(2.5, (ImageMisfit(193.0, 1.75), ImageMisfit(INF, -6.25)), -16.0, INF),
    )
    return dataclasses.replace(made, **changes)


_ROW = SeriesRow(
    "1.2.4",
    7,
    "what somebody typed",
    "taken",
    MapKind.NATIVE_T1,
    "the words say native",
    2,
    22,
    n_used=21,
    times_ms=(100.0, float("inf")),
    timing_source="InversionTime (0018,0082)",
    model="stone_2p",
    matrix=(256, 218),
    spacing_mm=(1.25, 1.25),
    position_mm=(-12.5, 7.5),
    frame_of_reference="A",
    start_s=61.25,
)


def _study(**changes):
    made = StudyResult(
        "1.2.3",
        SoftwareInfo("0.1.0", "a" * 64, None),
        InputSummary(57, 55, {"not DICOM": 1, "a truncated file": 1}),
        HematocritResult(0.42, "command line", 0.0061),
        (QualityFlag("images_missing", "warning", "1 of 11 images is missing", MapKind.NATIVE_T1, 0),),
        tuple(_t1_map() if kind is MapKind.NATIVE_T1 else absent_map(kind, f"no {kind.value}") for kind in MapKind),
        (_ROW,),
    )
    return dataclasses.replace(made, **changes)


@pytest.fixture(scope="session")
def t1_map():
    """Make the native T1 map, with changes."""
    return _t1_map


@pytest.fixture(scope="session")
def study():
    """Make the study, with changes."""
    return _study


@pytest.fixture(scope="session")
def validate():
    """Raise where a document does not fit the schema."""
    return jsonschema.Draft202012Validator(json.loads(json_schema())).validate
