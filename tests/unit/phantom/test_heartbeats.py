"""Events of one breath-hold: which beat has an image, which an inversion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.phantom.heartbeats import LookLockerScheme, PreparedImages, draw_beats, draw_saturation_recovery

STEADY = 0.0


def times(text: str, heart_rate_bpm: float = 60.0) -> list[float]:
    return LookLockerScheme(text).draw(np.random.default_rng(0), heart_rate_bpm, STEADY).delays_ms().tolist()


def test_five_three_three_has_eight_images_after_two_inversions():
    assert times("5(3)3") == [100.0, 1100.0, 2100.0, 3100.0, 4100.0, 180.0, 1180.0, 2180.0]


def test_four_one_three_one_two_has_nine_after_three():
    assert times("4(1)3(1)2") == [100.0, 1100.0, 2100.0, 3100.0, 180.0, 1180.0, 2180.0, 260.0, 1260.0]


def test_shmolli_has_seven_in_nine_beats():
    images = LookLockerScheme("5(1)1(1)1").draw(np.random.default_rng(0), 60.0, STEADY)
    assert images.delays_ms().tolist() == [100.0, 1100.0, 2100.0, 3100.0, 4100.0, 180.0, 260.0]
    assert images.centres_ms[-1] == 8000.0


def test_a_pause_leaves_its_beats_out():
    images = LookLockerScheme("5(3)3").draw(np.random.default_rng(0), 60.0, STEADY)
    assert images.centres_ms == (0.0, 1000.0, 2000.0, 3000.0, 4000.0, 8000.0, 9000.0, 10000.0)
    assert images.preparations_ms == (-100.0, 7820.0)


@pytest.mark.parametrize(
    ("bpm", "beats"), [(45.0, (4, 3, 3)), (60.0, (5, 3, 3)), (75.0, (7, 4, 4)), (110.0, (10, 6, 6))]
)
def test_seconds_become_the_beats_that_last_as_long(bpm, beats):
    assert LookLockerScheme("5s(3s)3s").beats(60000.0 / bpm) == beats


def test_the_number_of_images_does_not_depend_on_the_drawn_beats():
    scheme = LookLockerScheme("5s(3s)3s")
    numbers = {len(scheme.draw(np.random.default_rng(seed), 72.0, 0.1).centres_ms) for seed in range(20)}
    assert len(numbers) == 1


@settings(deadline=None)
@given(
    text=st.sampled_from(["5(3)3", "4(1)3(1)2", "5s(3s)3s", "4s(1s)3s(1s)2s", "3(3)3(3)5", "5(1)1(1)1"]),
    bpm=st.floats(45.0, 110.0),
    variation=st.floats(0.0, 0.15),
    seed=st.integers(0, 1000),
)
def test_every_image_follows_an_inversion_and_times_are_whole(text, bpm, variation, seed):
    images = LookLockerScheme(text).draw(np.random.default_rng(seed), bpm, variation)
    delays = images.delays_ms()
    assert (delays >= 100.0).all()
    assert (delays == delays.round()).all()
    assert (np.diff(images.centres_ms) > 0).all()
    assert len(images.preparations_ms) == text.count("(") + 1


@pytest.mark.parametrize("text", ["", "MOLLI", "5(3)", "5-3-3", "(3)5", "5(3)3 ", "5[3]3", "-5(3)3", "5(3)(3)3"])
def test_what_is_no_scheme_is_refused(text):
    with pytest.raises(InputError, match="a scheme has images"):
        LookLockerScheme(text)


def test_more_inversions_than_there_are_times_for_are_refused():
    with pytest.raises(InputError, match="at most 3 inversions"):
        LookLockerScheme("3(1)3(1)3(1)3")
    with pytest.raises(InputError, match="at least one image"):
        LookLockerScheme("5(3)0")


@pytest.mark.parametrize("bpm", [201.0, float("inf")])
def test_beats_too_short_for_an_image_are_refused(bpm):
    with pytest.raises(InputError, match="at most 200 beats a minute"):
        draw_beats(np.random.default_rng(0), 5, bpm)


def test_the_first_image_of_sasha_has_no_saturation_and_each_other_its_own():
    images = draw_saturation_recovery(np.random.default_rng(0), 60.0, STEADY)
    delays = images.delays_ms()
    assert np.isinf(delays[0])
    assert delays[1] == 110.0
    assert delays[-1] == 700.0
    assert (np.diff(delays[1:]) > 0).all()
    assert len(images.preparations_ms) == len(delays) - 1 == 10


@settings(deadline=None)
@given(bpm=st.floats(40.0, 120.0), variation=st.floats(0.0, 0.15), seed=st.integers(0, 1000))
def test_a_saturation_comes_after_the_image_of_the_beat_before_it(bpm, variation, seed):
    images = draw_saturation_recovery(np.random.default_rng(seed), bpm, variation)
    assert (np.array(images.preparations_ms) - np.array(images.centres_ms[:-1]) >= 110.0).all()
    delays = images.delays_ms()[1:]
    assert (np.diff(delays) > 0).all()


def test_without_preparation_there_is_no_delay():
    assert np.isinf(PreparedImages((), (0.0, 1000.0)).delays_ms()).all()
