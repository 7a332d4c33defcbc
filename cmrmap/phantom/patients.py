"""One virtual patient of a cohort: anatomy, tissue, rhythm and scan drawn from the spread seen in patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import ModelName
from cmrmap.phantom.acquisition import AcquisitionParameters
from cmrmap.phantom.anatomy import HeartSpread, draw_anatomy
from cmrmap.phantom.conditions import draw_condition, draw_lesion, draw_wall, shape_heart
from cmrmap.phantom.field_strength import USUAL_FIELD, FieldStrength
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import (
    SeriesParameters,
    StudyParameters,
    draw_states,
    draw_times,
    random_stream,
)
from cmrmap.phantom.sequences import SEQUENCES, T2_PREPARATION_TIMES_MS
from cmrmap.phantom.t1_protocols import T1Protocol
from cmrmap.phantom.tissue import Disease, TissueSet, compose_tissues, myocardium, with_wall

#: raised means above these, as in Zhu et al., Radiology: AI 2020;2(1)
RAISED_T2_MS = 58.0
RAISED_ECV_PERCENT = 29.0
#: shares of patients with a raised mean: 35 of 276 and 96 of 237 in the paper, about 10 and 35 % here
_RAISED_T2_SHARE, _RAISED_ECV_SHARE = 0.10, 0.35
_FOCAL_SHARE = 0.30
#: SD of a laboratory's hematocrit, relative: Dot et al., Arch Pathol Lab Med 1992;116:825
_LABORATORY_CV = 0.0145
#: steps of two low-discrepancy sequences: any first N patients hold about the shares above
_STEPS = (0.6180339887498949, 0.41421356237309515)


@dataclass(frozen=True, slots=True)
class Group:
    """What is wrong with a patient."""

    raised_t2: bool
    raised_ecv: bool
    focal: bool


def patient_seed(cohort_seed: int, number: int) -> int:
    """Seed of patient ``number`` (from 1): the same for every size of the cohort."""
    return int(np.random.SeedSequence([cohort_seed, number]).generate_state(1)[0])


def draw_group(cohort_seed: int, number: int) -> Group:
    """Draw a patient's group; the shares hold closely for any number of first patients."""
    start = np.random.default_rng([cohort_seed, 0]).uniform(0.0, 1.0, 2)
    t2, ecv = ((start[axis] + number * step) % 1.0 for axis, step in enumerate(_STEPS))
    focal = bool(np.random.default_rng([cohort_seed, number, 1]).uniform() < _FOCAL_SHARE)
    return Group(bool(t2 < _RAISED_T2_SHARE), bool(ecv < _RAISED_ECV_SHARE), focal)


def measured_hematocrit(cohort_seed: int, number: int, true_fraction: float) -> float:
    """Return what a laboratory measures of a patient's hematocrit, a fraction.

    Parameters
    ----------
    cohort_seed, number : of the patient
    true_fraction : the patient's
    """
    return true_fraction * (1.0 + _LABORATORY_CV * float(np.random.default_rng([cohort_seed, number, 3]).normal()))


