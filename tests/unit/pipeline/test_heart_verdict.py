"""Whether a slice shows a left ventricle in short axis: every sign by itself, then slices and series together."""

from dataclasses import replace

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.heart_axis import LONG_AXIS
from cmrmap.pipeline.heart_signs import Course, HeartSigns
from cmrmap.pipeline.heart_verdict import NEEDED, NOT_FOUND, doubt_from, judge_series

AXIAL = np.array([0.0, 0.0, 1.0])
OBLIQUE = np.array([0.7, 0.4, -0.6]) / np.linalg.norm(
    [0.7, 0.4, -0.6]
)  # far off any usual heart's axis, and the patient's


def _course(t_ms: float, largest: float = 100.0, r2: float = 0.99) -> Course:
    return Course(np.array([largest, 0.5 * largest]), t_ms, r2)


def _plane(normal: np.ndarray, frame: str = "") -> SliceGeometry:
    """A plane with that normal."""
    row = np.cross(normal, [0.3, 0.4, 0.5])
    row = row / np.linalg.norm(row)
    column = np.cross(normal, row)
    return SliceGeometry((0.0, 0.0, 0.0), tuple(row), tuple(column), (1.5, 1.5), frame_of_reference_uid=frame)


def _heart(
    blood_ms: float = 1550.0,
    wall_ms: float = 1050.0,
    level_mm: float = 0.0,
    normal: np.ndarray = LONG_AXIS,
    frame: str = "",
    **changes: object,
) -> HeartSigns:
    """What a mid slice showed: native T1 at 1.5 T where nothing else is said."""
    heart = HeartSigns(
        plane=_plane(normal, frame),
        centre_mm=np.array([40.0, -30.0, 5.0]) + level_mm * LONG_AXIS,
        outer_mm=68.0,
        cavity_mm=50.0,
        wall_mm=9.0,
        sureness=0.93,
        probability=float("nan"),
        cavity=_course(blood_ms),
        wall=_course(wall_ms, 65.0),
        parts_ms=np.full(12, wall_ms),
        apart=np.full(128, 0.25),
        beside_mm2=1200.0,
        beside=_course(blood_ms),
        unlike=0.02,
    )
    return replace(heart, **changes)


def _alone(signs: HeartSigns, model: str = "stone_2p", field_strength_t: float | None = 1.5):
    (verdict,) = judge_series([signs], model, field_strength_t)
    assert verdict is not None
    return verdict


@pytest.mark.parametrize(
    ("blood_ms", "wall_ms", "field_strength_t"),
    [
        (1550.0, 1050.0, 1.5),
        (1300.0, 1150.0, 1.5),  # much hematocrit, oedema
        (1480.0, 1300.0, 1.5),  # amyloid
        (2100.0, 1100.0, 1.5),  # anaemia
        (1750.0, 1250.0, 3.0),
        (1720.0, 1520.0, 3.0),
        (350.0, 560.0, 1.5),  # after contrast agent
        (436.0, 551.0, 3.0),
        (300.0, 385.0, 1.5),
        (1200.0, 700.0, 0.55),
        (1600.0, 1100.0, None),
    ],
)
@pytest.mark.parametrize("normal", [LONG_AXIS, -LONG_AXIS, OBLIQUE])
def test_a_heart_is_one_whatever_its_t1_and_plane(blood_ms, wall_ms, field_strength_t, normal) -> None:
    verdict = _alone(_heart(blood_ms, wall_ms, normal=normal), "molli_3p", field_strength_t)
    assert verdict.points >= NEEDED + 2


@pytest.mark.parametrize(("blood_ms", "wall_ms"), [(250.0, 50.0), (105.0, 52.0), (200.0, 75.0), (130.0, 46.0)])
@pytest.mark.parametrize("model", ["t2_3p", "t2_2p"])
def test_so_is_one_of_t2(blood_ms, wall_ms, model) -> None:
    assert _alone(_heart(blood_ms, wall_ms, normal=OBLIQUE), model).points >= NEEDED + 2


def test_black_blood_and_t2_star_tell_nothing_of_blood() -> None:
    black = _heart(20.0, 50.0, cavity=_course(20.0, 10.0), beside=_course(30.0, 12.0))
    assert _alone(black, "t2_2p").is_heart
    assert _alone(_heart(15.0, 30.0), "t2_star_2p").is_heart


