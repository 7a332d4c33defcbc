"""What values a heart can have: every virtual patient is inside, times off by a factor of two are not."""

import math
from pathlib import Path

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.patients import draw_patient
from cmrmap.phantom.tissue import Tissue
from cmrmap.quality.plausible_ranges import ECV_PERCENT, FieldRanges, T1Ranges, ranges_at, within

FIELDS = (0.55, 1.5, 3.0)


@pytest.fixture(scope="module")
def patients():
    return [draw_patient(seed, number).tissues for seed in (1, 7) for number in range(1, 31)]


def _at(field_t: float | None) -> FieldRanges:
    found = ranges_at(field_t)
    assert found is not None
    return found


def test_every_virtual_patient_is_a_heart(patients) -> None:
    ranges = _at(1.5)
    for tissues in patients:
        for tissue in (Tissue.MYOCARDIUM, Tissue.LESION):
            assert ranges.native.hold(tissues.t1_native_ms[tissue], tissues.t1_native_ms[Tissue.CAVITY])
            assert ranges.post.hold(tissues.t1_postcontrast_ms[tissue], tissues.t1_postcontrast_ms[Tissue.CAVITY])
        assert within(tissues.t2_ms[Tissue.MYOCARDIUM], ranges.t2_wall)
        assert within(100 * tissues.ecv_fraction[Tissue.MYOCARDIUM], ECV_PERCENT)


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_no_patient_is_one_with_native_times_off_by_a_factor_of_two(patients, factor) -> None:
    for tissues in patients:
        wall, blood = (factor * tissues.t1_native_ms[one] for one in (Tissue.MYOCARDIUM, Tissue.CAVITY))
        assert not _at(1.5).native.hold(wall, blood)


# means that were published, ms: healthy and ill, by methods that read low and high (sources: the module's table)
@pytest.mark.parametrize(
    ("field_t", "wall", "blood"),
    [
        (1.5, 950.0, 1550.0),  # MOLLI
        (1.5, 1200.0, 1650.0),  # saturation recovery
        (1.5, 1323.0, 1600.0),  # AL amyloid by ShMOLLI, three standard deviations up
        (1.5, 520.0, 1900.0),  # iron, and the anaemia that comes with it
        (3.0, 1052.0, 1800.0),
        (3.0, 1560.0, 1900.0),
        (3.0, 1798.0, 1850.0),
        (3.0, 570.0, 2100.0),
        (0.55, 690.0, 1120.0),
    ],
)
def test_published_hearts_are_inside(field_t, wall, blood) -> None:
    assert _at(field_t).native.hold(wall, blood)
    assert _at(None).native.hold(wall, blood)


@pytest.mark.parametrize(
    ("field_t", "wall", "blood"), [(1.5, 413.0, 260.0), (1.5, 719.0, 510.0), (3.0, 573.0, 400.0), (1.5, 300.0, 290.0)]
)
def test_published_hearts_after_contrast_are_inside(field_t, wall, blood) -> None:
    assert _at(field_t).post.hold(wall, blood)


@pytest.mark.parametrize("field_t", FIELDS)
def test_blood_tells_native_from_post_contrast_and_either_from_twice_itself(field_t) -> None:
    ranges = _at(field_t)
    assert ranges.post.blood[1] < ranges.native.blood[0]
    assert ranges.native.blood[1] < 2.0 * ranges.native.blood[0]


def test_where_blood_was_not_measured_iron_is_not_told_from_wrong_times() -> None:
    assert _at(1.5).native.hold(577.0, 1500.0)
    assert not _at(1.5).native.hold(577.0, math.nan)
    assert not _at(1.5).native.hold(2303.0, math.nan)
    assert not _at(1.5).native.hold(math.nan, 1500.0)


@pytest.mark.parametrize(("given", "name"), [(1.5, "1.5 T"), (15000.0, "1.5 T"), (2.89, "3 T"), (0.55, "0.55 T")])
def test_field_strengths_near_by_and_in_gauss(given, name) -> None:
    assert _at(given).name == name


@pytest.mark.parametrize("given", [None, 0.0, math.nan, 15.0, 1500.0, 2.0, -1.5])
def test_unknown_field_strength_has_all_ranges_together(given) -> None:
    found = _at(given)
    assert found.native.blood == (_at(0.55).native.blood[0], _at(3.0).native.blood[1])
    assert found.t2_wall == (_at(3.0).t2_wall[0], _at(0.55).t2_wall[1])


def test_field_strengths_without_ranges_are_not_judged() -> None:
    assert ranges_at(7.0) is None


def test_the_two_maps_have_their_own_ranges() -> None:
    ranges = _at(3.0)
    assert isinstance(ranges.t1(MapKind.NATIVE_T1), T1Ranges)
    assert ranges.t1(MapKind.POSTCONTRAST_T1) is ranges.post


def test_the_document_has_these_ranges() -> None:
    text = (Path(__file__).parents[3] / "docs" / "plausible-values.md").read_text(encoding="utf-8")
    for row, own in (
        ("native wall", lambda at: at.native.wall),
        ("native wall where blood was not measured", lambda at: at.native.wall_alone),
        ("native blood", lambda at: at.native.blood),
        ("post-contrast wall", lambda at: at.post.wall),
        ("post-contrast blood", lambda at: at.post.blood),
        ("T2 of the wall", lambda at: at.t2_wall),
    ):
        cells = " | ".join(f"{low:.0f}-{high:.0f}" for low, high in (own(_at(field_t)) for field_t in FIELDS))
        assert f"| {row} | {cells} |" in text
    assert f"ECV of the wall: {ECV_PERCENT[0]:.0f}-{ECV_PERCENT[1]:.0f} %" in text
