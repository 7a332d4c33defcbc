"""Signs from phase: cells in which they cannot be right take those that fit best, and the others keep theirs."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.pipeline.slice_fit import SliceFit, fit_slice
from cmrmap.settings import FitSettings

TIMES = np.array([193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 3000.0, 3700.0, 3900.0, 30000.0])
GRID = (24, 8)
N_CELLS = GRID[0] * GRID[1]


def _signed(rng: np.random.Generator, sigma: float = 4.0) -> np.ndarray:
    signal = 200.0 * (1.0 - 2.0 * np.exp(-TIMES / 1150.0))
    return signal + sigma * rng.normal(size=(N_CELLS, TIMES.size))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
def test_cells_whose_signs_were_taken_from_fat_are_fitted_as_the_others(share: float) -> None:
    rng = np.random.default_rng(5)
    signals = _signed(rng)
    turned = np.zeros(N_CELLS, dtype=bool)
    turned[rng.choice(N_CELLS, round(share * N_CELLS), replace=False)] = True
    some = rng.uniform(size=signals.shape) < 0.4  # the heart moves: not in every image it lies beside the fat
    spoiled = np.where(turned[:, None] & some, -signals, signals)
    found = fit_slice(spoiled, TIMES, "stone_2p", True, np.ones(signals.shape), GRID, FitSettings())
    assert found.signed
    assert found.note == ""
    assert found.fit.t_ms == pytest.approx(np.full(N_CELLS, 1150.0), rel=0.1)
    assert float(np.mean(found.fit.t_ms)) == pytest.approx(1150.0, rel=0.01)
    assert found.noise_sd == pytest.approx(4.0, rel=0.15)
    same = ~turned[:, None] | ~some
    np.testing.assert_allclose(found.samples[same], signals[same])


def test_signs_that_most_cells_contradict_are_not_used_at_all() -> None:
    rng = np.random.default_rng(6)
    signals = _signed(rng)
    signals[:, 6] *= -1.0
    found = fit_slice(signals, TIMES, "stone_2p", True, np.ones(signals.shape), GRID, FitSettings())
    assert not found.signed
    assert "noise variances more than the best signs" in found.note
    assert float(np.mean(found.fit.t_ms)) == pytest.approx(1150.0, rel=0.01)


#: five images after one inversion, then one after each of two more: ShMOLLI
BEAT = 900.0
SHMOLLI = np.array([100.0 + BEAT * beat for beat in range(5)] + [180.0, 260.0])
EPOCHS = np.array([0, 0, 0, 0, 0, 1, 2])


def _shmolli(rng: np.random.Generator, t_ms: float, snr: float) -> np.ndarray:
    signal = 200.0 * (1.0 - 1.9 * np.exp(-SHMOLLI / t_ms))
    signal[5:] *= 0.9  # what has not recovered before a later inversion
    return signal + 200.0 / snr * rng.normal(size=(N_CELLS, SHMOLLI.size))


def _fit(signals: np.ndarray, times_ms: np.ndarray, model: str, epochs: np.ndarray | None = None) -> SliceFit:
    return fit_slice(signals, times_ms, model, True, np.ones(signals.shape), GRID, FitSettings(), epochs=epochs)


@pytest.mark.parametrize("snr", [8.0, 15.0, 30.0, 80.0])
@pytest.mark.parametrize("seed", range(5))
def test_right_signs_of_five_images_are_used_where_one_lies_at_the_null(seed: int, snr: float) -> None:
    times = SHMOLLI[:5]
    signal = 200.0 * (1.0 - 1.9 * np.exp(-times / 1558.0))  # the second of them is at the null
    signals = signal + 200.0 / snr * np.random.default_rng(seed).normal(size=(N_CELLS, times.size))
    found = _fit(signals, times, "molli_3p")
    assert found.note == ""
    assert np.mean((found.samples != signals).any(axis=1)) < 0.03  # noise turns no sign


@pytest.mark.parametrize("snr", [30.0, 80.0])
def test_a_turned_image_close_to_the_null_is_noticed_among_many(snr: float) -> None:
    """A dozen noise variances are little beside the residual of eleven images, and 4 % of T1."""
    t1 = 350.0 / np.log(2.0 / (1.0 - 1.1 / snr))
    signal = 200.0 * (1.0 - 2.0 * np.exp(-TIMES / t1))
    signals = signal + 200.0 / snr * np.random.default_rng(1).normal(size=(N_CELLS, TIMES.size))
    assert _fit(signals, TIMES, "stone_2p").signed
    signals[:, 1] *= -1.0
    found = _fit(signals, TIMES, "stone_2p")
    assert not found.signed
    assert "noise variances more than the best signs" in found.note


@pytest.mark.parametrize("epochs", [EPOCHS, None])
@pytest.mark.parametrize("t_ms", [450.0, 1100.0])
def test_cells_of_a_shmolli_whose_signs_were_taken_from_fat_are_fitted_as_the_others(
    t_ms: float, epochs: np.ndarray | None
) -> None:
    rng = np.random.default_rng(7)
    signals = _shmolli(rng, t_ms, 60.0)
    spoiled = signals.copy()
    spoiled[::5, [0, 3]] *= -1.0
    right, found = (_fit(one, SHMOLLI, "shmolli_3p", epochs) for one in (signals, spoiled))
    assert right.signed
    assert found.signed
    alike = np.isclose(found.fit.t_ms, right.fit.t_ms, rtol=0.02)
    assert np.mean(alike) > (0.95 if t_ms < 500.0 else 0.99)  # the magnitudes of a short T1 leave some ambiguous


@pytest.mark.parametrize("snr", [15.0, 40.0])
def test_a_turned_first_image_of_a_shmolli_is_noticed(snr: float) -> None:
    signals = _shmolli(np.random.default_rng(8), 450.0, snr)
    assert _fit(signals, SHMOLLI, "shmolli_3p", EPOCHS).signed
    signals[:, 0] *= -1.0
    assert not _fit(signals, SHMOLLI, "shmolli_3p", EPOCHS).signed


def test_later_images_of_a_shmolli_do_not_decide_about_its_signs() -> None:
    signals = _shmolli(np.random.default_rng(9), 1100.0, 40.0)
    right = _fit(signals, SHMOLLI, "shmolli_3p", EPOCHS)
    signals[:, 5:] *= -1.0
    found = _fit(signals, SHMOLLI, "shmolli_3p", EPOCHS)
    assert found.signed
    np.testing.assert_array_equal(found.fit.t_ms, right.fit.t_ms)