@pytest.mark.parametrize(
    ("signs", "words"),
    [
        (_heart(3100.0), "T1 of the cavity is 3100 ms; blood has 1100-2350 ms at 1.5 T"),
        (_heart(296.0, 782.0, unlike=0.45), "T1 of the cavity is 296 ms and of the wall 782 ms"),
        (_heart(1500.0, 2800.0), "T1 of the wall is 2800 ms"),
        (_heart(cavity=_course(1500.0, r2=0.3)), "the signal in the cavity does not recover"),
        (_heart(cavity=_course(np.nan, r2=np.nan)), "the signal in the cavity does not recover"),
        (_heart(wall=_course(np.nan, r2=np.nan)), "the signal in the wall does not recover"),
        (_heart(apart=np.full(128, 0.01)), "the segmented wall has the same signal as the cavity"),
        (_heart(apart=np.full(128, np.nan)), "the segmented wall has the same signal as the cavity"),
        (_heart(outer_mm=15.0), "the ventricle's diameter is 15 mm"),
        (_heart(outer_mm=140.0), "the ventricle's diameter is 140 mm"),
        (_heart(wall_mm=35.0), "the wall's thickness is 35 mm"),
    ],
)
def test_what_no_left_ventricle_has_decides_alone(signs: HeartSigns, words: str) -> None:
    signs = replace(signs, unlike=max(signs.unlike, 0.2))
    verdict = _alone(signs)
    assert verdict.never
    assert not verdict.is_heart
    assert verdict.reason.startswith(f"{NOT_FOUND}: {words}")


def test_a_fat_cavity_in_muscle_is_no_post_contrast_heart() -> None:
    assert not _alone(_heart(300.0, 980.0, unlike=0.33)).is_heart


def test_a_heart_whose_times_are_wrong_is_still_a_heart() -> None:
    """Twice the times give twice the T1: that is told of the values, not that there was no heart."""
    verdict = _alone(_heart(3100.0, 2100.0))
    assert verdict.is_heart
    assert not verdict.never


_OPEN = np.where(np.arange(128) < 18, 0.03, 0.4)


@pytest.mark.parametrize(
    ("signs", "model", "words"),
    [
        (_heart(normal=AXIAL, apart=_OPEN), "stone_2p", "the wall is open over 14% of its circumference"),
        (_heart(normal=OBLIQUE, apart=_OPEN), "stone_2p", "of its circumference"),
        (_heart(normal=OBLIQUE, beside=_course(np.nan), unlike=np.nan), "stone_2p", "no right ventricle beside it"),
        (_heart(1400.0, 600.0, normal=OBLIQUE), "stone_2p", "T1 of the wall is 600 ms, as in liver"),
        (_heart(1100.0, 1080.0, normal=AXIAL), "stone_2p", "cavity and wall have the same T1"),
        (_heart(390.0, 425.0, normal=OBLIQUE, sureness=0.86), "stone_2p", "cavity and wall have nearly the same T1"),
        (_heart(normal=AXIAL, unlike=0.3, sureness=0.87), "stone_2p", "does not match the cavity"),
        (_heart(normal=AXIAL, sureness=0.75), "stone_2p", "the network's confidence is only 0.75"),
        (
            _heart(58.0, 93.0, normal=AXIAL),
            "t2_2p",
            "T2 of the cavity is 58 ms, too short for blood beside a wall of 93 ms",
        ),
        (_heart(900.0, 90.0, normal=OBLIQUE), "t2_2p", "T2 of the cavity is 900 ms, as in water"),
        (_heart(76.0, 48.0, normal=OBLIQUE), "t2_2p", "T2 of the cavity is 76 ms; blood has more"),
        (
            _heart(200.0, 50.0, normal=OBLIQUE, unlike=np.nan),
            "t2_2p",
            "no slice of the series shows two blood pools",
        ),
        (_heart(200.0, 400.0), "t2_2p", "T2 of the wall is 400 ms"),
        (
            _heart(normal=OBLIQUE, parts_ms=np.linspace(400.0, 1900.0, 12), sureness=0.86),
            "stone_2p",
            "the wall is not one tissue",
        ),
    ],
)
def test_a_slice_with_too_little_for_it_is_refused_with_what_speaks_against_it(signs, model, words) -> None:
    verdict = _alone(signs, model)
    assert not verdict.is_heart
    assert words in verdict.reason


def test_what_the_network_recognises_weighs_and_what_it_does_not_know_does_not() -> None:
    unclear = {"unlike": 0.15, "apart": np.where(np.arange(128) < 4, 0.01, 0.25)}  # nothing for it, little against it
    points = {p: _alone(_heart(probability=p, **unclear)).points for p in (0.99, 0.7, 0.2)}
    unknown = _alone(_heart(**unclear)).points
    assert points[0.99] == unknown + 1
    assert points[0.7] == unknown - 2
    assert points[0.2] == unknown - 4
    assert "left ventricle in short axis is 0.20" in _alone(_heart(probability=0.2, sureness=0.75, unlike=0.5)).reason


