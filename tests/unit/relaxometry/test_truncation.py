"""Truncated decays: late samples go where the signal has sunk into the noise, and with them the noise floor's bias."""

import numpy as np
import pytest

from cmrmap.core.relaxation_models import MODELS
from cmrmap.relaxometry import fit_relaxation
from cmrmap.relaxometry.truncation import LEAST_SIGNAL, can_be_truncated, without_late_samples

TIMES_MS = np.array([10.0, 20.0, 30.0, 40.0, 60.0, 80.0])


def decay(t2_ms, amplitude=100.0):
    return amplitude * np.exp(-TIMES_MS / np.atleast_1d(t2_ms)[:, None])


def test_only_decays_to_zero_can_be_truncated():
    assert [name for name in MODELS if can_be_truncated(name)] == ["t2_2p", "t2_star_2p"]


def test_samples_go_from_the_first_that_has_sunk_into_the_noise():
    signals = decay(20.0)
    kept = without_late_samples(signals, TIMES_MS, "t2_2p", noise_sd=signals[0, 3] / LEAST_SIGNAL * 1.01)
    assert np.isnan(kept[0]).tolist() == [False, False, False, True, True, True]


def test_a_late_sample_above_the_noise_does_not_come_back():
    signals = np.array([[100.0, 50.0, 30.0, 1.0, 40.0, 1.0]])
    kept = without_late_samples(signals, TIMES_MS, "t2_2p", noise_sd=2.0)
    assert np.isnan(kept[0]).tolist() == [False, False, False, True, True, True]


def test_the_order_of_the_times_does_not_matter():
    signals, shuffled = decay([8.0, 30.0]), np.array([3, 0, 5, 1, 4, 2])
    straight = without_late_samples(signals, TIMES_MS, "t2_2p", 3.0)
    np.testing.assert_array_equal(
        without_late_samples(signals[:, shuffled], TIMES_MS[shuffled], "t2_2p", 3.0), straight[:, shuffled]
    )


def test_enough_samples_for_a_fit_always_stay():
    kept = without_late_samples(decay(1.0), TIMES_MS, "t2_2p", noise_sd=1000.0)
    assert np.isfinite(kept[0]).sum() == 3


@pytest.mark.parametrize("noise_sd", [0.0, float("nan")])
def test_without_a_known_noise_everything_stays(noise_sd):
    signals = decay(20.0)
    assert without_late_samples(signals, TIMES_MS, "t2_2p", noise_sd) is signals


def test_the_neighbourhood_decides_where_there_is_one():
    signals = decay([20.0, 20.0])
    signals[1, 2] = 0.1  # one sample that noise made small
    kept = without_late_samples(
        signals, TIMES_MS, "t2_2p", 1.0, around=lambda values: np.broadcast_to(values.max(axis=0), values.shape)
    )
    assert np.isfinite(kept[1, 2])


def test_truncation_takes_the_floors_bias_away():
    rng = np.random.default_rng(3)
    noise_sd = 8.0
    clean = np.repeat(decay(20.0), 20_000, axis=0)
    magnitudes = np.hypot(
        clean + noise_sd * rng.standard_normal(clean.shape), noise_sd * rng.standard_normal(clean.shape)
    )
    plain = np.median(fit_relaxation(magnitudes, TIMES_MS, "t2_2p").t_ms)
    mean = np.broadcast_to(magnitudes.mean(axis=0), magnitudes.shape)
    kept = without_late_samples(magnitudes, TIMES_MS, "t2_2p", noise_sd, around=lambda _: mean)
    truncated = np.median(fit_relaxation(kept, TIMES_MS, "t2_2p").t_ms)
    assert plain > 23.0
    assert abs(truncated - 20.0) < 1.0
