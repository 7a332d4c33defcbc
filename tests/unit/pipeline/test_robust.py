"""Fits that one bad image cannot spoil: found where there is one, the plain fit where there is none."""

import numpy as np
import pytest

from cmrmap.pipeline.robust import without_spoiled_images
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
