"""The fit is the global least-squares optimum, to a thousandth of a millisecond."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import least_squares

from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry import MODELS, fit_relaxation, jacobian, signal

CASES = [(model, snr, False, 120) for model in sorted(MODELS) if not MODELS[model].conditional for snr in (5.0, 30.0)]
CASES += [(model, 10.0, True, 40) for model in ("stone_2p", "molli_3p")]


@pytest.mark.parametrize(("model", "snr", "magnitude", "n_pixels"), CASES)
def test_optimum_equals_brute_force(simulate, rician, brute_force, model, snr, magnitude, n_pixels) -> None:
    pixels = simulate(model, n_pixels=n_pixels, snr=snr, seed=3)
    rng = np.random.default_rng(11)
    s = rician(pixels, rng) if magnitude else pixels.clean + rng.normal(0, pixels.noise_sd, pixels.clean.shape)
    t, ssr = brute_force(s, pixels.times_ms, model, magnitude)
    low, high = MODELS[model].t_range_ms
    inside = (t > 1.05 * low) & (t < high / 1.05)
    assert inside.sum() > 0.8 * len(t)
    for backend in ("numba", "numpy"):
        fit = fit_relaxation(s, pixels.times_ms, model, magnitude, backend=backend)
        assert np.all(fit.ssr <= ssr + 1e-9)
        error = np.abs(fit.t_star_ms - t)[inside]
        assert np.quantile(error, 0.999) <= 1e-3
        assert error.max() <= 0.01
        assert np.all(fit.status[inside] != FitStatus.EDGE_OF_RANGE)


def test_optimum_of_noise_alone_is_still_the_optimum(model_name, brute_force, simulate) -> None:
    """Without signal there are many local optima: the worst case for the choice among them."""
    times = simulate(model_name, n_pixels=1).times_ms
    s = np.abs(np.random.default_rng(5).normal(size=(30, times.size)))
    magnitude = MODELS[model_name].magnitude
    _, ssr = brute_force(s, times, model_name, magnitude)
    fit = fit_relaxation(s, times, model_name, magnitude)
    assert np.all(fit.ssr <= ssr * (1 + 1e-9))


def test_all_parameters_equal_those_of_levenberg_marquardt(model_name, simulate) -> None:
    pixels = simulate(model_name, n_pixels=12, seed=7)
    model = MODELS[model_name]
    s = pixels.clean + np.random.default_rng(2).normal(0, pixels.noise_sd, pixels.clean.shape)
    fit = fit_relaxation(s, pixels.times_ms, model_name, magnitude=False)
    for i, samples in enumerate(s):
        start = np.array([1.1 * pixels.t_ms[i], 90.0, fit.offset[i] * 1.1])[: model.n_parameters]
        found = least_squares(
            lambda x, samples=samples: signal(model, pixels.times_ms, *x) - samples,
            start,
            jac=lambda x: jacobian(model, pixels.times_ms, *x),
            method="lm",
            x_scale=np.abs(start),
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        )
        got = [fit.t_star_ms[i], fit.amplitude[i], fit.offset[i]][: model.n_parameters]
        np.testing.assert_allclose(got, found.x, rtol=1e-6)
        assert fit.ssr[i] == pytest.approx(2 * found.cost, rel=1e-9)
        # SD by the textbook: s^2 (J'J)^-1 with the explicit Jacobian
        j = jacobian(model, pixels.times_ms, *found.x)
        covariance = np.linalg.inv(j.T @ j) * fit.ssr[i] / (pixels.times_ms.size - model.n_parameters)
        gradient = np.eye(model.n_parameters)
        if model.look_locker:
            t_star, a, b = found.x
            gradient[0] = b / a - 1, -t_star * b / a**2, t_star / a
            assert fit.t_ms[i] == pytest.approx(t_star * (b / a - 1), rel=1e-6)
        expected = np.sqrt(np.diag(gradient @ covariance @ gradient.T))
        sds = [fit.sd_ms[i], fit.amplitude_sd[i], fit.offset_sd[i]][: model.n_parameters]
        np.testing.assert_allclose(sds, expected, rtol=1e-5)
        assert fit.noise_sd[i] == pytest.approx(np.sqrt(fit.ssr[i] / (pixels.times_ms.size - model.n_parameters)))


def test_noise_free_data_give_back_their_parameters(model_name, simulate) -> None:
    pixels = simulate(model_name, n_pixels=200)
    model = MODELS[model_name]
    fit = fit_relaxation(np.abs(pixels.clean) if model.magnitude else pixels.clean, pixels.times_ms, model_name)
    np.testing.assert_allclose(fit.t_star_ms, pixels.t_ms, rtol=1e-8)
    np.testing.assert_allclose(fit.amplitude, 100.0, rtol=1e-7)
    np.testing.assert_allclose(fit.r2, 1.0, atol=1e-12)
    assert np.all(fit.status == FitStatus.OK)
    assert np.all(fit.n_negative == (pixels.clean < 0).sum(axis=1))
    assert np.all(fit.sd_ms < 1e-3)
    assert np.isnan(fit.offset).all() == (not model.has_offset)


def test_sensitivity_is_the_derivative_of_t(model_name, simulate) -> None:
    """At zero residual the pseudo-inverse's row is the derivative itself: compare with finite differences."""
    pixels = simulate(model_name, n_pixels=5, seed=1)
    model = MODELS[model_name]
    s = np.abs(pixels.clean) if model.magnitude else pixels.clean
    order = np.random.default_rng(0).permutation(s.shape[1])
    times, s = pixels.times_ms[order], s[:, order]
    sensitivity = fit_relaxation(s, times, model_name, with_sensitivity=True).sensitivity
    for j in range(s.shape[1]):
        step = np.zeros_like(s)
        step[:, j] = 1e-4
        up, down = (fit_relaxation(s + sign * step, times, model_name).t_ms for sign in (1, -1))
        np.testing.assert_allclose(sensitivity[:, j], (up - down) / 2e-4, rtol=1e-3, atol=1e-5)


def test_sensitivity_carries_the_noise_to_sd(model_name, simulate, rician) -> None:
    pixels = simulate(model_name, n_pixels=50)
    s = rician(pixels, np.random.default_rng(4)) * 1000
    fit = fit_relaxation(s, pixels.times_ms, model_name, with_sensitivity=True)
    carried = fit.noise_sd * np.sqrt((fit.sensitivity**2).sum(axis=1))
    np.testing.assert_allclose(carried, fit.sd_ms, rtol=1e-9)


@pytest.mark.parametrize("t2_ms", [9.0, 10.0, 12.0])
def test_optimum_where_float32_cannot_tell_one_node_from_the_next(t2_ms) -> None:
    """All but one sample have decayed to a ten-thousandth: u hardly turns, and the scan may begin at another node."""
    times = np.array([0.0, 100.0, 110.0, 120.0])
    for backend in ("numba", "numpy"):
        fit = fit_relaxation(100 * np.exp(-times / t2_ms)[None], times, "t2_2p", backend=backend)
        assert fit.status[0] == FitStatus.OK
        assert fit.t_ms[0] == pytest.approx(t2_ms, rel=2e-5)
