"""Findings of a T2 map: blood in its wall, its first echo, its offset."""

import math

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.quality.t2_flags import blood_flags, first_echo_flags, offset_flag

WALL = np.zeros((1, 4, 10), dtype=np.bool_)
WALL[0, 1:3] = True
AHA = np.zeros(WALL.shape, dtype=np.uint8)
AHA[0, 1:3, :5], AHA[0, 1:3, 5:] = 13, 14


def flags(n_columns):
    blood = np.zeros_like(WALL)
    blood[0, :, :n_columns] = True
    return blood_flags(MapKind.T2, WALL, blood, AHA)


@pytest.mark.parametrize("n_columns", [0, 2, 4])
def test_a_little_blood_is_not_told(n_columns) -> None:
    assert flags(n_columns) == ()


def test_a_segment_that_is_lost_is_named() -> None:
    (flag,) = flags(5)
    assert (flag.code, str(flag.severity), flag.slice_index) == ("blood_in_wall", "warning", 0)
    assert "50% of wall pixels" in flag.message
    assert flag.message.endswith("; none left of AHA 13: check contours")


def test_most_of_a_wall() -> None:
    assert "80% of wall pixels" in flags(8)[0].message


def test_the_first_echo() -> None:
    assert first_echo_flags(MapKind.T2, math.nan) == ()
    (flag,) = first_echo_flags(MapKind.T2, 0.063)
    assert (flag.code, str(flag.severity)) == ("first_echo_left_out", "info")
    assert "6.3 % below" in flag.message


@pytest.mark.parametrize(
    ("excess_ms", "uncertainty_ms", "severity", "told"),
    [
        (9.0, 2.0, "warning", True),
        (4.0, 1.0, "info", True),  # less than a tenth of T2
        (9.0, 5.0, "info", False),  # less than two standard errors
        (-3.0, 1.0, "info", False),
        (math.nan, math.nan, "info", False),
    ],
)
def test_the_offset(excess_ms, uncertainty_ms, severity, told) -> None:
    flag = offset_flag(MapKind.T2, excess_ms, uncertainty_ms, 55.0)
    assert str(flag.severity) == severity
    assert (f"about {excess_ms:.0f} ms too long" in flag.message) == told
