"""Multi-echo gradient echo: the series from which T2* is mapped."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.tissue import USUAL_FIELD_T, Tissue, TissueSet

#: of a usual protocol at 1.5 T: eight echoes, 2.23 ms apart
ECHO_TIMES_MS = (2.59, 4.82, 7.05, 9.28, 11.51, 13.74, 15.97, 18.20)
_REPETITION_TIME_MS = 20.0
_FLIP_ANGLE_DEG = 20.0
#: between two excitations fresh blood flows in, as if blood recovered with this T1
_INFLOW_T1_MS = 350.0
#: chemical shift of fat at 1.5 T, 1/ms
_FAT_SHIFT_PER_MS = 0.220
#: what the field's inhomogeneity adds to 1/T2, 1/s at 1.5 T (ours: normal myocardium gets a T2* of 36 ms, lung 1-2 ms)
_DEPHASING_PER_S = {
    Tissue.LUNG: 600.0,
    Tissue.BONE: 300.0,
    Tissue.LIVER: 14.0,
    Tissue.SPLEEN: 8.0,
    Tissue.STOMACH: 40.0,
}
_USUAL_DEPHASING_PER_S = 7.8
_BLOOD_DEPHASING_PER_S = 3.0
_BLOOD = (Tissue.VESSEL, Tissue.CAVITY, Tissue.RV_BLOOD)
_FAT = (Tissue.FAT, Tissue.MARROW)


def echo_times_ms(_: np.random.Generator, __: float, ___: float) -> tuple[float, ...]:
    """Return the echo times: the same in every slice, whatever the heart's rhythm."""
    return ECHO_TIMES_MS


def t2_star_ms(tissues: TissueSet) -> Float64Array:
    """(tissue,) T2* in ms: 1/T2* = 1/T2 + 1/T2' with the dephasing of the surroundings, which grows with the field."""
    dephasing = np.full(len(Tissue), _USUAL_DEPHASING_PER_S)
    dephasing[list(_BLOOD)] = _BLOOD_DEPHASING_PER_S
    for tissue, rate in _DEPHASING_PER_S.items():
        dephasing[tissue] = rate
    dephasing *= tissues.field_strength_t / USUAL_FIELD_T
    return np.asarray(1.0 / (1.0 / tissues.t2_ms + dephasing / 1000.0), dtype=np.float64)


def multi_echo_signals(tissues: TissueSet, times_ms: Float64Array, _: float) -> Float64Array:
    """Signals of a spoiled gradient echo in its steady state, decaying with T2*.

    Source: Haacke et al., Magnetic Resonance Imaging, 1999, chapter 18.1 (steady state of incoherent gradient echoes).

    Parameters
    ----------
    tissues : of the patient
    times_ms : (..., 1) echo times

    Returns
    -------
    (..., tissue) signed: fat turns against water from echo to echo
    """
    t1_ms = tissues.t1_native_ms.copy()
    t1_ms[list(_BLOOD)] = _INFLOW_T1_MS
    left = np.exp(-_REPETITION_TIME_MS / t1_ms)
    alpha = np.deg2rad(_FLIP_ANGLE_DEG)
    steady = tissues.proton_density * np.sin(alpha) * (1.0 - left) / (1.0 - np.cos(alpha) * left)
    signals = steady * np.exp(-times_ms / t2_star_ms(tissues))
    shift = _FAT_SHIFT_PER_MS * (tissues.field_strength_t / USUAL_FIELD_T)
    signals[..., list(_FAT)] *= np.cos(2.0 * np.pi * shift * times_ms)
    return np.asarray(signals, dtype=np.float64)


def echo_time(time_ms: float) -> tuple[str, str]:
    """Return where an echo time stands in a header."""
    return "EchoTime", f"{time_ms:g}"