def test_a_right_ventricle_is_as_bright_as_the_left() -> None:
    dark = _heart(normal=OBLIQUE, beside=_course(1550.0, 10.0))
    assert _alone(dark).points < _alone(_heart(normal=OBLIQUE)).points


@pytest.mark.parametrize("normal", [AXIAL, [1.0, 0.0, 0.0], [0.0, 0.97, -0.24]])
def test_a_plain_plane_weighs_but_does_not_decide(normal) -> None:
    assert _alone(_heart(normal=np.asarray(normal))).is_heart


def test_an_apex_lives_by_its_neighbours() -> None:
    apex = {"outer_mm": 35.0, "cavity_mm": 12.0, "beside": _course(360.0), "unlike": 0.33, "sureness": 0.86}
    mid, end = _heart(normal=OBLIQUE), _heart(normal=OBLIQUE, **apex)
    beside = replace(mid, centre_mm=mid.centre_mm + 12.0 * OBLIQUE)
    last = replace(end, centre_mm=mid.centre_mm + 24.0 * OBLIQUE)
    verdicts = judge_series([mid, beside, last], "stone_2p", 1.5)
    assert all(one is not None and one.is_heart for one in verdicts)
    assert not _alone(end).is_heart


def test_the_same_slice_once_more_is_no_neighbour() -> None:
    once, twice = judge_series([_heart(), _heart()], "stone_2p", 1.5)
    assert once is not None
    assert twice is not None
    assert once.points == twice.points == _alone(_heart()).points


def test_what_lies_aside_of_its_neighbours_is_doubted() -> None:
    aside = _heart(level_mm=12.0)
    aside = replace(aside, centre_mm=aside.centre_mm + 60.0 * np.cross(LONG_AXIS, [0.0, 0.0, 1.0]))
    _, verdict = judge_series([_heart(), aside], "stone_2p", 1.5)
    assert verdict is not None
    assert verdict.points < _alone(_heart()).points


def test_one_good_slice_among_many_bad_ones_is_no_heart() -> None:
    lucky = _heart(normal=OBLIQUE, sureness=0.87)
    others = [_heart(3100.0, normal=OBLIQUE, unlike=0.4, level_mm=60.0 * k) for k in (1, 2, 3)]
    verdicts = judge_series([lucky, *others], "stone_2p", 1.5)
    assert _alone(lucky).is_heart
    assert not any(one.is_heart for one in verdicts if one is not None)
    assert verdicts[0] is not None
    assert "3 of the series' 4 slices show no heart" in verdicts[0].reason


def test_a_slice_without_an_outline_is_not_judged() -> None:
    verdicts = judge_series([None, _heart(), None], "stone_2p", 1.5)
    assert [one is None for one in verdicts] == [True, False, True]
    assert judge_series([], "t2_2p", None) == ()


def test_t1_that_shows_none_speaks_against_t2_of_the_same_place_and_less_of_another() -> None:
    native = _heart(3100.0, unlike=0.4)
    verdicts = judge_series([native], "stone_2p", 1.5)
    there, elsewhere = _heart(200.0, 50.0), _heart(200.0, 50.0, level_mm=40.0)
    doubt = doubt_from(there, [native], verdicts)
    assert doubt is not None
    assert doubt.points < 0
    weaker = doubt_from(elsewhere, [native], verdicts)
    assert weaker is not None
    assert doubt.points < weaker.points < 0
    both = [native, _heart(level_mm=20.0)]
    assert doubt_from(elsewhere, both, judge_series(both, "stone_2p", 1.5)) is None
    assert doubt_from(there, [_heart()], judge_series([_heart()], "stone_2p", 1.5)) is None
    assert doubt_from(there, [None], [None]) is None


@pytest.mark.parametrize(("frames", "there"), [(("1.2", "1.3"), False), (("1.2", "1.2"), True), (("1.2", ""), True)])
def test_places_in_two_frames_of_reference_are_not_compared(frames: tuple[str, str], there: bool) -> None:
    native = _heart(3100.0, unlike=0.4, frame=frames[0])
    doubt = doubt_from(_heart(200.0, 50.0, frame=frames[1]), [native], judge_series([native], "stone_2p", 1.5))
    assert doubt is not None
    assert doubt.found.endswith("shows no heart there") is there
