"""Signs from phase: cells in which they cannot be right take those that fit best, and the others keep theirs."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.pipeline.slice_fit import fit_slice
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
    assert "times the residual variance of the best signs" in found.note
    assert float(np.mean(found.fit.t_ms)) == pytest.approx(1150.0, rel=0.01)
