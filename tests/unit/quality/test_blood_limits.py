"""Relaxation times that blood and heart muscle can have."""

import pytest

from cmrmap.quality.blood_limits import blood_limits
from cmrmap.quality.plausible_ranges import ranges_at, tesla_of


@pytest.mark.parametrize(
    ("field_strength_t", "blood_ms", "wall_ms"),
    [
        (0.55, 1150.0, 700.0),
        (1.5, 1550.0, 1000.0),
        (1.494, 1550.0, 1250.0),
        (3.0, 1800.0, 1200.0),
        (2.89, 1900.0, 1450.0),
    ],
)
def test_what_is_reported_of_patients_lies_within(field_strength_t: float, blood_ms: float, wall_ms: float) -> None:
    limits = blood_limits(field_strength_t)
    assert limits.native_ms[0] < blood_ms < limits.native_ms[1]
    assert limits.wall_native_ms[0] < wall_ms < limits.wall_native_ms[1]


@pytest.mark.parametrize("field_strength_t", [0.55, 1.5, 3.0, None])
def test_water_is_no_blood_and_post_contrast_blood_is_not_native(field_strength_t: float | None) -> None:
    limits = blood_limits(field_strength_t)
    assert limits.native_ms[1] < 2600.0
    assert limits.native_ms[0] > 600.0


@pytest.mark.parametrize("field_strength_t", [None, 0.0, float("nan"), -1.5])
def test_an_unknown_field_strength_has_the_limits_of_both_usual_ones(field_strength_t: float | None) -> None:
    limits = blood_limits(field_strength_t)
    assert limits.native_ms == (blood_limits(1.5).native_ms[0], blood_limits(3.0).native_ms[1])


@pytest.mark.parametrize("field_strength_t", [0.55, 1.5, 3.0, 2.0, None])
def test_what_a_wall_can_have_stands_in_one_table(field_strength_t: float | None) -> None:
    ranges = ranges_at(field_strength_t)
    assert ranges is not None
    limits = blood_limits(field_strength_t)
    assert limits.wall_native_ms == ranges.native.wall
    low, high = ranges.native.wall
    blood = min(ranges.native.blood[1], limits.native_ms[1])
    assert limits.can_be_heart(blood, low)
    assert limits.can_be_heart(blood, high)
    assert not limits.can_be_heart(blood, high + 1.0)


@pytest.mark.parametrize(("given", "tesla"), [(15000.0, 1.5), (30000.0, 3.0), (7.0, 7.0), (5500.0, 0.55)])
def test_gauss_is_read_as_everywhere(given: float, tesla: float) -> None:
    assert blood_limits(given) == blood_limits(tesla)
    assert tesla_of(given) == pytest.approx(tesla)


def test_above_3_t_the_limits_are_those_of_3_t() -> None:
    assert blood_limits(7.0) == blood_limits(3.0)
