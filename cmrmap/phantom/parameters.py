"""Everything that defines one phantom study, drawn from a seed in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.acquisition import AcquisitionParameters
from cmrmap.phantom.anatomy import AnatomyParameters, draw_anatomy
from cmrmap.phantom.heart_motion import MotionState, draw_motion
from cmrmap.phantom.tissue import Disease, TissueSet, draw_tissues

#: the T2-prep durations of every slice; infinity is the saturation-prepared image
T2_PREPARATION_TIMES_MS = (0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0, np.inf)
#: written for the STONE image without an inversion
NO_INVERSION_MS = 30000.0
FIELD_STRENGTH_T = 1.5
_FIRST_INVERSION_TIMES_MS = (193.0, 350.0)
_N_HEARTBEATS = 5
#: streams of random numbers; each purpose has its own so that one option does not disturb another
_STREAMS = {"anatomy": 1, "tissue": 2, "timing": 3, "motion": 4, "texture": 5, "noise": 6, "artefact": 7}


@dataclass(frozen=True, slots=True)
class SeriesParameters:
    """One series: its weighting times in ms, ascending, and the heart's state, both as [slice][time]."""

    kind: MapKind
    times_ms: tuple[tuple[float, ...], ...]
    motion: tuple[tuple[MotionState, ...], ...]


@dataclass(frozen=True, slots=True)
class StudyParameters:
    """One virtual patient and how the patient was scanned.

    Attributes
    ----------
    snr : mean signal of the LV myocardium in the unprepared images of a series (STONE without inversion, T2-prep 0 ms)
        over the noise standard deviation of one receiver channel; infinity is no noise
    motion : amplitude; 0 none, 1 the usual
    """

    seed: int
    disease: Disease
    snr: float
    motion: float
    heart_rate_bpm: float
    anatomy: AnatomyParameters
    tissues: TissueSet
    series: tuple[SeriesParameters, ...]
    acquisition: AcquisitionParameters = field(default_factory=AcquisitionParameters)

    def __post_init__(self) -> None:
        if not self.snr > 0:
            raise InputError(f"snr must be > 0 (infinity: no noise); found {self.snr:g}")
        if not (np.isfinite(self.motion) and self.motion >= 0):
            raise InputError(f"motion must be a finite amplitude >= 0; found {self.motion:g}")
        n_slices = len(self.anatomy.heart)
        for item in self.series:
            counts = [len(times) for times in item.times_ms]
            if len(counts) != n_slices or counts != [len(states) for states in item.motion]:
                raise InputError(f"{item.kind.value}: times and motion must be given for each of {n_slices} slices")


def random_stream(seed: int, purpose: str, *indices: int) -> np.random.Generator:
    """Return the generator of one purpose (and slice, image ...) of one study."""
    return np.random.default_rng([seed, _STREAMS[purpose], *indices])


def draw_study_parameters(
    *,
    seed: int = 1,
    snr: float = 30.0,
    disease: Disease | str = Disease.NONE,
    motion: bool | float = True,
) -> StudyParameters:
    """Draw a study: native and post-contrast STONE with 11 inversion times, T2-prep with 9, five slices each.

    Anatomy, healthy tissue values, heart rate and motion pattern depend on the seed only, so that studies that differ
    in one option can be compared image by image.

    Parameters
    ----------
    seed : not negative
    snr : see `StudyParameters`
    disease : "none", "diffuse" or "focal"
    motion : True and False mean amplitude 1 and 0

    Raises
    ------
    InputError
        An option out of its range; the message names it.
    """
    if seed < 0:
        raise InputError(f"seed must be >= 0; found {seed}")
    if not (np.isfinite(motion) and motion >= 0):
        raise InputError(f"motion must be a finite amplitude >= 0; found {motion:g}")
    try:
        disease = Disease(disease)
    except ValueError:
        known = ", ".join(item.value for item in Disease)
        raise InputError(f"disease must be one of {known}; found {disease!r}") from None
    anatomy = draw_anatomy(random_stream(seed, "anatomy"), disease)
    timing = random_stream(seed, "timing")
    heart_rate_bpm = float(timing.uniform(58.0, 78.0))
    n_slices = len(anatomy.heart)
    series = []
    for index, kind in enumerate((MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2)):
        if kind is MapKind.T2:
            times: tuple[tuple[float, ...], ...] = (T2_PREPARATION_TIMES_MS,) * n_slices
        else:
            times = tuple(stone_inversion_times_ms(timing, heart_rate_bpm) for _ in range(n_slices))
        states = tuple(
            draw_motion(random_stream(seed, "motion", index, number), len(times[number]), float(motion))
            for number in range(n_slices)
        )
        series.append(SeriesParameters(kind, times, states))
    return StudyParameters(
        seed=seed,
        disease=disease,
        snr=float(snr),
        motion=float(motion),
        heart_rate_bpm=heart_rate_bpm,
        anatomy=anatomy,
        tissues=draw_tissues(random_stream(seed, "tissue"), disease),
        series=tuple(series),
    )


def stone_inversion_times_ms(
    rng: np.random.Generator, heart_rate_bpm: float, rr_variation: float = 0.02
) -> tuple[float, ...]:
    """Draw the 11 inversion times of one slice: two inversions, five heartbeats each, and one without inversion.

    The k-th image after an inversion is acquired k heartbeats later, so the times follow the heart rate and its beat-
    to-beat variation: for example 193, 350, 1090, 1218, 1959, 2106, ... 30000 ms at 68 beats a minute (Weingartner et
    al., Magn Reson Med 2015;74:115-124). Whole ms, ascending.
    """
    interval_ms = 60000.0 / heart_rate_bpm
    times = [NO_INVERSION_MS]
    for first in _FIRST_INVERSION_TIMES_MS:
        beats = interval_ms * (1.0 + rr_variation * np.clip(rng.standard_normal(_N_HEARTBEATS - 1), -2.0, 2.0))
        times += [first, *(first + np.cumsum(beats)).round().tolist()]
    return tuple(sorted(float(time) for time in times))
