"""ECV: accuracy, its reasons for not being made, and which slices belong together."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.findings import Refusal
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.pipeline import MappedEcv, extracellular_volume
from cmrmap.pipeline.slice_pairs import pair_slices, unpaired_reason
from cmrmap.pipeline.study import report
from cmrmap.settings import AnalysisSettings, HematocritSettings, SelectionSettings

SETTINGS = AnalysisSettings()


def test_every_slice_is_within_one_point_of_the_truth(chain) -> None:
    for index in range(5):
        mean = chain.ecv.map.values[index][chain.ecv.map.analysed[index]].mean()
        assert mean == pytest.approx(chain.study.truth.slice_mean(MapKind.ECV, index), abs=1.0)


def test_uncertainty_grows_with_that_of_the_hematocrit(chain) -> None:
    region = chain.ecv.map.analysed
    value = chain.hematocrit.value_fraction
    mean = chain.ecv.map.values[region].mean()

    def told(hematocrit: Hematocrit, percent: float) -> MappedEcv:
        settings = replace(SETTINGS, hematocrit=HematocritSettings(laboratory_cv_percent=percent))
        return extracellular_volume(chain.series, hematocrit, settings)

    exact = told(Hematocrit(value, "test"), 0.0).uncertainty(region)
    for made, sd in (
        (told(Hematocrit(value, "test"), 3.0), 0.03 * value),  # the laboratory's
        (told(Hematocrit(value, "test", sd=0.03), 3.0), 0.03),  # its own where it is known
        (chain.ecv, 0.0145 * value),
    ):
        assert made.hematocrit.sd == pytest.approx(sd)
        assert made.uncertainty(region) == pytest.approx(np.hypot(exact, mean * sd / (1 - value)), rel=0.02)


def test_without_hematocrit_it_is_absent_with_the_reason(chain) -> None:
    refusal = extracellular_volume(chain.series, None, SETTINGS)
    assert refusal == Refusal(MapKind.ECV, "absent", "no hematocrit was given")


def test_synthetic_hematocrit_is_used_only_where_allowed_and_says_so(chain) -> None:
    settings = replace(SETTINGS, hematocrit=HematocritSettings(synthetic=True))
    made = extracellular_volume(chain.series, None, settings)
    assert isinstance(made, MappedEcv)
    assert made.hematocrit.synthetic
    assert "Treibel" in made.hematocrit.source


def test_why_there_is_no_hematocrit_becomes_the_reason(chain) -> None:
    lacking = Refusal(MapKind.ECV, "absent", "an Observation of another patient")
    assert extracellular_volume(chain.series, lacking, SETTINGS) is lacking
    settings = replace(SETTINGS, hematocrit=HematocritSettings(synthetic=True))
    made = extracellular_volume(chain.series, lacking, settings)
    assert made.hematocrit.synthetic
    assert made.hematocrit.note.endswith("; an Observation of another patient")


def test_a_hematocrit_of_the_patient_that_may_not_be_used_is_not_replaced_by_an_estimate(chain) -> None:
    unusable = Refusal(MapKind.ECV, "refused", "hematocrit.json cannot be used")
    settings = replace(SETTINGS, hematocrit=HematocritSettings(synthetic=True))
    assert extracellular_volume(chain.series, unusable, settings) is unusable


def test_what_makes_a_hematocrit_doubtful_is_a_warning(chain) -> None:
    doubtful = replace(chain.hematocrit, caution="it is old", note="1 FHIR Observation not used")
    made = extracellular_volume(chain.series, doubtful, SETTINGS)
    found = report(chain.series, made, (), SETTINGS).flags
    told = {flag.code: (str(flag.severity), flag.message, flag.map) for flag in found if "hematocrit" in flag.code}
    assert told == {
        "hematocrit_doubtful": ("warning", "it is old: compare with the laboratory report", MapKind.ECV),
        "hematocrit_read": ("info", "1 FHIR Observation not used", MapKind.ECV),
    }


@pytest.mark.parametrize(
    ("missing", "words"),
    [(MapKind.NATIVE_T1, "no native T1"), (MapKind.POSTCONTRAST_T1, "no post-contrast T1")],
)
def test_one_t1_series_alone_gives_no_ecv(chain, missing: MapKind, words: str) -> None:
    series = [one for one in chain.series if one.kind is not missing]
    refusal = extracellular_volume(series, chain.hematocrit, SETTINGS)
    assert isinstance(refusal, Refusal)
    assert refusal.status == "absent"
    assert words in refusal.reason


def _planes(*z: float, turned: bool = False, thickness: float | None = 8.0) -> tuple[SliceGeometry, ...]:
    rows = (0.0, 1.0, 0.0) if turned else (1.0, 0.0, 0.0)
    columns = (-1.0, 0.0, 0.0) if turned else (0.0, 1.0, 0.0)
    return tuple(SliceGeometry((0.0, 0.0, one), rows, columns, (1.0, 1.0), thickness) for one in z)


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        (_planes(0, 10, 20), [0, 1, 2]),
        (_planes(20, 10, 0), [2, 1, 0]),
        (_planes(3.9, 13.9), [0, 1, -1]),
        (_planes(5, 15), [-1, -1, -1]),
        (_planes(0, 10, 20, turned=True), [-1, -1, -1]),
        ((), [-1, -1, -1]),
    ],
)
def test_slices_are_paired_by_place_within_half_a_thickness(post, expected: list[int]) -> None:
    assert pair_slices(_planes(0, 10, 20), post).tolist() == expected


@pytest.mark.parametrize(("away_mm", "expected"), [(3.9, [0]), (4.1, [-1]), (30.0, [-1])])
def test_without_a_thickness_slices_are_paired_within_four_millimetres(away_mm: float, expected: list[int]) -> None:
    plane, other = _planes(0, thickness=None), _planes(away_mm, thickness=None)
    assert pair_slices(plane, other).tolist() == expected
    assert (unpaired_reason(plane[0], other) == "") is (expected == [0])


@pytest.mark.parametrize(("degrees", "expected"), [(2.0, [0]), (4.0, [-1]), (20.0, [-1])])
@pytest.mark.parametrize("tilted", [False, True], ids=["turned in the plane", "tilted out of it"])
def test_slices_that_are_turned_by_a_few_degrees_are_not_paired(degrees: float, expected: list[int], tilted) -> None:
    along, across = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    rows = (1.0, 0.0, 0.0) if tilted else (along, across, 0.0)
    columns = (0.0, along, across) if tilted else (-across, along, 0.0)
    other = (SliceGeometry((0.0, 0.0, 0.0), rows, columns, (1.0, 1.0), 8.0),)
    assert pair_slices(_planes(0), other).tolist() == expected
    if expected == [-1]:
        assert f"rotated by {degrees:.0f} degrees against it" in unpaired_reason(_planes(0)[0], other)


def test_a_moved_post_contrast_stack_leaves_slices_out(chain) -> None:
    post = chain[MapKind.POSTCONTRAST_T1]
    geometry = post.stack.geometry
    shifted = (geometry[1], geometry[1], geometry[2], geometry[3], geometry[4])
    moved = replace(post, stack=replace(post.stack, geometry=shifted))
    made = extracellular_volume((chain[MapKind.NATIVE_T1], moved), chain.hematocrit, SETTINGS)
    assert [r.slice_index for r in made.map.refusals] == [0]
    assert "nearest post-contrast T1 slice lies" in made.map.refusals[0].reason
    assert not made.map.analysed[0].any()


def _placed(series, uid: str):
    geometry = tuple(replace(plane, frame_of_reference_uid=uid) for plane in series.stack.geometry)
    return replace(series, stack=replace(series.stack, geometry=geometry))


def test_series_of_two_frames_of_reference_are_paired_on_request_only(chain) -> None:
    pair = (_placed(chain[MapKind.NATIVE_T1], "1.2"), _placed(chain[MapKind.POSTCONTRAST_T1], "1.3"))
    refusal = extracellular_volume(pair, chain.hematocrit, SETTINGS)
    assert isinstance(refusal, Refusal)
    assert (refusal.kind, refusal.status) == (MapKind.ECV, "refused")
    assert "different frames of reference (0020,0052)" in refusal.reason
    told = replace(SETTINGS, selection=SelectionSettings(across_frames_of_reference=True))
    assert isinstance(extracellular_volume(pair, chain.hematocrit, told), MappedEcv)


@pytest.mark.parametrize("uids", [("1.2", "1.2"), ("1.2", ""), ("", "")])
def test_one_frame_of_reference_or_one_that_is_not_stated_is_paired(chain, uids) -> None:
    pair = tuple(map(_placed, (chain[MapKind.NATIVE_T1], chain[MapKind.POSTCONTRAST_T1]), uids))
    assert isinstance(extracellular_volume(pair, chain.hematocrit, SETTINGS), MappedEcv)


def test_why_a_slice_has_no_partner_is_said() -> None:
    plane = _planes(0)[0]
    assert unpaired_reason(plane, _planes(3)) == ""
    assert "lies 5.0 mm away; expected at most 4.0 mm" in unpaired_reason(plane, _planes(5, 20))
    assert "rotated by 90 degrees against it" in unpaired_reason(plane, _planes(0, turned=True))
