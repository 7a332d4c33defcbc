"""Magnitudes near the noise floor: the mean of a magnitude, and fits without the bias that it gives."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.relaxometry import fit_above_noise_floor, fit_relaxation, fitted_signal
from cmrmap.relaxometry.rician import noise_share, rician_mean
from cmrmap.types import FitStatus


@pytest.mark.parametrize("size", [0.0, 0.5, 1.0, 3.0, 20.0])
def test_mean_and_variance_of_a_magnitude_agree_with_draws(size) -> None:
    noise = np.random.default_rng(0).normal(0.0, 2.0, (2, 400_000))
    drawn = np.hypot(2.0 * size + noise[0], noise[1])
    assert rician_mean(2.0 * size, 2.0) == pytest.approx(drawn.mean(), abs=0.015)
    assert noise_share(2.0 * size, 2.0) == pytest.approx(drawn.var() / 4.0, abs=0.01)


def test_limits_of_the_mean() -> None:
    np.testing.assert_allclose(rician_mean([0.0, 1e9], 1.0), [np.sqrt(np.pi / 2.0), 1e9])
    np.testing.assert_array_equal(rician_mean([0.0, 3.0], 0.0), [0.0, 3.0])
    np.testing.assert_allclose(rician_mean([99.999, 100.001], 1.0) - [99.999, 100.001], 0.005, rtol=1e-4)
    np.testing.assert_array_equal(noise_share([0.0, 5.0], 0.0), 1.0)


def _around(values):
    return np.broadcast_to(np.nanmean(values, axis=0), values.shape)


@pytest.mark.parametrize(("model", "t_ms", "snr"), [("t2_3p", 50.0, 20.0), ("stone_2p", 1150.0, 15.0)])
def test_the_floor_no_longer_pulls_t(model, t_ms, snr, simulate, rician) -> None:
    pixels = simulate(model, t_ms, n_pixels=8000, snr=snr)
    magnitudes = rician(pixels, np.random.default_rng(1))
    plain = fit_relaxation(magnitudes, pixels.times_ms, model)
    fit = fit_above_noise_floor(magnitudes, pixels.times_ms, model, pixels.noise_sd, around=_around)
    signed = fit_relaxation(
        pixels.clean + np.random.default_rng(2).normal(0.0, pixels.noise_sd, pixels.clean.shape),
        pixels.times_ms,
        model,
        magnitude=False,
    )
    chance = 4 * signed.t_ms.std() / np.sqrt(len(signed.t_ms))
    aim = np.median(signed.t_ms)  # Gaussian noise has the model's own, second-order bias and no other
    assert abs(np.median(plain.t_ms) - aim) > chance
    assert abs(np.median(fit.t_ms) - aim) < chance


def test_reported_sd_is_the_spread_also_where_a_sample_lies_at_the_null(simulate, rician) -> None:
    pixels = simulate("stone_2p", 510.0, n_pixels=4000, snr=20.0)  # the sample at 350 ms is at the null
    magnitudes = rician(pixels, np.random.default_rng(1))
    fit = fit_above_noise_floor(magnitudes, pixels.times_ms, "stone_2p", pixels.noise_sd, around=_around)
    assert np.sqrt((fit.sd_ms**2).mean()) / fit.t_ms.std() == pytest.approx(1.0, abs=0.1)
    plain = fit_relaxation(magnitudes, pixels.times_ms, "stone_2p")
    assert plain.t_ms.std() > 1.15 * fit.t_ms.std()  # the neighbourhood knows the sign that a pixel alone does not


def test_sensitivity_is_the_derivative_to_the_magnitudes(simulate) -> None:
    pixels = simulate("stone_2p", 1150.0, n_pixels=1)
    magnitudes = np.abs(pixels.clean)
    sigma = 5.0
    fit = fit_above_noise_floor(magnitudes, pixels.times_ms, "stone_2p", sigma)
    for time in range(magnitudes.shape[1]):
        moved = magnitudes.copy()
        moved[0, time] += 0.01
        change = fit_above_noise_floor(moved, pixels.times_ms, "stone_2p", sigma).t_ms - fit.t_ms
        assert change[0] / 0.01 == pytest.approx(fit.sensitivity[0, time], rel=0.05, abs=0.02)


def test_molli_sensitivity_far_above_the_floor_is_that_of_the_plain_fit(simulate) -> None:
    pixels = simulate("molli_3p", 1000.0, n_pixels=20, snr=1e3)
    magnitudes = np.abs(pixels.clean)
    plain = fit_relaxation(magnitudes, pixels.times_ms, "molli_3p", with_sensitivity=True)
    fit = fit_above_noise_floor(magnitudes, pixels.times_ms, "molli_3p", 1e-3)
    np.testing.assert_allclose(fit.sensitivity, plain.sensitivity, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("noise_sd", [0.0, float("nan")])
def test_without_noise_it_is_the_plain_fit(noise_sd, simulate) -> None:
    pixels = simulate("t2_3p", n_pixels=10)
    plain = fit_relaxation(pixels.clean, pixels.times_ms, "t2_3p")
    np.testing.assert_array_equal(
        fit_above_noise_floor(pixels.clean, pixels.times_ms, "t2_3p", noise_sd).t_ms, plain.t_ms
    )


def test_missing_samples_and_pixels_without_signal(simulate) -> None:
    pixels = simulate("t2_3p", 50.0, n_pixels=3)
    magnitudes = pixels.clean.copy()
    magnitudes[0, 2] = np.nan
    magnitudes[1] = 0.0
    fit = fit_above_noise_floor(magnitudes, pixels.times_ms, "t2_3p", 0.5)
    assert fit.t_ms[[0, 2]] == pytest.approx(50.0, rel=0.02)
    assert fit.sensitivity[0, 2] == 0
    assert fit.n_samples.tolist() == [8, 9, 9]
    assert fit.status[1] == FitStatus.DEGENERATE
    assert np.isnan(fit.sensitivity[1]).all()
    assert np.isnan(fitted_signal(fit, pixels.times_ms)[1]).all()
