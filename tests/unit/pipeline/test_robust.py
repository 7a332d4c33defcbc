"""Fits that one bad image cannot spoil: found where there is one, the plain fit where there is none."""

import numpy as np
import pytest

from cmrmap.pipeline.robust import fit_without_outliers
from cmrmap.relaxometry import fit_relaxation

TIMES = np.array([0.0, 25, 35, 45, 55, 65, 75, 85, np.inf])


def _cells(n: int = 400, t2_ms: float = 50.0, noise: float = 10.0) -> np.ndarray:
    decay = np.where(np.isinf(TIMES), 0.0, np.exp(-TIMES / t2_ms))
    return 900 * decay + 100 + np.random.default_rng(0).normal(0, noise, (n, TIMES.size))


@pytest.mark.parametrize("time", [0, 1, 4, 7])
def test_a_spoiled_image_is_left_out_where_it_spoils(time: int) -> None:
    signals = _cells()
    signals[:40, time] *= 0.4
    fit = fit_without_outliers(signals, TIMES, "t2_3p")
    plain = fit_relaxation(signals, TIMES, "t2_3p")
    assert np.count_nonzero(fit.n_samples[:40] == 8) >= 36
    assert np.abs(np.median(fit.t_ms[:40]) - 50) < 2.0
    assert np.abs(np.median(plain.t_ms[:40]) - 50) > 2 * np.abs(np.median(fit.t_ms[:40]) - 50)
    assert np.mean(fit.t_ms[40:] == plain.t_ms[40:]) > 0.98  # noise alone looks like one bad image now and then
    assert (fit.sensitivity[:40, time][fit.n_samples[:40] == 8] == 0).all()


def test_clean_cells_keep_the_plain_fit() -> None:
    signals = _cells(5000)
    fit = fit_without_outliers(signals, TIMES, "t2_3p")
    assert np.mean(fit.n_samples == 9) > 0.98


def test_noise_free_and_constant_cells_are_no_crash() -> None:
    signals = np.vstack([_cells(3, noise=0.0), np.zeros((2, TIMES.size)), np.full((1, TIMES.size), np.nan)])
    fit = fit_without_outliers(signals, TIMES, "t2_3p")
    assert fit.t_ms[:3] == pytest.approx(50.0, abs=1e-3)
    assert np.isnan(fit.t_ms[3:]).all()


def test_too_few_images_to_tell_keep_the_plain_fit() -> None:
    signals = _cells(20)[:, :5]
    signals[0, 2] *= 0.3
    assert (fit_without_outliers(signals, TIMES[:5], "t2_3p").n_samples == 5).all()
