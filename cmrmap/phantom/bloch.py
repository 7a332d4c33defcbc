"""Bloch simulation of one balanced SSFP readout, for many tissues side by side.

The Bloch equations are linear, and what is transverse before a readout has decayed or is spoiled. So the signal and the
longitudinal magnetisation that a readout leaves are both straight lines in the one that it begins with. They are found
here once per readout and tissue, pulse by pulse; a whole series of heartbeats then needs no more pulses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.bssfp_readout import BalancedReadout

#: RF pulses follow each other with alternating sign; in the frame that turns with them magnetisation turns by this more
_ALTERNATION_RAD = np.pi


@dataclass(frozen=True, slots=True)
class ReadoutResponse:
    """What one readout makes of longitudinal magnetisation ``m`` (equilibrium: 1), per tissue.

    Attributes
    ----------
    prepared, unprepared : complex; the signal at the k-space centre is ``prepared * m + unprepared``, relative to the
        RF pulse's phase: positive on resonance
    kept, recovered : the readout leaves ``kept * m + recovered``
    """

    prepared: npt.NDArray[np.complex128]
    unprepared: npt.NDArray[np.complex128]
    kept: Float64Array
    recovered: Float64Array


def readout_response(
    readout: BalancedReadout,
    t1_ms: npt.ArrayLike,
    t2_ms: npt.ArrayLike,
    off_resonance_hz: npt.ArrayLike = 0.0,
) -> ReadoutResponse:
    """Simulate a readout that begins with ``m = 0`` and with ``m = 1``.

    Hard pulses about x, then free precession about z with relaxation (Bloch, Phys Rev 1946;70:460; the matrices of
    Hargreaves et al., Magn Reson Med 2001;46:149-158, written out).

    Parameters
    ----------
    readout : the train
    t1_ms, t2_ms : of the tissues
    off_resonance_hz : of the tissues

    Returns
    -------
    broadcast shape of the tissues' arguments
    """
    t1, t2, off = np.broadcast_arrays(*(np.asarray(one, dtype=np.float64) for one in (t1_ms, t2_ms, off_resonance_hz)))
    longitudinal = np.stack([np.zeros(t1.shape), np.ones(t1.shape)])
    transverse = np.zeros((2, *t1.shape), dtype=np.complex128)  # x + iy
    signal = transverse
    # between pulses there are few different intervals, and most of the work would be their exponentials
    after = {
        interval_ms: (_free(interval_ms, t2, off) * np.exp(-1j * _ALTERNATION_RAD), np.exp(-interval_ms / t1))
        for interval_ms in {interval_ms for _, interval_ms in readout.train}
    }
    for index, (flip_deg, interval_ms) in enumerate(readout.train):
        alpha = np.deg2rad(flip_deg)
        up = transverse.imag * np.cos(alpha) + longitudinal * np.sin(alpha)
        longitudinal = longitudinal * np.cos(alpha) - transverse.imag * np.sin(alpha)
        transverse = transverse.real + 1j * up
        if index == readout.centre_pulse:
            signal = transverse * _free(readout.repetition_time_ms / 2.0, t2, off)
        turned, left = after[interval_ms]
        transverse = transverse * turned
        longitudinal = 1.0 + (longitudinal - 1.0) * left
    signal = signal / 1j  # a pulse about x turns z to y
    return ReadoutResponse(
        prepared=signal[1] - signal[0],
        unprepared=signal[0],
        kept=longitudinal[1] - longitudinal[0],
        recovered=longitudinal[0],
    )


def _free(time_ms: float, t2_ms: Float64Array, off_resonance_hz: Float64Array) -> npt.NDArray[np.complex128]:
    """Decay and precession of transverse magnetisation; positive frequencies turn from y towards x."""
    turned = -2.0 * np.pi * off_resonance_hz * time_ms / 1000.0
    return np.asarray(np.exp(-time_ms / t2_ms + 1j * turned), dtype=np.complex128)
