"""Signals of the tissues in every image of a synthetic slice: mapping physics, and beyond physics at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.training.synthetic.tissues import N_TISSUES, Tissue, TissueTable, draw_tissues
from cmrmap.types import Float64Array

#: sequence family and how often it is drawn
FAMILIES: dict[str, float] = {
    "stone": 0.34,
    "molli": 0.14,
    "sasha": 0.07,
    "t2prep": 0.22,
    "mixed": 0.11,
    "random": 0.12,
}


@dataclass(frozen=True, slots=True)
class Contrast:
    """Signed signal of every tissue in every image, (image, tissue); the family tells how it came about."""

    signals: Float64Array
    family: str
    phase_sensitive: bool


def _steady_state_weight(tissues: TissueTable, flip_deg: float) -> Float64Array:
    """Balanced SSFP steady-state signal at TR << T2 (Scheffler, Eur Radiol 2003;13:2409, eq. 6)."""
    cosine = np.cos(np.deg2rad(flip_deg))
    ratio = tissues.t1_ms / tissues.t2_ms
    weight = np.sin(np.deg2rad(flip_deg)) / (ratio + 1 - cosine * (ratio - 1))
    return np.asarray(weight / 0.5, dtype=np.float64)


def _inversion_times(rng: np.random.Generator, n_images: int) -> Float64Array:
    """STONE-like times: two short ones, pairs one heart beat apart, and one image without inversion."""
    beat = rng.uniform(600, 1250)
    short = np.sort(rng.uniform(80, 450, 2))
    long = np.concatenate([[k * beat + rng.uniform(0, 250), k * beat + rng.uniform(0, 400)] for k in range(1, 6)])
    times = np.concatenate([short, long[: max(n_images, 9)], [30000.0]])
    return np.asarray(np.sort(rng.choice(times, n_images, replace=False)), dtype=np.float64)


def draw_contrast(rng: np.random.Generator, n_images: int) -> Contrast:
    """Draw the contrast of one slice's images."""
    names = list(FAMILIES)
    family = str(rng.choice(names, p=np.array(list(FAMILIES.values()))))
    postcontrast = bool(rng.random() < (0.45 if family in ("stone", "molli", "sasha") else 0.1))
    tissues = draw_tissues(rng, postcontrast=postcontrast)
    if family == "random":
        signals = _random_signals(rng, n_images)
        return Contrast(signals, family, False)
    # between proton density and steady state: how much of either the read-out shows depends on the ramp
    steady = _steady_state_weight(tissues, rng.uniform(30, 80)) ** rng.uniform(0.0, 1.0)
    amplitude = tissues.proton_density * steady
    t1 = tissues.t1_ms[None, :]
    t2 = tissues.t2_ms[None, :]
    if family == "t2prep":
        prep = np.sort(rng.uniform(0, 100, n_images))[:, None]
        baseline = rng.uniform(0.0, 0.35)
        shape = (1 - baseline) * np.exp(-prep / t2) + baseline
        if n_images > 1 and rng.random() < 0.6:  # the image that stands for an infinite preparation
            shape[-1] = 1 - np.exp(-rng.uniform(80, 700) / t1[0])
    elif family == "sasha":
        shape = 1 - np.exp(-np.sort(rng.uniform(80, 3000, n_images))[:, None] / t1)
    elif family == "mixed":
        delay = rng.uniform(60, 4000, n_images)[:, None]
        prep = np.where(rng.random((n_images, 1)) < 0.5, rng.uniform(0, 90, (n_images, 1)), 0.0)
        efficiency = np.where(rng.random((n_images, 1)) < 0.5, rng.uniform(1.6, 2.0, (n_images, 1)), 0.0)
        shape = (1 - efficiency * np.exp(-delay / t1)) * np.exp(-prep / t2)
    else:
        times = _inversion_times(rng, n_images)[:, None]
        if family == "molli":
            t1 = t1 * rng.uniform(0.7, 0.95)
        shape = 1 - rng.uniform(1.7, 2.0) * np.exp(-times / t1)
    # fresh blood flows into the slice between preparation and read-out
    inflow = rng.uniform(0.0, 0.25, (n_images, 1)) * (rng.random() < 0.5)
    moving = np.zeros(N_TISSUES, dtype=bool)
    moving[[Tissue.BLOOD, Tissue.RV_BLOOD, Tissue.VESSEL]] = True
    shape = np.where(moving[None, :], shape * (1 - inflow) + inflow, shape)
    return Contrast(np.asarray(amplitude[None, :] * shape), family, bool(rng.random() < 0.06))


def _random_signals(rng: np.random.Generator, n_images: int) -> Float64Array:
    """Intensities that no physics gave; muscle-like and blood-like tissues keep together."""
    signals = rng.uniform(0.03, 1.0, (n_images, N_TISSUES))
    if rng.random() < 0.5:  # one contrast, the images differ by a gain for each tissue
        signals = signals[:1] * rng.uniform(0.5, 1.5, (n_images, N_TISSUES))
    signals[:, [Tissue.AIR, Tissue.LUNG]] *= rng.uniform(0.0, 0.5)
    for copies, source in (
        ((Tissue.RV_BLOOD, Tissue.VESSEL), Tissue.BLOOD),
        ((Tissue.PAPILLARY, Tissue.RV_WALL, Tissue.LESION), Tissue.MYOCARDIUM),
    ):
        for copy in copies:
            signals[:, copy] = signals[:, source] * rng.uniform(0.85, 1.15)
    return np.asarray(signals, dtype=np.float64)
