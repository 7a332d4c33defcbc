"""Tissues of the synthetic thorax and the ranges their relaxation times are drawn from.

Ranges are deliberately wider than physiology at 1.5 and 3 T (Stanisz, MRM 2005;54:507; Bottomley, Med Phys
1984;11:425; for blood and myocardium the normal and diseased values of Messroghli, JCMR 2017;19:75): the network
must not learn a grey value, it must learn a shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from cmrmap.core.arrays import Float64Array


class Tissue(IntEnum):
    """Values of a synthetic tissue image."""

    AIR = 0
    LUNG = 1
    MYOCARDIUM = 2
    BLOOD = 3
    RV_BLOOD = 4
    PAPILLARY = 5
    LESION = 6
    RV_WALL = 7
    FAT = 8
    SKELETAL_MUSCLE = 9
    LIVER = 10
    VESSEL = 11
    STOMACH = 12
    SPLEEN = 13
    BONE = 14
    INK = 15  # the dark line where fat and water cancel within a pixel of a balanced SSFP image
    OTHER_1 = 16
    OTHER_2 = 17
    OTHER_3 = 18
    OTHER_4 = 19


N_TISSUES = len(Tissue)

# T1 native (ms), T1 post-contrast (ms), T2 (ms), T2* (ms), proton density
_RANGES: dict[Tissue, tuple[tuple[float, float], ...]] = {
    Tissue.AIR: ((500, 1500), (500, 1500), (20, 60), (1, 5), (0.0, 0.02)),
    Tissue.LUNG: ((900, 1400), (400, 900), (20, 50), (1, 6), (0.02, 0.18)),
    Tissue.MYOCARDIUM: ((850, 1400), (280, 700), (35, 75), (5, 45), (0.7, 0.95)),
    Tissue.BLOOD: ((1250, 2100), (140, 520), (90, 280), (40, 250), (0.8, 1.0)),
    Tissue.FAT: ((220, 420), (220, 420), (50, 110), (8, 40), (0.75, 1.0)),
    Tissue.SKELETAL_MUSCLE: ((800, 1250), (450, 900), (28, 48), (12, 35), (0.65, 0.9)),
    Tissue.LIVER: ((450, 950), (220, 600), (30, 65), (2, 35), (0.65, 0.95)),
    Tissue.STOMACH: ((300, 4000), (300, 4000), (40, 900), (2, 200), (0.1, 1.0)),
    Tissue.SPLEEN: ((950, 1450), (300, 700), (55, 100), (5, 60), (0.7, 0.95)),
    Tissue.BONE: ((300, 1000), (250, 900), (30, 90), (1, 20), (0.1, 0.7)),
}
_ANY = ((250, 3000), (200, 2500), (25, 400), (3, 150), (0.05, 1.0))
_NO_REFLOW_SHARE = 0.25  # of post-contrast lesions: their core takes up no contrast agent


@dataclass(frozen=True, slots=True)
class TissueTable:
    """Relaxation times and proton density, one entry per ``Tissue``; ms and arbitrary units."""

    t1_ms: Float64Array
    t2_ms: Float64Array
    t2_star_ms: Float64Array
    proton_density: Float64Array


def draw_tissues(rng: np.random.Generator, *, postcontrast: bool) -> TissueTable:
    """Draw one patient's tissue table."""
    t1 = np.empty(N_TISSUES)
    t2 = np.empty(N_TISSUES)
    t2_star = np.empty(N_TISSUES)
    density = np.empty(N_TISSUES)
    for tissue in Tissue:
        ranges = _RANGES.get(tissue, _ANY)
        t1[tissue] = rng.uniform(*ranges[1 if postcontrast else 0])
        t2[tissue] = rng.uniform(*ranges[2])
        t2_star[tissue] = min(rng.uniform(*ranges[3]), 0.95 * t2[tissue])
        density[tissue] = rng.uniform(*ranges[4])
    myocardium, blood = Tissue.MYOCARDIUM, Tissue.BLOOD
    for copy, source, spread in (
        (Tissue.RV_BLOOD, blood, 0.06),
        (Tissue.VESSEL, blood, 0.1),
        (Tissue.PAPILLARY, myocardium, 0.04),
        (Tissue.RV_WALL, myocardium, 0.08),
    ):
        for values in (t1, t2, t2_star, density):
            values[copy] = values[source] * rng.uniform(1 - spread, 1 + spread)
    if postcontrast and rng.random() < _NO_REFLOW_SHARE:
        change = rng.uniform(1.0, 1.6)
    else:
        change = rng.uniform(0.45, 0.9) if postcontrast else rng.uniform(1.05, 1.4)
    t1[Tissue.LESION] = t1[myocardium] * change
    t2[Tissue.LESION] = t2[myocardium] * rng.uniform(0.9, 1.6)  # edema
    t2_star[Tissue.LESION] = t2_star[myocardium] * rng.uniform(0.5, 1.3)  # haemorrhage shortens it
    density[Tissue.LESION] = density[myocardium]
    density[Tissue.INK] = rng.uniform(0.0, 0.3)
    return TissueTable(t1, t2, t2_star, density)
