"""Signals of the tissues in every image of a synthetic slice: mapping physics, and beyond physics at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.signal import bssfp_amplitude, look_locker, saturation_recovery, t2_preparation
from cmrmap.training.synthetic.tissues import N_TISSUES, Tissue, TissueTable, draw_tissues

#: sequence family and how often it is drawn
FAMILIES: dict[str, float] = {
    "stone": 0.26,
    "molli": 0.18,
    "sasha": 0.07,
    "t2prep": 0.2,
    "t2star": 0.06,
    "mixed": 0.09,
    "random": 0.1,
    "map": 0.04,
}
_MAPS_ALONE = 0.6  # of the slices with one image: a scanner's map without anything beside it
_MOLLI_RATIO = (1.7, 2.9)  # B/A: 2 and less where nothing disturbs the recovery, up to 2.9 by the readouts between
_DARK_BLOOD_SHARE = {"t2star": 0.5, "t2prep": 0.12}  # spin echoes and double-inversion preparations show blood dark
_SPOILED_SHARE = 0.15  # spoiled gradient echoes in place of balanced ones
_FLOW_SHARE = 0.15  # of slices in which the blood of the two ventricles differs from image to image
_BLOOD = [Tissue.BLOOD, Tissue.RV_BLOOD, Tissue.VESSEL]


@dataclass(frozen=True, slots=True)
class Contrast:
    """What every tissue looks like in every image.

    Attributes
    ----------
    signals : (image, tissue) signed signal; of maps their values, ms
    family : tells how it came about
    phase_sensitive : whether the images keep their sign
    density : (tissue,) proton density where the images are maps, whose noise depends on it; None: weighted images
    """

    signals: Float64Array
    family: str
    phase_sensitive: bool
    density: Float64Array | None = None


def _inversion_times(rng: np.random.Generator, n_images: int) -> Float64Array:
    """STONE-like times: two short ones, pairs one heart beat apart, and one image without inversion."""
    beat = rng.uniform(600, 1250)
    short = np.sort(rng.uniform(80, 450, 2))
    long = np.concatenate([[k * beat + rng.uniform(0, 250), k * beat + rng.uniform(0, 400)] for k in range(1, 6)])
    times = np.concatenate([short, long[: max(n_images, 9)], [30000.0]])
    return np.asarray(np.sort(rng.choice(times, n_images, replace=False)), dtype=np.float64)


def draw_contrast(rng: np.random.Generator, n_images: int, family: str | None = None) -> Contrast:
    """Draw the contrast of one slice's images, of a family of ``FAMILIES``; None: of any."""
    if family is None:
        names = list(FAMILIES)
        family = str(rng.choice(names, p=np.array(list(FAMILIES.values()))))
        if n_images == 1 and rng.random() < _MAPS_ALONE:
            family = "map"
    postcontrast = bool(rng.random() < (0.45 if family in ("stone", "molli", "sasha", "map") else 0.1))
    tissues = draw_tissues(rng, postcontrast=postcontrast)
    if family == "random":
        signals = _random_signals(rng, n_images)
        return Contrast(signals, family, False)
    if family == "map":
        return Contrast(_map_values(rng, n_images, tissues), family, False, tissues.proton_density)
    t1, t2 = tissues.t1_ms[None, :], (tissues.t2_star_ms if family == "t2star" else tissues.t2_ms)[None, :]
    amplitude = _amplitude(rng, family, tissues)
    signals = amplitude * _recovery(rng, family, n_images, t1, t2)
    # fresh blood flows into the slice between preparation and read-out
    inflow = rng.uniform(0.0, 0.25, (n_images, 1)) * (rng.random() < 0.5)
    moving = np.zeros(N_TISSUES, dtype=bool)
    moving[_BLOOD] = True
    signals = np.where(moving, signals * (1 - inflow) + amplitude * inflow, signals)
    if rng.random() < _DARK_BLOOD_SHARE.get(family, 0.0):
        signals[:, _BLOOD] *= rng.uniform(0.03, 0.35)
    if rng.random() < _FLOW_SHARE:  # turbulence and saturation, in the right ventricle above all
        signals[:, Tissue.RV_BLOOD] *= rng.uniform(0.5, 1.25, n_images)
        signals[:, Tissue.BLOOD] *= rng.uniform(0.85, 1.1, n_images)
    return Contrast(np.asarray(signals, dtype=np.float64), family, bool(rng.random() < 0.06))


