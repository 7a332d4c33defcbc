"""Decays with the noise floor taken out cheaply: as near to the truth as the full fit, and only where it is needed."""

import numpy as np
import pytest

from cmrmap.relaxometry import fit_above_noise_floor, fit_relaxation
from cmrmap.relaxometry.decay_floor import decays_above_floor

T2_MS = np.array([0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0, np.inf])
STAR_MS = np.array([2.0, 4.5, 7.0, 9.5, 12.0, 14.5, 17.0, 19.5])


def _magnitudes(clean, noise, count=4000):
    rng = np.random.default_rng(5)
    drawn = rng.normal(size=(2, count, clean.size)) * noise
    return np.hypot(clean + drawn[0], drawn[1])


@pytest.mark.parametrize(
    ("model", "times", "clean", "truth"),
    [
        ("t2_star_2p", STAR_MS, 100.0 * np.exp(-STAR_MS / 5.0), 5.0),
        ("t2_3p", T2_MS, 90.0 * np.exp(-T2_MS / 45.0) + 2.0, 45.0),
    ],
)
def test_the_bias_of_the_floor_is_gone(model, times, clean, truth):
    signals = _magnitudes(clean, 5.0)
    plain = fit_relaxation(signals, times, model)
    which, found = decays_above_floor(plain, signals, times, 5.0)
    assert which.size == len(signals)
    full = fit_above_noise_floor(signals, times, model, 5.0)
    assert abs(np.median(plain.t_ms) / truth - 1) > 0.05
    assert np.median(found.t_ms) == pytest.approx(truth, rel=0.02)
    assert np.median(found.t_ms) == pytest.approx(np.median(full.t_ms), rel=0.02)


def test_what_does_not_reach_the_noise_is_left_alone():
    signals = np.vstack([_magnitudes(100 * np.exp(-STAR_MS / t), 2.0, 1) for t in (4.0, 60.0)])
    plain = fit_relaxation(signals, STAR_MS, "t2_star_2p")
    which, found = decays_above_floor(plain, signals, STAR_MS, 2.0)
    assert which.tolist() == [0]
    assert found.t_ms.size == 1


@pytest.mark.parametrize(("model", "noise"), [("stone_2p", 5.0), ("t2_star_2p", 0.0), ("t2_star_2p", np.nan)])
def test_recoveries_and_images_without_noise_are_not_fitted_again(model, noise):
    signals = _magnitudes(100 * np.exp(-STAR_MS / 5.0), 5.0, 3)
    times = STAR_MS if model == "t2_star_2p" else STAR_MS * 100
    plain = fit_relaxation(signals, times, model)
    which, found = decays_above_floor(plain, signals, times, noise)
    assert which.size == 0
    assert found is plain
