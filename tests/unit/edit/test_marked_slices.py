"""Marks of slices: as they are at the start, and in the terms of corrections.json."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cmrmap.core.corrections import Corrections, SliceCorrection
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.regional_values import SliceLevel
from cmrmap.edit.changes import Marks, SliceChange
from cmrmap.edit.marked_slices import MarkableSlice, misplaced, with_marks
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.planes import slice_geometry
from cmrmap.regional.landmarks import angle_of, marked_fault

T2, NATIVE = MapKind.T2, MapKind.NATIVE_T1
CENTRE = (30.0, 41.0)
START = Corrections(
    slices=(
        SliceCorrection(T2, 0, images=(2,), segments=(1,), insertion_points=((20.0, 40.0), (40.0, 40.0))),
        SliceCorrection(NATIVE, 1, segments=(9,)),
    )
)


def _slice(
    kind: MapKind, index: int, start: Marks | None = None, level: SliceLevel = SliceLevel.BASAL
) -> MarkableSlice:
    return MarkableSlice(kind, index, kind, level, start or Marks())


SLICES = {
    (T2, 0): _slice(T2, 0, Marks(insertion_angles=(-1.5, 1.5), exclude_segments=(1,))),
    (T2, 1): _slice(T2, 1, level=SliceLevel.APICAL),
}
#: mapped on its second image, about CENTRE; the second slice was not made
SERIES = SimpleNamespace(
    kind=T2,
    made=np.array([True, False]),
    map=SimpleNamespace(reference_time=np.array([1, -1])),
    polar=SimpleNamespace(centres=np.full((2, 3, 2), CENTRE), outer_radius=np.full((2, 3, 8), 12.0)),
    stack=SimpleNamespace(images=np.zeros((2, 3, 60, 50))),
)


def _change(index: int, **marks: object) -> SliceChange:
    return SliceChange(map=T2, slice_index=index, marks=Marks(**marks))


def test_what_is_not_changed_stays_as_it_was() -> None:
    assert with_marks(START, [SliceChange(map=T2, slice_index=0)], SLICES) == START.slices
    (first, other) = with_marks(START, [_change(0, insertion_angles=(-1.5, 1.5), exclude_segments=(2,))], SLICES)
    assert first == SliceCorrection(
        T2, 0, images=(2,), segments=(2,), insertion_points=START.slices[0].insertion_points
    )
    assert other == START.slices[1]


def test_a_moved_point_lies_on_the_epicardium_in_the_image_of_the_map() -> None:
    (first, _) = with_marks(START, [_change(0, insertion_angles=(-2.0, 2.0))], SLICES, [SERIES])
    for point, angle in zip(first.insertion_points, (-2.0, 2.0), strict=True):
        assert angle_of(point, CENTRE) == pytest.approx(angle, abs=1e-3)
        assert np.hypot(point[0] - CENTRE[0], point[1] - CENTRE[1]) == pytest.approx(12.0, abs=0.01)
        assert [round(one, 2) for one in point] == list(point)


def test_points_go_back_to_what_is_found_and_a_slice_without_a_map_has_none() -> None:
    (first, _) = with_marks(START, [_change(0)], SLICES, [SERIES])
    assert (first.insertion_points, first.segments, first.images) == (None, (), (2,))
    *_, last = with_marks(START, [_change(1, insertion_angles=(-2.0, 2.0), exclude_slice=True)], SLICES, [SERIES])
    assert last == SliceCorrection(T2, 1, excluded="no reason given")


def test_a_reason_is_one_line() -> None:
    *_, last = with_marks(START, [_change(1, exclude_slice=True, reason="breath\n not\u200bheld ")], SLICES)
    assert (last.excluded, last.reason) == ("breath not held", "breath not held")


def test_other_slices_and_segments_of_another_level_are_refused() -> None:
    with pytest.raises(InputError, match="t2 has no slice 7 that can be marked"):
        with_marks(START, [_change(7, exclude_slice=True)], SLICES)
    with pytest.raises(InputError, match="has the AHA segments 13 to 16 only"):
        with_marks(START, [_change(1, exclude_segments=(3,))], SLICES)


def test_points_that_cannot_be_right_are_told_of_their_own_slice_alone() -> None:
    """Of two slices one is wrong: points of the other may still be moved, and the sentence names the wrong one."""
    plane = slice_geometry(draw_study_parameters(seed=1, snr=30.0).anatomy)[0]
    series = SimpleNamespace(
        kind=T2,
        first_called=T2,
        made=np.array([True, True]),
        reference_centres=np.array([CENTRE, CENTRE]),
        stack=SimpleNamespace(geometry=(plane, plane)),
    )
    apart, together = ((20.0, 34.0), (40.0, 34.0)), ((20.0, 41.0), (20.0, 42.0))
    assert marked_fault(*(angle_of(point, CENTRE) for point in apart), plane) == ""

    def found(first, second):
        slices = (SliceCorrection(T2, 0, insertion_points=first), SliceCorrection(T2, 1, insertion_points=second))
        return misplaced(Corrections(slices=slices), (series,))

    assert found(apart, apart) == {}
    (told,) = found(apart, together).items()
    assert told[0] == (T2, 1)
    assert "insertion_points lie 6 degrees apart" in told[1]  # who shows it names the slice
    assert set(found(together, together)) == {(T2, 0), (T2, 1)}
