"""Relaxation times that blood and heart muscle can have."""

import pytest

from cmrmap.quality.blood_limits import blood_limits


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