def draw_patient(
    cohort_seed: int,
    number: int,
    protocols: Mapping[MapKind, T1Protocol] | None = None,
    *,
    wide: bool = False,
    magnet: FieldStrength = USUAL_FIELD,
    t2_times_ms: Sequence[float] = T2_PREPARATION_TIMES_MS,
    echo_train: bool = False,
) -> StudyParameters:
    """Draw patient ``number`` (from 1) of a cohort.

    Anatomy and acquisition are uniform or log-normal over what is seen in practice; see the sources in the code. What
    one option changes leaves all else of the patient as it is.

    Parameters
    ----------
    cohort_seed, number : of the patient
    protocols : T1 series that are simulated in STONE's place
    wide : the patient has one of `cmrmap.phantom.conditions.Condition`
    magnet : in which the patient is scanned
    t2_times_ms : T2-prep durations of every slice, ascending; infinity is the saturation-prepared image
    echo_train : T2 is a spin-echo train with these echo times
    """
    seed, group = patient_seed(cohort_seed, number), draw_group(cohort_seed, number)
    rng = np.random.default_rng([cohort_seed, number, 2])
    acquisition = _draw_acquisition(rng)
    if magnet is not USUAL_FIELD:
        acquisition = magnet.acquisition(acquisition, np.random.default_rng([cohort_seed, number, 4]))
    heart_rate_bpm = float(np.clip(rng.normal(70.0, 12.0), 48.0, 110.0))
    snr = float(np.clip(26.0 * np.exp(0.4 * rng.standard_normal()), 8.0, 70.0))
    motion = float(np.clip(np.exp(0.35 * rng.standard_normal()), 0.3, 2.2))
    disease = Disease.FOCAL if group.focal else Disease.DIFFUSE if group.raised_t2 or group.raised_ecv else Disease.NONE
    spread, condition, lesion = _draw_spread(rng), None, None
    tissues = _draw_tissues(random_stream(seed, "tissue"), group)
    if wide:
        own = np.random.default_rng([cohort_seed, number, 5])  # 3 is the laboratory's
        condition = draw_condition(cohort_seed, number)
        spread, lesion = shape_heart(own, condition, spread), draw_lesion(own, condition)
        wall = draw_wall(own, condition)
        disease, tissues = wall.disease, with_wall(tissues, wall.muscle, wall.lesion)
    anatomy = draw_anatomy(random_stream(seed, "anatomy"), disease, spread)
    if lesion is not None and disease is Disease.FOCAL:
        anatomy = replace(anatomy, lesion=lesion)
    series = []
    for index, sequence in enumerate(SEQUENCES):
        if not sequence.usual:
            continue
        protocol, n_slices = (protocols or {}).get(sequence.kind), len(anatomy.heart)
        times, images = draw_times(rng, sequence, protocol, n_slices, heart_rate_bpm, acquisition.rr_variation)
        model: ModelName | None = None
        is_train = echo_train and sequence.kind is MapKind.T2
        if sequence.kind is MapKind.T2:
            times, model = (tuple(t2_times_ms),) * n_slices, None if np.inf in t2_times_ms else "t2_2p"
        states = []
        for slice_number in range(n_slices):
            stream = random_stream(seed, "motion", index, slice_number)
            drawn = draw_states(stream, sequence, len(times[slice_number]), motion)
            states.append(_mistime(drawn, acquisition.mistimed_share, stream))
        series.append(SeriesParameters(sequence.kind, times, tuple(states), protocol, images, model, is_train))
    return StudyParameters(
        seed=seed,
        disease=disease,
        snr=snr,
        motion=motion,
        heart_rate_bpm=heart_rate_bpm,
        anatomy=anatomy,
        tissues=tissues if magnet is USUAL_FIELD else magnet.tissues(tissues),
        series=tuple(series),
        acquisition=acquisition,
        condition=condition,
    )


def _draw_spread(rng: np.random.Generator) -> HeartSpread:
    """Outer diameters of 58-84 mm and walls of 6.5-13 mm at the base: women's small hearts to hypertrophy.

    Kawel-Boehm et al., J Cardiovasc Magn Reson 2020;22:87. The apical slice loses 30-50 % of the radius, and its
    borders lie oblique in an 8 mm slice; half of the basal slices reach into the outflow tract.
    """
    return HeartSpread(
        size=float(rng.uniform(0.88, 1.12)),
        wall=float(rng.uniform(0.82, 1.28)),
        taper=float(rng.uniform(0.30, 0.50)),
        apical_thinning=float(rng.uniform(0.05, 0.40)),
        outflow=float(rng.uniform(0.15, 0.6)) if rng.uniform() < 0.5 else 0.0,
        through_plane_base=float(rng.uniform(0.0, 0.05)),
        through_plane_apex=float(rng.uniform(0.02, 0.16)),
    )


