"""Conditions of the heart that a wide cohort holds: the shape, wall and lesion that each of them gives a patient.

Published native T1 are those of one sequence each, mostly MOLLI or ShMOLLI. The phantom's healthy wall has the true
1150 ms (`cmrmap.phantom.tissue`), so what is taken from them is the ratio of ill to healthy by the same sequence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from cmrmap.phantom.anatomy import N_SLICES, HeartSpread, Lesion
from cmrmap.phantom.tissue import Disease, TissueProperties, myocardium

#: step of a low-discrepancy sequence: any first N patients hold about the shares of `_SHARES`
_STEP = 0.6180339887498949


class Condition(str, Enum):
    """What a patient of a wide cohort has."""

    HEALTHY = "healthy"
    SCAR = "scar"  # of an infarct: from the endocardium outwards
    OEDEMA = "oedema"  # of the whole wall or of a part of it
    AMYLOID = "amyloid"
    IRON = "iron"
    ATHLETE = "athlete"
    DILATED = "dilated"  # a thin wall about a large cavity


#: ours: every condition is met in about a dozen patients
_SHARES: dict[Condition, float] = {
    Condition.HEALTHY: 0.16,
    Condition.SCAR: 0.18,
    Condition.OEDEMA: 0.16,
    Condition.AMYLOID: 0.14,
    Condition.IRON: 0.12,
    Condition.ATHLETE: 0.12,
    Condition.DILATED: 0.12,
}


@dataclass(frozen=True, slots=True)
class Wall:
    """A patient's LV wall at 1.5 T: healthy or diffusely ill muscle, and that of the lesion, if there is one."""

    disease: Disease
    muscle: TissueProperties
    lesion: TissueProperties


def draw_condition(cohort_seed: int, number: int) -> Condition:
    """Draw a patient's condition; the shares hold closely for any number of first patients."""
    place = (np.random.default_rng([cohort_seed, 0, 1]).uniform() + number * _STEP) % 1.0
    borders = np.cumsum(list(_SHARES.values()))
    return list(_SHARES)[min(int(np.searchsorted(borders, place, side="right")), len(_SHARES) - 1)]


def draw_wall(rng: np.random.Generator, condition: Condition) -> Wall:
    """Draw the wall's native T1, T2 and ECV at 1.5 T."""
    healthy = myocardium(
        1150.0 + 25.0 * _bounded(rng),
        min(50.2 + 2.8 * _bounded(rng), 57.0),
        min(26.0 + 1.8 * _bounded(rng), 29.0) / 100,
    )
    return _WALLS[condition](rng, healthy)


def shape_heart(rng: np.random.Generator, condition: Condition, usual: HeartSpread) -> HeartSpread:
    """Return the heart's shape, where the condition has one of its own.

    Sizes are outer radii and mean walls at the base. Athletes: cavities of 54-64 mm and walls of 9.5-11.5 mm; in
    elite endurance athletes the cavity is wider than 60 mm in 55 % of men and 16 % of women, and few septa are thicker
    than 13 mm (Eur J Cardiovasc Prev Rehabil 2010;17:198). Amyloid with a thick wall: 15 +- 2 mm (J Cardiovasc Magn
    Reson 2016;18 Suppl 1:P131), a cavity of 40-48 mm, and an apical wall that leaves a cavity. Dilated: walls normal or
    thin, below 5.5 mm (Francone, ISRN Radiol 2014:365404): 5-6.5 mm, cavities of 64-76 mm. Iron, oedema and scar leave
    the shape.
    """
    if condition is Condition.ATHLETE:
        wall_mm = float(rng.uniform(9.5, 11.5))
        return replace(usual, outer_mm=wall_mm + float(rng.uniform(27.0, 32.0)), wall_mm=wall_mm)
    if condition is Condition.AMYLOID:
        wall_mm = float(rng.uniform(12.5, 16.5))
        return replace(
            usual,
            outer_mm=wall_mm + float(rng.uniform(20.0, 24.0)),
            wall_mm=wall_mm,
            taper=float(rng.uniform(0.26, 0.34)),
            apical_thinning=float(rng.uniform(0.30, 0.45)),
        )
    if condition is Condition.DILATED:
        wall_mm = float(rng.uniform(5.0, 6.5))
        return replace(
            usual,
            outer_mm=wall_mm + float(rng.uniform(32.0, 38.0)),
            wall_mm=wall_mm,
            taper=float(rng.uniform(0.28, 0.40)),
            apical_thinning=float(rng.uniform(0.0, 0.15)),
        )
    return usual


