"""A reader's outlines against the mean of the slice's others: place does not count, size and shape do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.evaluation.repeatability import outlines_of_the_others, repeatability


def _ring(inner: float, outer: float, down: float = 0, right: float = 0) -> np.ndarray:
    y, x = np.mgrid[:80, :90]
    radius = np.hypot(y - 40 - down, x - 45 - right)
    return np.where(radius < inner, 2, np.where(radius < outer, 1, 0)).astype(np.uint8)


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(-15, 15), st.integers(-20, 20)), min_size=3, max_size=6))
def test_one_shape_at_any_place_repeats(places: list[tuple[int, int]]) -> None:
    wall, cavity = repeatability(np.stack([_ring(12, 18, *place) for place in places]))
    np.testing.assert_array_equal(wall, 1.0)
    np.testing.assert_array_equal(cavity, 1.0)


def test_one_that_is_drawn_otherwise_is_told() -> None:
    # 10 of 12 pixels of radius: the cavities overlap by twice 100 over 244
    wall, cavity = repeatability(np.stack([_ring(12, 18), _ring(12, 18), _ring(12, 18), _ring(10, 18)]))
    assert cavity[3] == pytest.approx(200 / 244, abs=0.02)
    assert wall[3] < 0.95
    assert cavity[:3] == pytest.approx(1.0)  # two of three others outvote it


def test_a_reader_who_never_draws_alike_has_no_high_figure() -> None:
    rng = np.random.default_rng(0)
    wall, _ = repeatability(np.stack([_ring(12 + rng.normal(0, 1.5), 17 + rng.normal(0, 1)) for _ in range(12)]))
    assert 0.5 < wall.mean() < 0.9


def test_images_without_a_ventricle_are_left_out() -> None:
    masks = np.stack([_ring(12, 18), _ring(12, 18), np.zeros((80, 90), np.uint8), _ring(12, 18)])
    wall, cavity = repeatability(masks)
    assert np.isnan(wall[2])
    assert np.isnan(cavity[2])
    assert wall[[0, 1, 3]] == pytest.approx(1.0)


def test_two_images_tell_nothing() -> None:
    wall, cavity = repeatability(np.stack([_ring(12, 18)] * 2))
    assert np.isnan([*wall, *cavity]).all()


def test_outlines_of_the_others_lie_where_the_image_s_own_do() -> None:
    places = [(0, 0), (3, -4), (-5, 2), (36, 40)]  # the last one over the image's edge
    masks = np.stack([_ring(12, 18, *place) for place in places])
    drawn = outlines_of_the_others(masks)
    np.testing.assert_array_equal(drawn[:3], masks[:3])
    assert drawn.shape == masks.shape
    one_off = np.stack([_ring(12, 18), _ring(12, 18), _ring(12, 18), _ring(9, 21)])
    np.testing.assert_array_equal(outlines_of_the_others(one_off), np.stack([_ring(12, 18)] * 4))


def test_outlines_of_too_few_others_are_empty() -> None:
    nothing = np.zeros((80, 90), np.uint8)
    assert not outlines_of_the_others(np.stack([_ring(12, 18), _ring(12, 18), nothing])).any()
    drawn = outlines_of_the_others(np.stack([_ring(12, 18), nothing, _ring(12, 18), _ring(12, 18)]))
    assert not drawn[1].any()
    assert drawn[0].any()
