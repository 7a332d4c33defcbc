"""Simulated pixels of every model, and a slow, independent reference for their fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from cmrmap.relaxometry import MODELS, signal

TIMES_MS = {
    "t2_3p": (0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0, np.inf),
    "t2_2p": (0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0),
    "stone_2p": (193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 2961.0, 3688.0, 3874.0, 30000.0),
    "molli_3p": (100.0, 180.0, 260.0, 1000.0, 1080.0, 1900.0, 2800.0, 3700.0),
    "sasha_2p": (100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, np.inf),
    "sasha_3p": (100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0, np.inf),
    "t2_star_2p": (2.59, 4.82, 7.05, 9.28, 11.51, 13.74, 15.97, 18.20),
}
OFFSETS = {"t2_3p": 10.0, "molli_3p": 190.0, "sasha_3p": 100.0}  # none in the others
#: T of pixels, by family
RANGES_MS = {"t2": (30.0, 120.0), "t1": (250.0, 1900.0), "t2_star": (5.0, 40.0)}
AMPLITUDE = 100.0


@dataclass(frozen=True)
class Pixels:
    model: str
    times_ms: np.ndarray
    t_ms: np.ndarray  # of the exponential: T* for MOLLI
    clean: np.ndarray
    noise_sd: float


# t2_star_2p is t2_2p at other times, shmolli_3p is molli_3p of the samples that count (test_conditional.py): what is
# tested model by model is tested there
@pytest.fixture(scope="session", params=sorted(set(TIMES_MS) - {"t2_star_2p"}))
def model_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def simulate() -> Callable[..., Pixels]:
    """Signed, noise-free pixels of a model; amplitude 100, T spread over the myocardium's and the blood's values."""

    def make(model: str, t_ms: object = None, *, n_pixels: int = 1000, snr: float = 20.0, seed: int = 0) -> Pixels:
        rng = np.random.default_rng(seed)
        if t_ms is None:
            t_ms = rng.uniform(*RANGES_MS[MODELS[model].family], n_pixels)
        t = np.broadcast_to(np.asarray(t_ms, np.float64), (n_pixels,))
        times = np.array(TIMES_MS[model])
        clean = signal(
            MODELS[model], times, t, np.full(n_pixels, AMPLITUDE), np.full(n_pixels, OFFSETS.get(model, 0.0))
        )
        return Pixels(model, times, t, clean, AMPLITUDE / snr)

    return make


@pytest.fixture(scope="session")
def rician() -> Callable[[Pixels, np.random.Generator], np.ndarray]:
    """Magnitudes of pixels with noise in the real and the imaginary part."""

    def make(pixels: Pixels, rng: np.random.Generator) -> np.ndarray:
        noise = rng.normal(0.0, pixels.noise_sd, (2, *pixels.clean.shape))
        return np.hypot(pixels.clean + noise[0], noise[1])

    return make


@pytest.fixture(scope="session")
def brute_force() -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """Least-squares T of the exponential and SSR of signed samples in ascending order, or of all their prefixes.

    By the normal equations on a dense grid, then golden section in extended precision: shares nothing with the fit
    but the equation.
    """

    def ssr_at(s: np.ndarray, times: np.ndarray, model: str, x: np.ndarray) -> np.ndarray:
        described = MODELS[model]
        column = described.column_constant + described.column_slope * np.exp(-times / np.exp(x)[..., None])
        if described.has_offset:
            column = column - column.mean(axis=-1, keepdims=True)
            s = s - s.mean(axis=-1, keepdims=True)
        level = (column * s).sum(axis=-1) / (column * column).sum(axis=-1)
        return ((s - level[..., None] * column) ** 2).sum(axis=-1)

    def minimum(s: np.ndarray, times: np.ndarray, model: str) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.log(MODELS[model].t_range_ms)
        grid = np.linspace(low, high, 401)
        plain = s.astype(np.float64)[:, None, :]
        best = ssr_at(plain, times.astype(np.float64), model, grid[None, :]).argmin(axis=1)
        a, b = np.longdouble(grid[np.maximum(best - 1, 0)]), np.longdouble(grid[np.minimum(best + 1, 400)])
        ratio = (np.sqrt(np.longdouble(5)) - 1) / 2
        for _ in range(50):
            c, d = b - ratio * (b - a), a + ratio * (b - a)
            left = ssr_at(s, times, model, c) < ssr_at(s, times, model, d)
            a, b = np.where(left, a, c), np.where(left, d, b)
        x = (a + b) / 2
        return np.exp(x), ssr_at(s, times, model, x)

    def reference(s: np.ndarray, times: np.ndarray, model: str, magnitude: bool) -> tuple[np.ndarray, np.ndarray]:
        s, times = np.asarray(s, np.longdouble), np.asarray(times, np.longdouble)
        t, ssr = minimum(s, times, model)
        for k in range(1, times.size if magnitude else 1):
            flipped = s.copy()
            flipped[:, :k] *= -1
            t_k, ssr_k = minimum(flipped, times, model)
            t, ssr = np.where(ssr_k < ssr, t_k, t), np.minimum(ssr, ssr_k)
        return t.astype(np.float64), ssr.astype(np.float64)

    return reference
