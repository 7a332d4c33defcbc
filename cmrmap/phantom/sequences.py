"""The series that a phantom study can have: times, signals, truth and headers of each, in one place.

A new sequence is one more entry of `SEQUENCES`, in the order in which their random numbers are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.multi_echo import echo_time, echo_times_ms, multi_echo_signals, t2_star_ms
from cmrmap.phantom.signal import bssfp_amplitude, bssfp_components, inversion_recovery, t2_preparation
from cmrmap.phantom.tissue import Tissue, TissueSet

#: the T2-prep durations of every slice; infinity is the saturation-prepared image
T2_PREPARATION_TIMES_MS = (0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0, np.inf)
#: of a usual clinical protocol; others have 0, 24 and 55 ms (Wassmuth et al., J Cardiovasc Magn Reson 2013;15:27)
THREE_PREPARATION_TIMES_MS = (0.0, 30.0, 55.0)
#: name on the command line -> T2-prep durations of every slice
T2_PROTOCOLS: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {"nine": T2_PREPARATION_TIMES_MS, "three": THREE_PREPARATION_TIMES_MS}
)
#: of a T2 series that is the echoes of one train, which is repeated every second heartbeat or so
ECHO_TRAIN_TIMES_MS = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
_TRAIN_REPETITION_MS = 1800.0
#: written for the STONE image without an inversion
NO_INVERSION_MS = 30000.0
_FIRST_INVERSION_TIMES_MS = (193.0, 350.0)
_N_HEARTBEATS = 5
#: fat is off resonance by about 220 Hz at 1.5 T and 440 Hz at 3 T; with TR near 2.8 ms its balanced SSFP signal has the
#: opposite sign at both (Hargreaves et al., Magn Reson Med 2003;50:210-213: from 1/(2 TR) to 3/(2 TR)), hence the dark
#: lines where fat and water share a pixel
_OPPOSED = (Tissue.FAT, Tissue.MARROW)

#: (generator, beats a minute, relative SD of the RR interval) -> times of one slice in ms, ascending
DrawTimes = Callable[[np.random.Generator, float, float], tuple[float, ...]]
#: (tissues, times (..., 1) in ms, delay between preparation and readout in ms) -> (..., tissue) signed signals
Signals = Callable[[TissueSet, Float64Array, float], Float64Array]


@dataclass(frozen=True, slots=True)
class PhantomSequence:
    """One series of a phantom study.

    Attributes
    ----------
    kind : map that is made from it
    folder, number, description, start_minute : of its files, SeriesNumber, SeriesDescription, minutes after ten o'clock
    draw_times, signals : see the types
    truth : tissues -> (tissue,) true values in the map's unit
    time_attribute : weighting time in ms -> keyword and value of the header's attribute that tells it
    scanning_sequence : (0018,0020)
    unprepared : index of the time whose image is brightest; the SNR is that of this image
    after_contrast : the header names a contrast agent
    in_one_beat : all images of a slice show one state of the heart
    usual : every study has it; another is asked for
    """

    kind: MapKind
    folder: str
    number: int
    description: str
    start_minute: int
    draw_times: DrawTimes
    signals: Signals
    truth: Callable[[TissueSet], Float64Array]
    time_attribute: Callable[[float], tuple[str, str]]
    scanning_sequence: str | list[str]
    unprepared: int
    after_contrast: bool = False
    in_one_beat: bool = False
    usual: bool = True


def stone_inversion_times_ms(
    rng: np.random.Generator, heart_rate_bpm: float, rr_variation: float = 0.02
) -> tuple[float, ...]:
    """Draw the 11 inversion times of one slice: two inversions, five heartbeats each, and one without inversion.

    The k-th image after an inversion is acquired k heartbeats later, so the times follow the heart rate and its beat-
    to-beat variation: for example 193, 350, 1090, 1218, 1959, 2106, ... 30000 ms at 68 beats a minute (Weingartner et
    al., Magn Reson Med 2015;74:115-124). Whole ms, ascending.

    Parameters
    ----------
    rng : generator
    heart_rate_bpm : beats a minute
    rr_variation : relative SD of the RR interval from beat to beat
    """
    interval_ms = 60000.0 / heart_rate_bpm
    times = [NO_INVERSION_MS]
    for first in _FIRST_INVERSION_TIMES_MS:
        beats = interval_ms * (1.0 + rr_variation * np.clip(rng.standard_normal(_N_HEARTBEATS - 1), -2.0, 2.0))
        times += [first, *(first + np.cumsum(beats)).round().tolist()]
    return tuple(sorted(float(time) for time in times))


def echo_train_signals(tissues: TissueSet, times_ms: Float64Array) -> Float64Array:
    """(..., tissue) echoes of a spin-echo train whose pulses refocus perfectly, so that they decay with T2 alone.

    Neither a black-blood preparation nor stimulated echoes (`cmrmap.phantom.spin_echo_train`) are simulated.

    Parameters
    ----------
    tissues : of the patient
    times_ms : (..., 1) echo times
    """
    recovered = 1.0 - np.exp(-_TRAIN_REPETITION_MS / tissues.t1_native_ms)
    return np.asarray(tissues.proton_density * recovered * np.exp(-times_ms / tissues.t2_ms), dtype=np.float64)


def _t2_preparation_times_ms(_: np.random.Generator, __: float, ___: float) -> tuple[float, ...]:
    return T2_PREPARATION_TIMES_MS


def _bssfp_density(tissues: TissueSet) -> Float64Array:
    sign = np.ones(len(Tissue))
    sign[list(_OPPOSED)] = -1.0
    return np.asarray(sign * tissues.proton_density, dtype=np.float64)


def _t2_signals(tissues: TissueSet, times_ms: Float64Array, delay_ms: float) -> Float64Array:
    prepared, unprepared = bssfp_components(_bssfp_density(tissues), tissues.t1_native_ms, tissues.t2_ms)
    # T1 recovery between the preparation and the readout (spoiler, ramp-up pulses) adds to the unprepared part
    kept = np.exp(-delay_ms / tissues.t1_native_ms)
    prepared, unprepared = prepared * kept, unprepared + prepared * (1.0 - kept)
    return t2_preparation(prepared, tissues.t2_ms, unprepared, times_ms)


def _stone_signals(tissues: TissueSet, times_ms: Float64Array, t1_ms: Float64Array) -> Float64Array:
    return inversion_recovery(bssfp_amplitude(_bssfp_density(tissues), t1_ms, tissues.t2_ms), t1_ms, times_ms)


def _native_signals(tissues: TissueSet, times_ms: Float64Array, _: float) -> Float64Array:
    return _stone_signals(tissues, times_ms, tissues.t1_native_ms)


def _postcontrast_signals(tissues: TissueSet, times_ms: Float64Array, _: float) -> Float64Array:
    return _stone_signals(tissues, times_ms, tissues.t1_postcontrast_ms)


def _inversion_time(time_ms: float) -> tuple[str, str]:
    return "InversionTime", f"{time_ms:g}"


def _t2_preparation(time_ms: float) -> tuple[str, str]:
    # The standard has no attribute for the duration of a T2 preparation: it is a comment, as scanners write it.
    shown = "inf ms, saturation" if np.isinf(time_ms) else f"{time_ms:g} ms"
    return "ImageComments", f"T2 prep. duration = {shown}"


SEQUENCES: tuple[PhantomSequence, ...] = (
    PhantomSequence(
        MapKind.NATIVE_T1,
        *("stone_native_t1", 401, "STONE native T1 SAX", 0),
        draw_times=stone_inversion_times_ms,
        signals=_native_signals,
        truth=lambda tissues: tissues.t1_native_ms,
        time_attribute=_inversion_time,
        scanning_sequence=["GR", "IR"],
        unprepared=-1,
    ),
    PhantomSequence(
        MapKind.POSTCONTRAST_T1,
        *("stone_postcontrast_t1", 601, "STONE post-contrast T1 SAX", 30),
        draw_times=stone_inversion_times_ms,
        signals=_postcontrast_signals,
        truth=lambda tissues: tissues.t1_postcontrast_ms,
        time_attribute=_inversion_time,
        scanning_sequence=["GR", "IR"],
        unprepared=-1,
        after_contrast=True,
    ),
    PhantomSequence(
        MapKind.T2,
        *("t2prep_t2", 501, "T2prep bSSFP T2 SAX", 6),
        draw_times=_t2_preparation_times_ms,
        signals=_t2_signals,
        truth=lambda tissues: tissues.t2_ms,
        time_attribute=_t2_preparation,
        scanning_sequence="GR",
        unprepared=0,
    ),
    PhantomSequence(
        MapKind.T2_STAR,
        *("multi_echo_t2_star", 701, "Multi-echo GRE T2* SAX", 12),
        draw_times=echo_times_ms,
        signals=multi_echo_signals,
        truth=t2_star_ms,
        time_attribute=echo_time,
        scanning_sequence="GR",
        unprepared=0,
        in_one_beat=True,
        usual=False,
    ),
)


def t2_times_ms(name: str) -> tuple[float, ...]:
    """Return the T2-prep durations of a protocol by its name.

    Raises
    ------
    InputError
        no protocol of this name
    """
    if name not in T2_PROTOCOLS:
        raise InputError(f"the T2 images must be one of {', '.join(T2_PROTOCOLS)}; found {name!r}")
    return T2_PROTOCOLS[name]


def sequence_of(kind: MapKind) -> PhantomSequence:
    """Return the sequence that a map is made from.

    Raises
    ------
    ValueError
        a map that is computed, not acquired
    """
    for sequence in SEQUENCES:
        if sequence.kind is kind:
            return sequence
    known = ", ".join(sequence.kind.value for sequence in SEQUENCES)
    raise ValueError(f"kind must be an acquired series ({known}); found {kind.value}")


def sequence_named(name: str) -> PhantomSequence:
    """Return the sequence of the map with that key.

    Raises
    ------
    InputError
        no series of a phantom study is for a map of that name
    """
    for sequence in SEQUENCES:
        if sequence.kind.value == name:
            return sequence
    known = ", ".join(sequence.kind.value for sequence in SEQUENCES)
    raise InputError(f"the phantom has no series for a map {name!r}; expected one of {known}")
