"""The pixels that relaxometry is compared on: series, tissues, noise, and the bound of what a fit can reach."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STUDY_PIXELS, MYOCARDIUM_PIXELS = 5 * 256 * 256, 8192


@dataclass(frozen=True)
class Case:
    """One kind of series: the model, its times, and the pixels of one tissue."""

    model: str
    magnitude: bool
    times_ms: tuple[float, ...]
    t_ms: float  # T1 or T2 of the table
    plot_t_ms: tuple[float, ...]
    offset: float = 0.0  # B of the equation, the amplitude A being 1
    corrected: float = 1.0  # T1 / T* of MOLLI

    @property
    def label(self) -> str:
        """Name in tables and plots."""
        return f"{self.model} {'magnitude' if self.magnitude else 'signed'}"


STONE = (193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 2961.0, 3688.0, 3874.0, 30000.0)
MOLLI = (100.0, 180.0, 260.0, 1000.0, 1080.0, 1900.0, 2800.0, 3700.0)
T2_PREP = (0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0)
SASHA = (*(100.0 * i for i in range(1, 10)), np.inf)
T1_GRID, T2_GRID = (300.0, 500.0, 800.0, 1100.0, 1400.0, 1700.0), (35.0, 45.0, 55.0, 70.0, 90.0, 120.0)
CASES = (
    Case("stone_2p", True, STONE, 950.0, T1_GRID),
    Case("stone_2p", False, STONE, 950.0, T1_GRID),
    Case("molli_3p", True, MOLLI, 950.0, T1_GRID, 1.9, 0.9),
    Case("molli_3p", False, MOLLI, 950.0, T1_GRID, 1.9, 0.9),
    Case("t2_2p", False, T2_PREP, 50.0, T2_GRID),
    Case("t2_3p", False, (*T2_PREP, np.inf), 50.0, T2_GRID, 0.1),
    Case("sasha_3p", False, SASHA, 1100.0, T1_GRID, 1.0),
)


def simulate(case: Case, t_ms: float, snr: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Pixels of one tissue: amplitude 1, Gaussian noise; magnitudes with noise in both channels."""
    from cmrmap.relaxometry import get_model, signal

    clean = signal(get_model(case.model), case.times_ms, t_ms / case.corrected, 1.0, case.offset)
    real = clean + rng.normal(0, 1 / snr, (n, clean.size))
    return np.hypot(real, rng.normal(0, 1 / snr, real.shape)) if case.magnitude else real


def bound(case: Case, t_ms: float, snr: float) -> float:
    """Cramer-Rao bound of the SD of T at Gaussian noise (of the signed signal)."""
    from cmrmap.relaxometry import get_model, jacobian

    model, t_star = get_model(case.model), t_ms / case.corrected
    j = jacobian(model, case.times_ms, t_star, 1.0, case.offset)
    gradient = np.eye(model.n_parameters)[0]
    if model.look_locker:
        gradient = np.array([case.offset - 1, -t_star * case.offset, t_star])
    return float(np.sqrt(gradient @ np.linalg.inv(j.T @ j) @ gradient) / snr)
