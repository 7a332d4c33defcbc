"""Fits that one bad image cannot spoil: found where there is one, the plain fit where there is none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.pipeline.robust import contradicted_images, without_spoiled_images
from cmrmap.relaxometry import fit_relaxation

TIMES = np.array([0.0, 25, 35, 45, 55, 65, 75, 85, np.inf])


def _cells(n: int = 400, t2_ms: float = 50.0, noise: float = 10.0) -> np.ndarray:
    decay = np.where(np.isinf(TIMES), 0.0, np.exp(-TIMES / t2_ms))
    return 900 * decay + 100 + np.random.default_rng(0).normal(0, noise, (n, TIMES.size))


@pytest.mark.parametrize("time", [0, 1, 4, 7])
def test_a_spoiled_image_is_left_out_where_it_spoils(time: int) -> None:
    signals = _cells()
    signals[:40, time] *= 0.4
    cleaned = without_spoiled_images(signals, TIMES, "t2_3p")
    fit = fit_relaxation(cleaned, TIMES, "t2_3p")
    plain = fit_relaxation(signals, TIMES, "t2_3p")
    assert np.count_nonzero(np.isnan(cleaned[:40, time])) >= 36
    assert np.abs(np.median(fit.t_ms[:40]) - 50) < 2.0
    assert np.abs(np.median(plain.t_ms[:40]) - 50) > 2 * np.abs(np.median(fit.t_ms[:40]) - 50)
    # noise alone looks like one bad image now and then
    assert np.mean(np.isfinite(cleaned[40:]).all(axis=1)) > 0.98


def test_clean_cells_keep_all_their_samples() -> None:
    signals = _cells(5000)
    cleaned = without_spoiled_images(signals, TIMES, "t2_3p")
    assert np.mean(np.isfinite(cleaned).all(axis=1)) > 0.98
    assert ((cleaned == signals) | np.isnan(cleaned)).all()


def test_noise_free_and_constant_cells_are_no_crash() -> None:
    signals = np.vstack([_cells(3, noise=0.0), np.zeros((2, TIMES.size)), np.full((1, TIMES.size), np.nan)])
    fit = fit_relaxation(without_spoiled_images(signals, TIMES, "t2_3p"), TIMES, "t2_3p")
    assert fit.t_ms[:3] == pytest.approx(50.0, abs=1e-3)
    assert np.isnan(fit.t_ms[3:]).all()


def test_too_few_images_to_tell_keep_all_samples() -> None:
    signals = _cells(20)[:, :5]
    signals[0, 2] *= 0.3
    assert np.isfinite(without_spoiled_images(signals, TIMES[:5], "t2_3p")).all()


INVERSION_TIMES = np.array([193.0, 350, 1323, 1468, 2443, 2591, 3573, 3724, 4716, 4830, 30000])


def _wall(seed: int = 0, noise: float = 8.0, t1_ms: float = 1150.0) -> np.ndarray:
    """Samples (time, angle, depth) of a wall of one T1, magnitudes."""
    signal = 900 * (1 - 2 * np.exp(-INVERSION_TIMES / t1_ms))
    rng = np.random.default_rng(seed)
    return np.abs(signal[:, None, None] + rng.normal(0, noise, (len(INVERSION_TIMES), 128, 6)))


def _beside(wall: np.ndarray, image: int, share: float = 0.4) -> None:
    """Let the image show blood (T1 1600 ms) in a part of the wall, as an outline does that lies to one side."""
    blood = 900 * abs(1 - 2 * np.exp(-INVERSION_TIMES[image] / 1600.0))
    wall[image, : int(share * wall.shape[1])] = blood


@given(seed=st.integers(0, 2**16), noise=st.floats(0.0, 90.0))
@settings(max_examples=25, deadline=None)
def test_noise_alone_contradicts_nothing(seed: int, noise: float) -> None:
    assert contradicted_images(_wall(seed, noise), INVERSION_TIMES, "stone_2p", 8).size == 0


@pytest.mark.parametrize("image", [2, 3, 4])
def test_an_image_placed_beside_the_heart_is_left_out(image: int) -> None:
    wall = _wall()
    _beside(wall, image)
    assert contradicted_images(wall, INVERSION_TIMES, "stone_2p", 8).tolist() == [image]


def test_two_images_that_are_wrong_alike_go_together() -> None:
    wall = _wall()
    _beside(wall, 4)
    _beside(wall, 5)
    assert contradicted_images(wall, INVERSION_TIMES, "stone_2p", 8).tolist() == [4, 5]


def test_what_differs_all_around_is_the_models_fault() -> None:
    wall = _wall()
    wall[-1] *= 1.1
    assert contradicted_images(wall, INVERSION_TIMES, "stone_2p", 8).size == 0


def test_tissue_that_differs_around_the_wall_contradicts_nothing() -> None:
    wall = _wall()
    wall[:, 30:70] = _wall(1, t1_ms=1500.0)[:, 30:70]
    assert contradicted_images(wall, INVERSION_TIMES, "stone_2p", 8).size == 0


def test_the_signs_of_one_image_may_be_wrong() -> None:
    signed = np.where(np.arange(len(INVERSION_TIMES)) < 2, -1.0, 1.0)[:, None, None] * _wall()
    signed[5, :60] *= -1
    assert contradicted_images(signed, INVERSION_TIMES, "stone_2p", 8).size == 0


def test_as_many_images_remain_as_the_slice_needs() -> None:
    wall = _wall()
    for image in (2, 5, 8):
        _beside(wall, image, 0.3 + 0.05 * image)
    free = contradicted_images(wall, INVERSION_TIMES, "stone_2p", 8)
    assert free.size > 1
    assert contradicted_images(wall, INVERSION_TIMES, "stone_2p", 10).size <= 1
    assert contradicted_images(wall[:4], INVERSION_TIMES[:4], "stone_2p").size == 0


def test_the_image_that_a_free_constant_rests_on_stays() -> None:
    decay = np.where(np.isinf(TIMES), 0.0, np.exp(-TIMES / 50.0))
    wall = np.broadcast_to((900 * decay + 100)[:, None, None], (len(TIMES), 120, 6)).copy()
    wall[-1, :50] = 400.0
    assert len(TIMES) - 1 not in contradicted_images(wall, TIMES, "t2_3p", 6)
    wall[-1] = 100.0
    wall[3, :50] *= 0.5
    assert contradicted_images(wall, TIMES, "t2_3p", 6).tolist() == [3]


def test_an_end_that_two_images_tell_may_go_like_any_other() -> None:
    times = np.array([0.0, 0, 25, 35, 45, 55, 65, np.inf])
    decay = np.where(np.isinf(times), 0.0, np.exp(-times / 50.0))
    wall = np.broadcast_to((900 * decay + 100)[:, None, None], (len(times), 120, 6)).copy()
    wall[1, :50] *= 0.88
    assert contradicted_images(wall, times, "t2_3p").tolist() == [1]
    wall[1] = wall[0]
    wall[6, :50] *= 1.3  # the last finite one, by less than an extrapolation is worth
    assert contradicted_images(wall, times, "t2_3p").size == 0


def test_a_set_that_cannot_be_fitted_hides_no_culprit() -> None:
    times = np.array([0.0, 0, 0, 25, 25, 25, 25, 55])  # without the last one two times are left, for three parameters
    wall = np.broadcast_to((900 * np.exp(-times / 50.0) + 100)[:, None, None], (len(times), 120, 6)).copy()
    wall[4, :50] *= 0.6
    assert contradicted_images(wall, times, "t2_3p").tolist() == [4]


def test_nothing_to_tell_from() -> None:
    wall = _wall()
    assert contradicted_images(0 * wall, INVERSION_TIMES, "stone_2p").size == 0
    assert contradicted_images(wall[:0], INVERSION_TIMES[:0], "stone_2p").size == 0
    wall[:, 8:] = np.nan
    assert contradicted_images(wall, INVERSION_TIMES, "stone_2p").size == 0
