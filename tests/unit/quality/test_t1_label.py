"""Native or post-contrast: what is said against what is measured, at 1.5 T."""

import math

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.quality.plausible_ranges import ranges_at
from cmrmap.quality.t1_label import LabelVerdict, T1Series, check_labels, measured_kind

NATIVE, POST = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1
BEFORE, AFTER = (1150.0, 1600.0), (578.0, 360.0)  # wall and blood, ms
AT = ranges_at(1.5)
assert AT is not None


def _series(kind: MapKind, measured: tuple[float, float], gives_way: bool = False, reason: str = "why") -> T1Series:
    return T1Series(kind, reason, gives_way, *measured)


def _verdicts(*series: T1Series) -> dict[MapKind, LabelVerdict]:
    return check_labels({one.kind: one for one in series}, AT)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (BEFORE, NATIVE),
        (AFTER, POST),
        ((500.0, 1800.0), NATIVE),  # iron
        ((300.0, 310.0), None),  # amyloid after contrast: the blood is longer, as in native T1 with shorter times
        ((577.0, 800.0), None),  # native T1, times half as long as they were
        ((2300.0, 3200.0), None),
        ((1150.0, math.nan), None),
        ((math.nan, 1600.0), None),
        ((1150.0, 360.0), None),  # wall and blood do not agree
    ],
)
def test_wall_and_blood_together_tell(measured, expected) -> None:
    assert measured_kind(*measured, AT) is expected


@pytest.mark.parametrize("gives_way", [True, False])
def test_what_is_what_it_was_called_stays(gives_way) -> None:
    found = _verdicts(_series(NATIVE, BEFORE, gives_way), _series(POST, AFTER, gives_way))
    assert found == {NATIVE: LabelVerdict(NATIVE), POST: LabelVerdict(POST)}


@pytest.mark.parametrize(("called", "measured", "is_"), [(NATIVE, AFTER, POST), (POST, BEFORE, NATIVE)])
def test_a_series_of_which_nobody_says_what_it_is_gets_its_name_from_its_t1(called, measured, is_) -> None:
    found = _verdicts(_series(called, measured, True, "acquired first"))[called]
    assert found.kind is is_
    assert "acquired first" in found.reason
    assert f"blood {measured[1]:.0f} ms, wall {measured[0]:.0f} ms" in found.reason
    assert "1.5 T" in found.reason


@pytest.mark.parametrize(("called", "measured"), [(NATIVE, AFTER), (POST, BEFORE)])
def test_words_against_the_measurement_refuse_with_both(called, measured) -> None:
    found = _verdicts(_series(called, measured, False, 'the description says "x"'))[called]
    assert found.kind is None
    assert 'the description says "x"' in found.reason
    assert f"blood {measured[1]:.0f} ms" in found.reason


def test_two_series_that_are_exchanged_change_their_names_where_nobody_has_said_them() -> None:
    found = _verdicts(_series(NATIVE, AFTER, True), _series(POST, BEFORE, True))
    assert (found[NATIVE].kind, found[POST].kind) == (POST, NATIVE)


@pytest.mark.parametrize("says", [(False, False), (True, False), (False, True)])
def test_two_series_that_are_exchanged_are_both_refused_where_one_was_said(says) -> None:
    found = _verdicts(_series(NATIVE, AFTER, says[0]), _series(POST, BEFORE, says[1]))
    assert [one.kind for one in found.values()] == [None, None]
    assert all("blood 360 ms" in one.reason and "blood 1600 ms" in one.reason for one in found.values())


@pytest.mark.parametrize("gives_way", [True, False])
def test_a_native_series_that_was_repeated_is_no_post_contrast_one(gives_way) -> None:
    found = _verdicts(_series(NATIVE, BEFORE, True), _series(POST, (1140.0, 1590.0), gives_way, "12 minutes after"))
    assert found[NATIVE] == LabelVerdict(NATIVE)
    assert found[POST].kind is None
    assert "12 minutes after" in found[POST].reason
    assert "native" in found[POST].reason


def test_of_two_post_contrast_series_the_one_that_is_called_so_stays() -> None:
    found = _verdicts(_series(NATIVE, AFTER, True), _series(POST, (600.0, 400.0), True))
    assert (found[NATIVE].kind, found[POST].kind) == (None, POST)


def test_t1_that_does_not_fall_refuses_both() -> None:
    found = _verdicts(_series(NATIVE, (500.0, 1500.0)), _series(POST, (560.0, 380.0)))
    assert [one.kind for one in found.values()] == [None, None]
    assert "must fall" in found[NATIVE].reason
    assert "wall 500 ms" in found[NATIVE].reason
    assert "wall 560 ms" in found[NATIVE].reason


@pytest.mark.parametrize("gives_way", [True, False])
@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_times_off_by_a_factor_of_two_are_implausible_and_no_other_name(factor, gives_way) -> None:
    measured = (factor * BEFORE[0], factor * BEFORE[1])
    found = _verdicts(_series(NATIVE, measured, gives_way), _series(POST, AFTER, gives_way))
    assert found[NATIVE] == LabelVerdict(NATIVE, implausible=True)
    assert found[POST] == LabelVerdict(POST)


def test_a_name_that_nobody_gave_and_t1_does_not_tell_is_a_doubt() -> None:
    unmeasured = _series(POST, (700.0, math.nan), True)
    assert "fits both" in _verdicts(unmeasured)[POST].doubt
    assert _verdicts(_series(POST, (700.0, math.nan), False))[POST] == LabelVerdict(POST)
    assert _verdicts(_series(NATIVE, (1150.0, math.nan), True))[NATIVE] == LabelVerdict(NATIVE)
