"""Magnitudes near the noise floor: the mean of a magnitude, and fits without the bias that it gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry import fit_above_noise_floor, fit_relaxation, fitted_signal, get_model
from cmrmap.relaxometry.rician import residual_share
from cmrmap.relaxometry.rician_moments import rician_moments


@pytest.mark.parametrize("size", [0.0, 0.5, 1.0, 3.0, 20.0])
def test_moments_of_a_magnitude_agree_with_draws(size) -> None:
    noise = np.random.default_rng(0).normal(0.0, 2.0, (2, 400_000))

    def drawn(at):
        return np.hypot(2.0 * at + noise[0], noise[1])

    mean, slope, share = rician_moments(2.0 * size, 2.0)
    assert mean == pytest.approx(drawn(size).mean(), abs=0.015)
    assert share == pytest.approx(drawn(size).var() / 4.0, abs=0.01)
    change = (drawn(size + 0.01).mean() - drawn(abs(size - 0.01)).mean()) / 0.04 if size else 0.0
    assert slope == pytest.approx(change, abs=0.005)


def test_limits_of_the_moments() -> None:
    mean, slope, share = rician_moments([0.0, 1e9], 1.0)
    np.testing.assert_allclose(mean, [np.sqrt(np.pi / 2.0), 1e9])
    np.testing.assert_allclose(slope, [0.0, 1.0])
    np.testing.assert_allclose(share, [2.0 - np.pi / 2.0, 1.0])
    for values, limit in zip(rician_moments([0.0, 3.0], 0.0), ([0.0, 3.0], 1.0, 1.0), strict=True):
        np.testing.assert_array_equal(values, limit)  # no noise
    near, far = (np.array(rician_moments(at, 1.0)) - [at, 0.0, 0.0] for at in (99.999, 100.001))
    np.testing.assert_allclose(near, far, rtol=1e-4)


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


@pytest.mark.parametrize("t_ms", [480.0, 505.0, 530.0])
def test_means_of_regions_spread_as_their_pixels_sensitivities_say_with_a_sample_at_the_null(t_ms, simulate, rician):
    """A neighbourhood of few pixels is wrong about a sign at the null all together: there it must not count."""
    pixels = simulate("stone_2p", t_ms, n_pixels=24 * 256, snr=40.0)
    magnitudes = rician(pixels, np.random.default_rng(3))

    def around(values):
        planes = values.reshape(256, 24, -1)
        return ndimage.uniform_filter(planes, (5, 3, 1), mode="nearest").reshape(values.shape)

    fit = fit_above_noise_floor(magnitudes, pixels.times_ms, "stone_2p", pixels.noise_sd, around=around)
    regions = fit.t_ms.reshape(32, 8, 6, 4).mean(axis=(1, 3))
    share = rician_moments(np.abs(pixels.clean), pixels.noise_sd)[2]
    told = pixels.noise_sd * np.sqrt((fit.sensitivity**2 * share).sum(axis=1).mean() / 32)
    assert regions.std() == pytest.approx(told, rel=0.15)
    assert abs(regions.mean() - t_ms) < 4 * told / np.sqrt(regions.size)


@pytest.mark.parametrize(("model", "t_ms"), [("stone_2p", 505.0), ("t2_3p", 50.0), ("molli_3p", 900.0)])
def test_what_an_error_leaves_is_what_the_residuals_show(model, t_ms, simulate) -> None:
    pixels = simulate(model, t_ms, n_pixels=1)
    sigma = 0.03 * np.abs(pixels.clean).max()
    magnitudes = rician_moments(np.abs(pixels.clean), sigma)[0]

    def residuals(values):
        fit = fit_above_noise_floor(values, pixels.times_ms, model, sigma)
        fitted = fitted_signal(fit, pixels.times_ms)
        signs = np.sign(fitted) if get_model(model).magnitude else 1.0
        return (signs * (values - rician_moments(np.abs(fitted), sigma)[0]))[0], fit

    before, fit = residuals(magnitudes)
    parameters = np.array([fit.t_star_ms[0], fit.amplitude[0], fit.offset[0]])
    left = residual_share(model, pixels.times_ms, parameters, sigma)
    signs = np.sign(pixels.clean[0])
    for time in range(magnitudes.shape[1]):
        moved = magnitudes.copy()
        moved[0, time] += 0.02 * sigma
        change = (residuals(moved)[0] - before) / (0.02 * sigma)
        np.testing.assert_allclose(change * signs[time], left[:, time], atol=0.03)


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
