"""Errors about values that are not possible in a heart."""

import numpy as np
import pytest

from cmrmap.core.findings import Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.plausible_flags import implausible_ecv, implausible_t1, implausible_t2
from cmrmap.quality.plausible_ranges import ranges_at

AT = ranges_at(1.5)
assert AT is not None
NATIVE = MapKind.NATIVE_T1


@pytest.mark.parametrize(
    ("factor", "words"),
    [(2.0, "perhaps doubled"), (0.5, "perhaps halved")],
)
def test_a_factor_of_two_is_named(factor, words) -> None:
    walls, blood = np.array([1140.0, np.nan, 1160.0]) * factor, np.array([1600.0, 1590.0, np.nan]) * factor
    (flag,) = implausible_t1(NATIVE, walls, blood, AT, whole=True)
    assert (flag.code, flag.severity, flag.map, flag.slice_index) == (
        "implausible_values",
        Severity.ERROR,
        NATIVE,
        None,
    )
    assert f"wall T1 {1150 * factor:.0f} ms" in flag.message
    assert "1.5 T" in flag.message
    assert words in flag.message


def test_what_is_possible_is_told_as_such() -> None:
    (flag,) = implausible_t1(NATIVE, np.array([1000.0]), np.array([1100.0]), AT, whole=True)
    assert "wall T1 1000 ms (possible), blood T1 1100 ms (expected 1180-2300)" in flag.message
    assert "perhaps" not in flag.message


def test_a_single_slice_is_told_where_both_wall_and_blood_are_impossible() -> None:
    walls, blood = np.array([1150.0, 2300.0, 1150.0, 2300.0]), np.array([1600.0, 3200.0, 3200.0, np.nan])
    assert [flag.slice_index for flag in implausible_t1(NATIVE, walls, blood, AT, whole=False)] == [1]


@pytest.mark.parametrize("t2_ms", [100.0, 25.0])
def test_t2(t2_ms) -> None:
    (flag,) = implausible_t2(t2_ms, AT)
    assert flag.map is MapKind.T2
    assert f"T2 {t2_ms:.0f} ms (expected 30-92) at 1.5 T" in flag.message


@pytest.mark.parametrize("percent", [5.0, 90.0])
def test_ecv(percent) -> None:
    (flag,) = implausible_ecv(percent)
    assert flag.severity is Severity.ERROR
    assert f"ECV {percent:.0f} %" in flag.message


@pytest.mark.parametrize("value", [50.0, np.nan])
def test_what_can_be_or_is_not_there_is_not_told(value) -> None:
    assert implausible_t2(value, AT) == []
    assert implausible_ecv(value) == []
