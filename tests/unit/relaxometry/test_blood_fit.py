"""Blood T1: exact without noise, without bias in magnitude noise, with a standard error that holds."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry import fit_blood, fit_relaxation

STUDIES, PIXELS = 120, 80


@pytest.mark.parametrize("method", ["mean", "rician"])
@pytest.mark.parametrize("model", ["stone_2p", "molli_3p", "sasha_3p"])
def test_without_noise_both_ways_are_exact(model, method, simulate) -> None:
    pixels = simulate(model, 1500.0, n_pixels=20)
    truth = 1500.0 * (0.9 if model == "molli_3p" else 1.0)
    s = pixels.clean if model == "sasha_3p" else np.abs(pixels.clean)
    shading = np.linspace(0.5, 1.5, 20)[:, None]  # a coil's: it must not pass for noise
    fit = fit_blood(s * shading, pixels.times_ms, model, method=method)
    assert fit.t1_ms == pytest.approx(truth, rel=1e-4)
    assert fit.n_pixels == 20
    assert fit.status == FitStatus.OK


@pytest.fixture(scope="module")
def noisy(simulate, rician):
    """T1, standard error of 120 regions of 80 pixels at SNR 10, T1 1600 ms: a sample lies near the null."""
    rng = np.random.default_rng(1)
    results = {}
    for method in ("mean", "rician"):
        fits = [
            fit_blood(rician(p, rng), p.times_ms, "stone_2p", method=method)
            for p in [simulate("stone_2p", 1600.0, n_pixels=PIXELS, snr=10.0)] * STUDIES
        ]
        results[method] = np.array([(fit.t1_ms, fit.sd_ms, fit.noise_sd) for fit in fits]).T
    return results


def test_rician_way_has_no_bias_where_the_mean_way_has(noisy) -> None:
    chance = 3 * noisy["rician"][0].std() / np.sqrt(STUDIES)
    assert abs(noisy["rician"][0].mean() - 1600.0) < 4.0 + chance
    assert noisy["mean"][0].mean() - 1600.0 < -60.0


def test_rician_way_finds_the_noise(noisy) -> None:
    assert noisy["rician"][2].mean() == pytest.approx(10.0, rel=0.02)
    assert noisy["mean"][2].mean() == pytest.approx(10.0, rel=0.02)


def test_standard_error_of_the_rician_way_holds(noisy) -> None:
    t1, sd, _ = noisy["rician"]
    assert 0.8 < np.sqrt((sd**2).mean()) / t1.std() < 1.3


def test_known_noise_is_taken_as_given(simulate, rician) -> None:
    pixels = simulate("stone_2p", 1600.0, n_pixels=2, snr=10.0)
    s = rician(pixels, np.random.default_rng(0))
    fit = fit_blood(s, pixels.times_ms, "stone_2p", method="rician", noise_sd=10.0)
    assert fit.noise_sd == 10.0
    power = (s**2).mean(axis=0) - 200.0
    in_null = power < 3 * (s**2).std(axis=0, ddof=1) / np.sqrt(2)
    assert in_null.sum() == 2
    unbiased = np.sqrt(np.where(in_null, np.nan, power))
    expected = fit_relaxation(unbiased[None], pixels.times_ms, "stone_2p").t_ms[0]
    assert fit.t1_ms == pytest.approx(expected, rel=1e-12)


def test_images_in_the_null_stay_where_too_few_others_remain() -> None:
    times = np.array([700.0, 1109.0, 3000.0])  # T1 1600 ms: the second lies in the null, three are needed
    rng = np.random.default_rng(0)
    s = np.hypot(100 * (1 - 2 * np.exp(-times / 1600)) + rng.normal(0, 10, (30, 3)), rng.normal(0, 10, (30, 3)))
    fit = fit_blood(s, times, "stone_2p", method="rician", noise_sd=10.0)
    assert fit.t1_ms == pytest.approx(1600.0, abs=150.0)
    assert np.isfinite(fit.sd_ms)


def test_mean_way_is_the_fit_of_the_mean_signal(simulate, rician) -> None:
    pixels = simulate("stone_2p", 1600.0, n_pixels=50)
    s = rician(pixels, np.random.default_rng(0))
    s[3, 2] = np.nan
    fit = fit_blood(s, pixels.times_ms, "stone_2p")
    expected = fit_relaxation(np.nanmean(s, axis=0)[None], pixels.times_ms, "stone_2p")
    assert fit.t1_ms == pytest.approx(expected.t_ms[0], rel=1e-12)
    assert fit.sd_ms >= fit.noise_sd_ms > 0


def test_signed_data_need_no_correction(simulate) -> None:
    pixels = simulate("sasha_3p", 1600.0, n_pixels=30)
    s = pixels.clean + np.random.default_rng(0).normal(0, 5, pixels.clean.shape)
    both = [fit_blood(s, pixels.times_ms, "sasha_3p", method=method).t1_ms for method in ("mean", "rician")]
    assert both[0] == both[1]


def test_an_image_without_pixels_drops_out(simulate) -> None:
    pixels = simulate("stone_2p", 1500.0, n_pixels=10)
    s = np.abs(pixels.clean)
    s[:, 4] = np.nan
    for method in ("mean", "rician"):
        assert fit_blood(s, pixels.times_ms, "stone_2p", method=method).t1_ms == pytest.approx(1500.0, rel=1e-4)


def test_region_without_signal_has_no_answer(simulate) -> None:
    times = simulate("stone_2p", n_pixels=1).times_ms
    fit = fit_blood(np.zeros((5, times.size)), times, "stone_2p")
    assert np.isnan(fit.t1_ms)
    assert np.isnan(fit.sd_ms)
    assert fit.status == FitStatus.DEGENERATE


@pytest.mark.parametrize(
    ("signals", "arguments", "message"),
    [
        (np.ones((0, 4)), {}, "at least one pixel"),
        (np.ones(4), {}, "at least one pixel"),
        (np.ones((3, 4)), {"method": "median"}, "method must be one of mean, rician; found 'median'"),
        (np.ones((3, 4)), {"noise_sd": -1.0}, "noise_sd must be zero or positive"),
        (np.ones((3, 4)), {"model": "t2_3p"}, "needs a T1 model"),
        (np.ones((1, 4)), {"method": "rician"}, "give noise_sd"),
    ],
)
def test_bad_arguments_are_refused(signals, arguments, message) -> None:
    with pytest.raises(InputError, match=message):
        fit_blood(signals, [100.0, 500.0, 1000.0, 3000.0], **{"model": "stone_2p", **arguments})