def _amplitude(rng: np.random.Generator, family: str, tissues: TissueTable) -> Float64Array:
    """(1, tissue) signal of an image without preparation."""
    t1, t2 = tissues.t1_ms[None, :], tissues.t2_ms[None, :]
    if family == "t2star" or rng.random() < _SPOILED_SHARE:
        # the steady state of a spoiled gradient echo (Ernst and Anderson, Rev Sci Instrum 1966;37:93)
        angle, recovered = np.deg2rad(rng.uniform(5, 40)), 1 - np.exp(-np.exp(rng.uniform(1.0, 6.7)) / t1)
        spoiled = tissues.proton_density * recovered * np.sin(angle) / (1 - (1 - recovered) * np.cos(angle))
        return np.asarray(spoiled / spoiled.max(), dtype=np.float64)
    # an early centre of k-space shows proton density, a late one the steady state
    return bssfp_amplitude(
        tissues.proton_density, t1, t2, flip_angle_deg=rng.uniform(30, 80), centre_time_ms=rng.uniform(5, 250)
    )


def _map_values(rng: np.random.Generator, n_images: int, tissues: TissueTable) -> Float64Array:
    """(image, tissue) ms of a scanner's maps: T1, T2 or T2*; several images are several maps of one slice."""
    tables = np.stack([tissues.t1_ms, tissues.t2_ms, tissues.t2_star_ms])
    kinds = rng.choice(3, n_images, p=[0.55, 0.35, 0.1])
    # each map has a bias of its own: magnetisation transfer, imperfect pulses
    return np.asarray(tables[kinds] * rng.uniform(0.9, 1.1, (n_images, N_TISSUES)) ** 0.5, dtype=np.float64)


def _recovery(
    rng: np.random.Generator, family: str, n_images: int, t1_ms: Float64Array, t2_ms: Float64Array
) -> Float64Array:
    """Signal relative to the unprepared one, (image, tissue), by the phantom's equations; T2* for "t2star"."""
    if family == "t2star":
        spacing = rng.uniform(1.0, 2.6)
        echoes = rng.uniform(1.0, 3.0) + spacing * np.arange(n_images)
        return t2_preparation(1.0, t2_ms, rng.uniform(0.0, 0.08), echoes[:, None])
    if family == "t2prep":
        baseline = rng.uniform(0.0, 0.35)
        shape = t2_preparation(1 - baseline, t2_ms, baseline, np.sort(rng.uniform(0, 100, n_images))[:, None])
        if n_images > 1 and rng.random() < 0.6:  # the image that stands for an infinite preparation
            shape[-1] = saturation_recovery(1.0, t1_ms, rng.uniform(80, 700))[0]
        return shape
    if family == "sasha":
        return saturation_recovery(1.0, t1_ms, np.sort(rng.uniform(80, 3000, n_images))[:, None])
    if family == "mixed":
        inverted = rng.random((n_images, 1)) < 0.5
        efficiency = np.where(inverted, rng.uniform(1.6, 2.0, (n_images, 1)), 0.0)
        prepared = np.where(rng.random((n_images, 1)) < 0.5, rng.uniform(0, 90, (n_images, 1)), 0.0)
        recovered = saturation_recovery(1.0, t1_ms, rng.uniform(60, 4000, (n_images, 1)), efficiency)
        return np.asarray(recovered * t2_preparation(1.0, t2_ms, 0.0, prepared), dtype=np.float64)
    times = _inversion_times(rng, n_images)[:, None]
    if family == "molli":
        return look_locker(1.0, t1_ms, rng.uniform(*_MOLLI_RATIO), times)
    # an inversion is a saturation of efficiency up to 2
    return saturation_recovery(1.0, t1_ms, times, rng.uniform(1.7, 2.0))


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
