"""What a reader marks in words needs no new fit: insertion points turn the segments of their slice alone."""

import pytest

from cmrmap.core.corrections import Corrections, SliceCorrection
from cmrmap.quality.telling import told
from tests.unit.pipeline.corrected_study import ECV, NATIVE, OTHERS, POST, SLICE, map_of, reported, same


def test_segments_of_ecv_alone_and_marked_points_need_no_fit(untouched, before) -> None:
    """ECV's own segments, and insertion points, which turn the segments of their slice alone."""
    row, column = untouched[NATIVE].reference_centres[SLICE]
    points = ((row - 20.0, column - 7.0), (row + 20.0, column - 14.0))
    corrections = Corrections(
        slices=(SliceCorrection(ECV, 0, segments=(2,)), SliceCorrection(POST, SLICE, insertion_points=points))
    )
    maps = reported(tuple(untouched.values()), corrections)
    assert same(map_of(maps, NATIVE), map_of(before, NATIVE))
    new, old = map_of(maps, ECV).slices[0], map_of(before, ECV).slices[0]
    assert same(new.segments, tuple(part for part in old.segments if part.aha != 2))
    assert same(new.by_network, old.statistics)
    new_post, old_post = map_of(maps, POST), map_of(before, POST)
    assert same(new_post.slices[SLICE].statistics, old_post.slices[SLICE].statistics)
    assert not same(new_post.slices[SLICE].segments, old_post.slices[SLICE].segments)
    assert all(same(new_post.slices[index], old_post.slices[index]) for index in OTHERS)


def test_the_reason_for_a_segment_is_told_where_it_was_given(untouched) -> None:
    said = (
        SliceCorrection(NATIVE, SLICE, segments=(8, 9), reason='ghosting of "the" liver'),
        SliceCorrection(POST, SLICE, segments=(7,)),
    )
    maps = reported(tuple(untouched.values()), Corrections(slices=said))
    told = {flag.map: flag.message for flag in maps.flags if flag.code == "reader_excluded"}
    assert """AHA segment 8, 9 ("ghosting of 'the' liver");""" in told[NATIVE]
    assert "AHA segment 7;" in told[POST]


@pytest.mark.parametrize(
    ("anterior", "inferior", "words"),
    [
        ((20.0, -14.0), (-20.0, -7.0), "are swapped: the one labelled anterior lies below and behind the other"),
        ((-20.0, -7.0), (-10.0, -3.5), "lie 0 degrees apart about the ventricle; expected 20 to 175"),
        ((-20.0, 0.0), (20.0, 0.0), "lie 180 degrees apart"),
    ],
)
def test_marked_points_that_cannot_be_right_turn_nothing(untouched, before, anterior, inferior, words) -> None:
    row, column = untouched[POST].reference_centres[SLICE]
    points = tuple((row + down, column + right) for down, right in (anterior, inferior))
    maps = reported(
        tuple(untouched.values()), Corrections(slices=(SliceCorrection(POST, SLICE, insertion_points=points),))
    )
    assert same(map_of(maps, POST), map_of(before, POST))
    (flag,) = [one for one in maps.flags if one.code == "corrections_refused"]
    assert f"insertion_points {words}" in (flag.detail or flag.message)
    assert (flag.map, flag.slice_index) == (POST, SLICE)


def test_points_that_cannot_be_right_are_told_of_each_slice(untouched) -> None:
    """The same fault on two slices is one finding on both, which names them, and not one on the study."""
    said = []
    for index in (0, SLICE):
        row, column = untouched[POST].reference_centres[index]
        points = ((row + 20.0, column - 14.0), (row - 20.0, column - 7.0))
        said.append(SliceCorrection(POST, index, insertion_points=points))
    maps = reported(tuple(untouched.values()), Corrections(slices=tuple(said)))
    flags = [one for one in maps.flags if one.code == "corrections_refused"]
    assert [(one.map, one.slice_index) for one in flags] == [(POST, 0), (POST, SLICE)]
    (joined,) = [one for one in told(maps.flags) if one.code == "corrections_refused"]
    assert (joined.map, joined.slice_indices) == (POST, (0, SLICE))