def draw_lesion(rng: np.random.Generator, condition: Condition) -> Lesion:
    """Draw where a lesion lies: one to three neighbouring slices, 40-120 degrees anywhere around.

    Scars reach from the endocardium through 25-100 % of the wall; oedema that is focal goes through all of it or, as in
    myocarditis, lies in its outer 50-80 %.
    """
    n_slices = int(rng.integers(1, 4))
    first = int(rng.integers(0, N_SLICES - n_slices + 1))
    outer, inner = float(rng.uniform(0.25, 1.0)), float(rng.uniform(0.2, 0.5))
    outward = bool(rng.uniform() < 0.5)
    depths = (0.0, outer) if condition is Condition.SCAR else (inner if outward else 0.0, 1.0)
    return Lesion(
        slices=tuple(range(first, first + n_slices)),
        start_rad=float(rng.uniform(0.0, 2.0 * np.pi)),
        width_rad=float(np.deg2rad(rng.uniform(40.0, 120.0))),
        inner_depth=depths[0],
        outer_depth=depths[1],
    )


def _healthy(_: np.random.Generator, healthy: TissueProperties) -> Wall:
    return Wall(Disease.NONE, healthy, healthy)


def _scar(rng: np.random.Generator, healthy: TissueProperties) -> Wall:
    """Native T1 1.12-1.32 times as long, at most as at 3 T (1621 +- 110 of 1225 +- 75 ms in 105 patients: PMC7363195).

    T2 as it was: no longer raised in chronic infarcts (Kali et al., PMC4077784). ECV of 40-58 % (ours).
    """
    lesion = myocardium(
        float(rng.uniform(1.12, 1.32)) * healthy.t1_native_ms,
        healthy.t2_ms + float(rng.uniform(0.0, 3.0)),
        float(rng.uniform(0.40, 0.58)),
    )
    return Wall(Disease.FOCAL, healthy, lesion)


def _oedema(rng: np.random.Generator, healthy: TissueProperties) -> Wall:
    """Draw one of two kinds.

    Diffuse: native T1 1011 of 946 ms in acute myocarditis (Ferreira et al., J Cardiovasc Magn Reson 2014;16:36), up to
    1113 of 944 ms (Ferreira et al., J Cardiovasc Magn Reson 2012;14:42): 1.06-1.18 times; T2 7-18 ms
    longer and an ECV 3-8 points higher (ours). Focal: T1 1.12-1.25 times (as above), T2 73 +- 9 of 51 +- 3 ms (Wassmuth
    et al., J Cardiovasc Magn Reson 2013;15:27), ECV 6-16 points higher (ours).
    """
    if rng.uniform() < 0.5:
        severity = float(rng.uniform(0.0, 1.0))
        wall = myocardium(
            (1.06 + 0.12 * severity) * healthy.t1_native_ms,
            healthy.t2_ms + 7.0 + 11.0 * severity,
            healthy.ecv_fraction + 0.03 + 0.05 * severity,
        )
        return Wall(Disease.DIFFUSE, wall, wall)
    severity = float(rng.uniform(0.0, 1.0))
    lesion = myocardium(
        (1.12 + 0.13 * severity) * healthy.t1_native_ms,
        healthy.t2_ms + 14.0 + 16.0 * severity,
        healthy.ecv_fraction + 0.06 + 0.10 * severity,
    )
    return Wall(Disease.FOCAL, healthy, lesion)


