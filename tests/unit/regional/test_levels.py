"""Levels of the slices and the check of their order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.regional_values import SliceLevel
from cmrmap.regional import LevelAssignment, SliceOrder, assign_levels, level_of
from cmrmap.regional.levels import slice_order


@pytest.mark.parametrize(
    ("n_slices", "expected"),
    [(1, "m"), (2, "bm"), (3, "bma"), (4, "bmma"), (5, "bbmma"), (6, "bbmmaa"), (7, "bbmmmaa"), (9, "bbbmmmaaa")],
)
def test_levels_by_thirds(n_slices, expected):
    assert "".join(level_of(i, n_slices).value[0] for i in range(n_slices)) == expected


@given(st.integers(3, 60))
def test_every_level_is_there_and_in_order(n_slices):
    levels = [level_of(i, n_slices) for i in range(n_slices)]
    ranks = [list(SliceLevel).index(level) for level in levels]
    assert ranks == sorted(ranks)
    assert set(levels) == set(SliceLevel)
    assert max(ranks.count(k) for k in range(3)) - min(ranks.count(k) for k in range(3)) <= 1


def test_an_order_that_anatomy_confirms():
    found = assign_levels(np.array([3600.0, 3550, 3400, 2900, 2100]))
    assert found.order is SliceOrder.CONFIRMED
    assert not found.reversed
    assert [level.value for level in found.levels] == ["basal", "basal", "mid", "mid", "apical"]


def test_an_order_that_anatomy_contradicts_is_turned_round():
    found = assign_levels(np.array([2100.0, 2900, 3400, 3550, 3600]))
    assert found.order is SliceOrder.CONTRADICTED
    assert found.reversed
    assert [level.value for level in found.levels] == ["apical", "mid", "mid", "basal", "basal"]


@pytest.mark.parametrize(
    "areas",
    [
        [3000.0, 3000, 3000],
        [3000.0, 2900, 2800],
        [3000.0, np.nan, 2000],
        [3000.0],
        [3000.0, 1000, 1000, 1000, 2900],
        [np.nan] * 5,
    ],
)
def test_an_order_that_cannot_be_checked_is_kept(areas):
    found = assign_levels(np.array(areas))
    assert found.order is SliceOrder.UNDECIDED
    assert not found.reversed
    assert found.levels == tuple(level_of(s, len(areas)) for s in range(len(areas)))


@given(st.lists(st.floats(500, 5000), min_size=3, max_size=9))
def test_turning_the_stack_turns_the_verdict(areas):
    turned = {
        SliceOrder.CONFIRMED: SliceOrder.CONTRADICTED,
        SliceOrder.CONTRADICTED: SliceOrder.CONFIRMED,
        SliceOrder.UNDECIDED: SliceOrder.UNDECIDED,
    }
    assert slice_order(np.array(areas[::-1])) is turned[slice_order(np.array(areas))]


def test_lost_slices_do_not_hinder_the_check():
    assert slice_order(np.array([3600.0, np.nan, 3000, 2500, 1800])) is SliceOrder.CONFIRMED


@pytest.mark.parametrize(
    ("order", "levels", "words"),
    [
        (SliceOrder.CONFIRMED, (SliceLevel.APICAL, SliceLevel.BASAL), "confirmed run from base to apex; found apical"),
        (SliceOrder.CONTRADICTED, (SliceLevel.BASAL, SliceLevel.APICAL), "contradicted run from apex to base"),
    ],
)
def test_levels_run_the_way_that_the_order_says(order, levels, words):
    with pytest.raises(InputError, match=words):
        LevelAssignment(levels, order)
