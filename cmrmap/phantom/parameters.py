"""Everything that defines one phantom study, drawn from a seed in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.relaxation_models import ModelName, get_model
from cmrmap.phantom.acquisition import AcquisitionParameters
from cmrmap.phantom.anatomy import AnatomyParameters, draw_anatomy
from cmrmap.phantom.conditions import Condition
from cmrmap.phantom.heart_motion import MotionState, draw_motion
from cmrmap.phantom.heartbeats import PreparedImages
from cmrmap.phantom.sequences import SEQUENCES, PhantomSequence
from cmrmap.phantom.t1_protocols import T1Protocol
from cmrmap.phantom.tissue import Disease, TissueSet, draw_tissues

_RR_VARIATION = 0.02
#: a study's mean heart rate can be asked for within these
SLOWEST_BPM, FASTEST_BPM = 40.0, 120.0
#: streams of random numbers; each purpose has its own so that one option does not disturb another
_STREAMS = {"anatomy": 1, "tissue": 2, "timing": 3, "motion": 4, "texture": 5, "noise": 6, "artefact": 7}


@dataclass(frozen=True, slots=True)
class SeriesParameters:
    """One series: its weighting times in ms, ascending, and the heart's state, both as [slice][time].

    Attributes
    ----------
    protocol : of a T1 series whose readouts are simulated; None: the sequence that the phantom usually has
    images : with a protocol, the events of each slice
    model : that users fit where the times are not the usual ones; None: that of the protocol, else the usual one
    echo_train : a T2 series is the echoes of one spin-echo train instead of T2-prepared images
    """

    kind: MapKind
    times_ms: tuple[tuple[float, ...], ...]
    motion: tuple[tuple[MotionState, ...], ...]
    # not part of what is printed: the UIDs of usual studies are made from it
    protocol: T1Protocol | None = field(default=None, repr=False)
    images: tuple[PreparedImages, ...] = field(default=(), repr=False)
    model: ModelName | None = field(default=None, repr=False)
    echo_train: bool = field(default=False, repr=False)

    def __post_init__(self) -> None:
        if self.protocol is not None and len(self.images) != len(self.times_ms):
            raise InputError(
                f"{self.kind.value}: {self.protocol.name} needs the events of each of {len(self.times_ms)} slices; "
                f"found {len(self.images)}"
            )

    @property
    def fitted_model(self) -> ModelName:
        """What users fit to the series."""
        usual = get_model(self.kind.spec.standard_model).name if self.protocol is None else self.protocol.model
        return self.model or usual

    def only(self, slices: slice) -> SeriesParameters:
        """Return the series of some of its slices."""
        return replace(self, times_ms=self.times_ms[slices], motion=self.motion[slices], images=self.images[slices])


@dataclass(frozen=True, slots=True)
class StudyParameters:
    """One virtual patient and how the patient was scanned.

    Attributes
    ----------
    seed : of every random number
    disease : what is wrong with the myocardium
    snr : mean signal of the LV myocardium in the unprepared images of a series (STONE without inversion, T2-prep 0 ms;
        MOLLI at its longest inversion time) over the noise standard deviation of one receiver channel; infinity is
        no noise
    motion : amplitude; 0 none, 1 the usual
    heart_rate_bpm : mean beats a minute
    anatomy : shapes and places of heart and torso
    tissues : T1, T2, proton density and ECV of every tissue
    series : of every map that has its own
    acquisition : of the images, the same for all series
    condition : of the heart, for a patient of a wide cohort

    Raises
    ------
    InputError
        an SNR or a motion out of range, or series whose slices do not match the anatomy's
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
    # not part of what is printed: the UIDs of usual studies are made from it
    condition: Condition | None = field(default=None, repr=False)

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
    also: Sequence[MapKind] = (),
    protocols: Mapping[MapKind, T1Protocol] | None = None,
    heart_rate_bpm: float | None = None,
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
    also : maps beside the usual ones that the study has a series for
    protocols : T1 series that are simulated in STONE's place, see `cmrmap.phantom.t1_protocols.t1_protocols`
    heart_rate_bpm : mean beats a minute; None draws it

    Returns
    -------
    StudyParameters
        the same arguments give the same

    Raises
    ------
    InputError
        An option out of its range; the message names it.

    Examples
    --------
    >>> study = draw_study_parameters(seed=7, disease="focal")
    >>> study.disease.value, [one.kind.value for one in study.series]
    ('focal', ['native_t1', 'postcontrast_t1', 't2'])
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
    drawn_bpm = float(timing.uniform(58.0, 78.0))
    heart_rate_bpm = drawn_bpm if heart_rate_bpm is None else heart_rate_bpm
    if not SLOWEST_BPM <= heart_rate_bpm <= FASTEST_BPM:
        raise InputError(
            f"the heart rate must be {SLOWEST_BPM:g} to {FASTEST_BPM:g} beats a minute; found {heart_rate_bpm:g}"
        )
    n_slices = len(anatomy.heart)
    series = []
    for index, sequence in enumerate(SEQUENCES):
        if not (sequence.usual or sequence.kind in also):
            continue
        protocol = (protocols or {}).get(sequence.kind)
        times, images = draw_times(timing, sequence, protocol, n_slices, heart_rate_bpm, _RR_VARIATION)
        states = tuple(
            draw_states(random_stream(seed, "motion", index, number), sequence, len(times[number]), float(motion))
            for number in range(n_slices)
        )
        series.append(SeriesParameters(sequence.kind, times, states, protocol, images))
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


def draw_times(
    rng: np.random.Generator,
    sequence: PhantomSequence,
    protocol: T1Protocol | None,
    n_slices: int,
    heart_rate_bpm: float,
    rr_variation: float,
) -> tuple[tuple[tuple[float, ...], ...], tuple[PreparedImages, ...]]:
    """Draw the weighting times of every slice, ascending, and with a protocol the events that they belong to."""
    if protocol is None:
        return tuple(sequence.draw_times(rng, heart_rate_bpm, rr_variation) for _ in range(n_slices)), ()
    images = tuple(protocol.draw(rng, heart_rate_bpm, rr_variation) for _ in range(n_slices))
    return tuple(tuple(sorted(protocol.times_ms(one).tolist())) for one in images), images


def draw_states(
    rng: np.random.Generator, sequence: PhantomSequence, n_times: int, motion: float
) -> tuple[MotionState, ...]:
    """Draw the heart's state in each image of one slice.

    Parameters
    ----------
    rng : generator of this slice's motion
    sequence : images that are taken in one beat share one state
    n_times : images of the slice
    motion : amplitude
    """
    if sequence.in_one_beat:
        return draw_motion(rng, 1, motion) * n_times
    return draw_motion(rng, n_times, motion)