def _amyloid(rng: np.random.Generator, healthy: TissueProperties) -> Wall:
    """ECV of 40-55 %: 44 +- 12 % (Banypersad et al., Eur Heart J 2015;36:244).

    Native T1 1080 +- 87 of 954 ms there and 1140 +- 61 of 958 ms (Karamitsos et al., JACC Cardiovasc Imaging
    2013;6:488): 1.12-1.22 times, longer with more amyloid. T2 54-57 of 48.9 ms (Kotecha et al., J Am Coll Cardiol
    2018;71:2919).
    """
    load = float(rng.uniform(0.0, 1.0))
    wall = myocardium(
        (1.12 + 0.10 * load + 0.02 * _bounded(rng) / 2.0) * healthy.t1_native_ms,
        healthy.t2_ms + float(rng.uniform(2.0, 9.0)),
        0.40 + 0.15 * load,
    )
    return Wall(Disease.DIFFUSE, wall, wall)


def _iron(rng: np.random.Generator, healthy: TissueProperties) -> Wall:
    """Native T1 of 750-950 ms: 0.65-0.83 of healthy.

    795 +- 58 of 941 ms (ShMOLLI, PMC5618724); 377 T2*^0.28 of 1014 ms by MOLLI, 722 ms at a T2* of 10 ms, and 406
    T2*^0.29 of 1165 ms at 3 T (Alam et al., J Cardiovasc Magn Reson 2015;17:102). T2 falls with it: in 24 patients at 3
    T it was 12.9 to 50.1 ms, in healthy hearts 39.6 ms by the same spin echo (Guo et al., J Magn Reson Imaging
    2009;30:394): 26-46 ms here. ECV as in health.
    """
    t1_ms = float(rng.uniform(750.0, 950.0))
    t2_ms = 28.0 + 16.0 * (t1_ms - 750.0) / 200.0 + _bounded(rng)
    wall = myocardium(t1_ms, t2_ms, healthy.ecv_fraction)
    return Wall(Disease.DIFFUSE, wall, wall)


def _athlete(rng: np.random.Generator, healthy: TissueProperties) -> Wall:
    """Native T1 960 of 983 ms in 240 elite athletes (Eur Heart J Cardiovasc Imaging 2025, PMID 40250969).

    ECV of 20.5-25 %: an extracellular mass of 16.3 g/m2 beside a cellular one of 60.7 in athletes of high, 15.3 beside
    48.6 in those of low performance make 21 and 24 % (McDiarmid et al., PMID 27033835).
    """
    wall = myocardium(
        healthy.t1_native_ms - float(rng.uniform(5.0, 40.0)), healthy.t2_ms, float(rng.uniform(0.205, 0.25))
    )
    return Wall(Disease.NONE, wall, wall)


def _dilated(rng: np.random.Generator, healthy: TissueProperties) -> Wall:
    """Native T1 1288 of 1209 ms where nothing enhances late (Yanagisawa et al., Magn Reson Med Sci 2018;18:12).

    So 1.03-1.10 times. ECV of 28-36 %: 35.4 +- 2.7 % (Radiol Med 2017;122:106).
    """
    wall = myocardium(
        float(rng.uniform(1.03, 1.10)) * healthy.t1_native_ms,
        healthy.t2_ms + float(rng.uniform(0.0, 4.0)),
        float(rng.uniform(0.28, 0.36)),
    )
    return Wall(Disease.DIFFUSE, wall, wall)


_WALLS: dict[Condition, Callable[[np.random.Generator, TissueProperties], Wall]] = {
    Condition.HEALTHY: _healthy,
    Condition.SCAR: _scar,
    Condition.OEDEMA: _oedema,
    Condition.AMYLOID: _amyloid,
    Condition.IRON: _iron,
    Condition.ATHLETE: _athlete,
    Condition.DILATED: _dilated,
}


def _bounded(rng: np.random.Generator) -> float:
    """Return a standard normal number cut at +-2."""
    return float(np.clip(rng.standard_normal(), -2.0, 2.0))
