"""Arrays that nobody can change: copies where somebody could, the same array where nobody can."""

import numpy as np
import pytest

from cmrmap.core.arrays import check_shapes, finite_median, frozen


def test_a_frozen_array_does_not_follow_the_callers():
    given = np.arange(6.0).reshape(2, 3)
    kept = frozen(given)
    given[0, 0] = 99.0
    assert kept[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        kept[0, 0] = 1.0


def test_a_read_only_view_of_an_array_that_can_be_written_is_copied():
    given = np.zeros(4)
    view = given.view()
    view.setflags(write=False)
    kept = frozen(view)
    given[0] = 1.0
    assert kept[0] == 0.0


def test_a_row_of_a_larger_array_is_copied():
    table = np.zeros((3, 4))
    kept = frozen(table[1])
    table[1, 0] = 7.0
    assert kept[0] == 0.0


def test_what_is_frozen_is_kept_as_it_is():
    kept = frozen(np.zeros(4))
    assert frozen(kept) is kept
    part = kept[1:]
    assert frozen(part) is part


def test_a_conversion_is_not_copied_twice_and_leaves_the_given_array_alone():
    given = np.zeros(4, np.float32)
    kept = frozen(given, np.float64)
    assert kept.dtype == np.float64
    assert not kept.flags.writeable
    assert given.flags.writeable
    assert frozen([1, 2], np.uint8).dtype == np.uint8


def test_memory_of_another_object_is_copied():
    memory = bytearray(8)
    kept = frozen(np.frombuffer(memory, np.uint8))
    memory[0] = 5
    assert kept[0] == 0


def test_shapes_are_told_by_name():
    check_shapes("a map", values=(np.zeros((2, 3)), (2, 3)))
    with pytest.raises(ValueError, match=r"a map: sd has shape \(3,\); expected \(2, 3\)"):
        check_shapes("a map", values=(np.zeros((2, 3)), (2, 3)), sd=(np.zeros(3), (2, 3)))


def test_the_median_of_finite_values() -> None:
    assert finite_median([[1.0, np.nan], [np.inf, 4.0]]) == 2.5
    assert np.isnan(finite_median([np.nan, -np.inf]))
    assert np.isnan(finite_median([]))
