"""Prefix signs, and that they hold the optimum over all signs."""

from __future__ import annotations

from itertools import product

import numpy as np

from cmrmap.relaxometry import fit_relaxation
from cmrmap.relaxometry.polarity import prefix_signs


def test_prefix_signs() -> None:
    assert prefix_signs(3, 0).tolist() == [1, 1, 1]
    assert prefix_signs(3, np.array([1, 3])).tolist() == [[-1, 1, 1], [-1, -1, -1]]


def test_no_other_signs_that_the_model_can_have_are_better(simulate, rician) -> None:
    """All 2^6 signs, restricted to those that the fitted curve itself has: none beats the prefixes."""
    times = np.array([120.0, 400.0, 700.0, 1100.0, 2000.0, 5000.0])
    rng = np.random.default_rng(1)
    t = rng.uniform(300, 2000, 40)
    clean = 100 * (1 - 2 * np.exp(-times / t[:, None]))
    s = np.abs(clean + rng.normal(0, 15, clean.shape))
    best = fit_relaxation(s, times, "stone_2p")
    for signs in product((-1.0, 1.0), repeat=6):
        fit = fit_relaxation(s * np.array(signs), times, "stone_2p", magnitude=False)
        own = np.sign(fit.amplitude[:, None] * (1 - 2 * np.exp(-times / fit.t_ms[:, None])))
        possible = (own == np.array(signs)).all(axis=1)
        assert np.all(best.ssr[possible] <= fit.ssr[possible] * (1 + 1e-9))


def test_magnitudes_of_noise_free_data_equal_the_signed_fit(simulate) -> None:
    for model in ("stone_2p", "molli_3p", "sasha_3p"):
        pixels = simulate(model, n_pixels=100)
        signed = fit_relaxation(pixels.clean, pixels.times_ms, model, magnitude=False)
        restored = fit_relaxation(np.abs(pixels.clean), pixels.times_ms, model, magnitude=True)
        np.testing.assert_allclose(restored.t_ms, signed.t_ms, rtol=1e-9)
        np.testing.assert_allclose(restored.amplitude, signed.amplitude, rtol=1e-8)
        np.testing.assert_allclose(restored.r2, signed.r2, atol=1e-12)
