"""Findings of a T2 map: its first echo, its offset."""

import math

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.quality.t2_flags import first_echo_flags, offset_flag


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