def _draw_acquisition(rng: np.random.Generator) -> AcquisitionParameters:
    """One patient in ten has an irregular rhythm, one in five ghosts, one in five an off-resonance band."""
    irregular, ghosts, band = (bool(rng.uniform() < share) for share in (0.1, 0.2, 0.2))
    return AcquisitionParameters(
        point_spread_mm=float(rng.uniform(1.0, 2.4)),
        coil_strength=float(rng.uniform(0.3, 1.8)),
        t2_preparation_delay_ms=float(rng.uniform(20.0, 150.0)),
        rr_variation=float(rng.uniform(0.06, 0.15) if irregular else rng.uniform(0.01, 0.04)),
        mistimed_share=float(rng.uniform(0.05, 0.15) if irregular else 0.01),
        ghost_amplitude=float(rng.uniform(0.04, 0.12)) if ghosts else 0.0,
        band_depth=float(rng.uniform(0.3, 0.7)) if band else 0.0,
    )


def _mistime(states: tuple[MotionState, ...], share: float, rng: np.random.Generator) -> tuple[MotionState, ...]:
    """Images after an extra beat show another cardiac phase: a contraction of 8-22 % instead of a few percent."""
    hit = rng.uniform(size=len(states)) < share
    depth = rng.uniform(0.08, 0.22, len(states))
    return tuple(
        replace(state, contraction=float(much)) if wrong else state
        for state, wrong, much in zip(states, hit, depth, strict=True)
    )


def _draw_tissues(rng: np.random.Generator, group: Group) -> TissueSet:
    """Wall and lesion with means and spreads of the paper's groups (its Table 3).

    T2 50.2 +- 2.8 ms below 58 ms, else 63.6 +- 4; ECV 26.0 +- 1.8 % below 29 %, else 32.6 +- 3. Hematocrit 0.42 +-
    0.04; blood T1 follows from it (Treibel et al., JACC Cardiovasc Imaging 2016;9:54). Native T1 rises with both.
    """
    hematocrit = float(np.clip(rng.normal(0.42, 0.04), 0.28, 0.54))
    blood_t1_ms = 866.0 / (hematocrit + 0.1232) + float(rng.normal(0.0, 30.0))
    blood_t1_post_ms = float(rng.uniform(290.0, 430.0))
    t2_healthy, ecv_healthy = _below(rng, 50.2, 2.8, RAISED_T2_MS), _below(rng, 26.0, 1.8, RAISED_ECV_PERCENT)
    t2_rise = float(np.clip(rng.gamma(2.0, 2.8), 0.0, 24.0))
    ecv_rise = float(np.clip(rng.gamma(1.5, 2.4), 0.0, 20.0))
    t2_ms = RAISED_T2_MS + t2_rise if group.raised_t2 else t2_healthy
    ecv = RAISED_ECV_PERCENT + ecv_rise if group.raised_ecv else ecv_healthy
    t1_ms = 1150.0 + float(rng.normal(0.0, 25.0)) + 9.0 * (ecv - 26.0) + 6.0 * (t2_ms - 50.2)
    oedema = bool(rng.uniform() < 0.5)
    severity = float(rng.uniform(0.7, 1.3))
    wall = myocardium(t1_ms, t2_ms, ecv / 100.0)
    lesion = myocardium(
        t1_ms + severity * 130.0,
        t2_ms + (severity * 16.0 if oedema else 0.0),
        min((ecv + severity * 13.0) / 100.0, 0.58),
    )
    return compose_tissues(hematocrit, blood_t1_ms, blood_t1_post_ms, wall, lesion)


def _below(rng: np.random.Generator, mean: float, sd: float, limit: float) -> float:
    """Draw from a normal distribution cut at ``limit`` above and 3 SD below."""
    values = mean + sd * rng.standard_normal(64)
    return float(values[(values < limit) & (values > mean - 3.0 * sd)][0])
