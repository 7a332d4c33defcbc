import json
import math

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import RegionStatistics, SliceLevel
from cmrmap.results import (
    HematocritResult,
    InputSummary,
    MapResult,
    SegmentResult,
    SliceResult,
    SoftwareInfo,
    StudyResult,
    absent_map,
    compare_with_ranges,
    to_json,
)
from cmrmap.results.reference_ranges import MapRanges, Range, ReferenceRanges


def _statistics(mean: float) -> RegionStatistics:
    return RegionStatistics(mean, 1.0, 50, 0.2)


@pytest.fixture
def maps() -> tuple[MapResult, ...]:
    segments = (SegmentResult(7, _statistics(56.0)), SegmentResult(8, _statistics(50.0)))
    one = SliceResult(0, 0.0, SliceLevel.MID, "ok", None, 9, 9, 0, _statistics(53.0), segments)
    t2 = MapResult(MapKind.T2, "ok", model="t2_3p", patient=_statistics(54.0), slices=(one,))
    return (t2, *(absent_map(kind, "none") for kind in list(MapKind)[1:]))


def _ranges(model: str = "t2_3p") -> ReferenceRanges:
    own = MapRanges(model, Range(50.0, 2.0, 20), {SliceLevel.MID: Range(50.0, 1.5, 20)}, {7: Range(50.0, 3.0, 20)})
    return ReferenceRanges("Site A", "a" * 64, {MapKind.T2: own})


def test_values_get_their_place_among_normals(maps) -> None:
    compared, flags = compare_with_ranges(maps, _ranges())
    found = compared[0].reference
    assert flags == ()
    assert (found.patient.z, found.slices[0].z) == (2.0, 2.0)
    assert [(one.aha, one.z) for one in found.segments] == [(7, 2.0)]  # segment 8 has no range
    assert [one.reference for one in compared[1:]] == [None] * (len(MapKind) - 1)


def test_ranges_of_another_model_are_not_used(maps) -> None:
    compared, flags = compare_with_ranges(maps, _ranges("t2_2p"))
    assert compared[0].reference is None
    assert [flag.code for flag in flags] == ["reference_ranges_of_another_model"]
    assert "t2_2p" in flags[0].message


def test_a_value_that_is_not_there_has_no_z(maps) -> None:
    import dataclasses

    missing = (dataclasses.replace(maps[0], patient=_statistics(math.nan)), *maps[1:])
    assert math.isnan(compare_with_ranges(missing, _ranges())[0][0].reference.patient.z)


def test_z_scores_are_in_results_json_and_fit_the_schema(maps, validate) -> None:
    compared, _ = compare_with_ranges(maps, _ranges())
    study = StudyResult("1.2.3", SoftwareInfo("0.1.0"), InputSummary(9, 9), HematocritResult(), (), compared)
    document = json.loads(to_json(study))
    validate(document)
    found = document["maps"]["t2"]["reference_range"]
    assert found["patient"] == {"z": 2.0, "mean": 50.0, "sd": 2.0, "n": 20}
    assert found["segments"][0]["aha"] == 7
    assert document["maps"]["ecv"]["reference_range"] is None
