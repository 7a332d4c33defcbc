"""Bars of magnitude fits: the optimum over all polarities, and what is reached away from and at the signal null."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

AWAY_MS, AT_NULL_MS, SNR = 950.0, 505.0, 20.0  # T1; the null of 505 ms lies at the second time, 350 ms


def rician_information(size: np.ndarray, sigma: float) -> np.ndarray:
    """Fisher information of a magnitude about its signal, times sigma^2: 1 far above the noise, 0 at the null."""
    from scipy.special import i0e, i1e

    x = np.linspace(1e-6, 1.0, 4001)
    out = np.empty_like(size)
    for i, mu in enumerate(np.asarray(size) / sigma):
        grid = x * (mu + 9.0)
        density = grid * np.exp(-((grid - mu) ** 2) / 2.0) * i0e(grid * mu)
        score = -mu + grid * i1e(grid * mu) / i0e(grid * mu)
        out[i] = np.trapezoid(density * score**2, grid)
    return out


def bars(times_ms: tuple[float, ...], rng: np.random.Generator) -> Iterator[tuple[str, float, float, bool]]:
    """Yield name, measured value, limit, and whether it is a lower limit."""
    from cmrmap.relaxometry import fit_relaxation, get_model, jacobian, signal

    model, sigma = get_model("stone_2p"), 1.0 / SNR

    def magnitudes(t_ms: float, n: int) -> np.ndarray:
        clean = signal(model, times_ms, t_ms, 1.0)
        return np.hypot(clean + rng.normal(0, sigma, (n, clean.size)), rng.normal(0, sigma, (n, clean.size)))

    def rician_bound(t_ms: float) -> float:
        columns = jacobian(model, times_ms, t_ms, 1.0)
        weights = rician_information(np.abs(signal(model, times_ms, t_ms, 1.0)), sigma) / sigma**2
        return float(np.sqrt(np.linalg.inv(columns.T @ (weights[:, None] * columns))[0, 0]))

    yield (
        "SSR over brute force (all prefixes, 5 starts), largest excess",
        _excess_over_brute_force(magnitudes(AT_NULL_MS, 25), times_ms),
        1e-9,
        False,
    )
    away = fit_relaxation(magnitudes(AWAY_MS, 50_000), times_ms, "stone_2p")
    yield (
        "magnitude, no time near the null: SD over Rician bound",
        float(away.t_ms.std() / rician_bound(AWAY_MS)),
        1.05,
        False,
    )
    near = fit_relaxation(magnitudes(AT_NULL_MS, 50_000), times_ms, "stone_2p")
    yield (
        "magnitude, a time at the null: SD over Rician bound",
        float(near.t_ms.std() / rician_bound(AT_NULL_MS)),
        1.30,
        False,
    )
    yield "magnitude, a time at the null: |bias|, ms", abs(float(near.t_ms.mean()) - AT_NULL_MS), 15.0, False
    yield "magnitude, a time at the null: share flagged null-ambiguous", float((near.status == 3).mean()), 0.5, True


def _excess_over_brute_force(samples: np.ndarray, times_ms: tuple[float, ...]) -> float:
    from scipy.optimize import least_squares

    from cmrmap.relaxometry import fit_relaxation, get_model, signal

    model = get_model("stone_2p")
    found = fit_relaxation(samples, times_ms, "stone_2p").ssr
    worst = -np.inf
    for pixel, ssr in zip(samples, found, strict=True):
        best = np.inf
        for k in range(len(times_ms)):
            signs = np.where(np.arange(len(times_ms)) < k, -1.0, 1.0)
            for start in (100.0, 300.0, 800.0, 1600.0, 4000.0):
                fit = least_squares(
                    lambda p, data=signs * pixel: signal(model, times_ms, p[0], p[1]) - data,
                    (start, 1.0),
                    bounds=((50.0, -np.inf), (6000.0, np.inf)),
                    x_scale=(start, 1.0),
                    xtol=1e-12,
                    ftol=1e-12,
                    gtol=1e-12,
                )
                best = min(best, 2.0 * fit.cost)
        worst = max(worst, float(ssr) - best)
    return worst
