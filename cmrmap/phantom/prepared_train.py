"""Signals of the images of one breath-hold: inversions or saturations, recovery, and readouts that disturb it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.phantom.bloch import ReadoutResponse
from cmrmap.phantom.bssfp_readout import BalancedReadout
from cmrmap.phantom.heartbeats import PreparedImages


@dataclass(frozen=True, slots=True)
class Preparation:
    """What a preparation pulse leaves of the longitudinal magnetisation: ``kept * m``, whatever was transverse is lost.

    Attributes
    ----------
    kept : -1 for a perfect inversion, 0 for a perfect saturation
    transverse_ms : time that magnetisation spends in the transverse plane during the pulse, as long adiabatic pulses
        have it; what an inversion inverts falls by ``exp(-transverse_ms / T2)``
    """

    kept: float
    transverse_ms: float = 0.0

    @classmethod
    def inversion(cls, efficiency: float = 1.0, transverse_ms: float = 0.0) -> Preparation:
        """Return an inversion; adiabatic ones reach 0.90-0.98 in the heart.

        Kellman, Herzka and Hansen, Magn Reson Med 2014;71:1428-1434; Chow et al., Proc ISMRM 2012:395 (0.91).
        """
        if not 0.0 <= efficiency <= 1.0:
            raise ValueError(f"inversion efficiency must be within 0..1; found {efficiency:g}")
        return cls(-efficiency, transverse_ms)

    @classmethod
    def saturation(cls, efficiency: float = 1.0) -> Preparation:
        """Return a saturation; pulses for the heart reach 0.95-1 (Chow et al., Magn Reson Med 2015;73:2087-2094)."""
        if not 0.0 <= efficiency <= 1.0:
            raise ValueError(f"saturation efficiency must be within 0..1; found {efficiency:g}")
        return cls(1.0 - efficiency)

    def __post_init__(self) -> None:
        if not 0.0 <= self.transverse_ms < np.inf:
            raise ValueError(f"transverse_ms must be >= 0; found {self.transverse_ms:g}")

    def factor(self, t2_ms: Float64Array) -> Float64Array:
        """Magnetisation after over before the pulse, per tissue."""
        return np.asarray(self.kept * np.exp(-self.transverse_ms / t2_ms), dtype=np.float64)


def train_signals(
    images: PreparedImages,
    preparation: Preparation,
    readout: BalancedReadout,
    response: ReadoutResponse,
    t1_ms: npt.ArrayLike,
    t2_ms: npt.ArrayLike,
    *,
    renewed: npt.ArrayLike = 0.0,
) -> Float64Array:
    """Follow the longitudinal magnetisation from equilibrium through one breath-hold.

    Parameters
    ----------
    images : when is prepared and read
    preparation : of every one of the preparations
    readout, response : of every image; `response` is `cmrmap.phantom.bloch.readout_response` for these tissues
    t1_ms, t2_ms : of the tissues, their last axis being that of `response`
    renewed : share of the tissue that between two beats gives way to blood which has seen the preparations (they are
        not selective) but none of the readouts

    Returns
    -------
    (image, tissue) signed, relative to equilibrium magnetisation: the magnitude at the k-space centre, with the sign of
    its part in phase with the RF pulses

    Raises
    ------
    ValueError
        two events that overlap: a readout that would begin before the preparation or the readout ahead of it is over
    """
    t1, t2, share = (np.asarray(one, dtype=np.float64) for one in (t1_ms, t2_ms, renewed))
    factor = preparation.factor(t2)
    events = sorted(
        [(moment, True) for moment in images.preparations_ms]
        + [(centre - readout.delay_to_centre_ms, False) for centre in images.centres_ms]
    )
    here = fresh = np.ones(np.broadcast_shapes(response.kept.shape, t1.shape, share.shape))
    now, out = events[0][0], []
    for moment, is_preparation in events:
        if moment < now - 1e-6:
            raise ValueError(
                f"an image or a preparation would begin {now - moment:.0f} ms before the one ahead of it has ended; "
                f"a readout takes {readout.duration_ms:.0f} ms, {readout.delay_to_centre_ms:.0f} ms to its centre"
            )
        left = np.exp(-(moment - now) / t1)
        here, fresh = 1.0 + (here - 1.0) * left, 1.0 + (fresh - 1.0) * left
        now = moment
        if is_preparation:
            here, fresh = factor * here, factor * fresh
            continue
        here = (1.0 - share) * here + share * fresh
        read = response.prepared * here + response.unprepared
        out.append(np.where(read.real < 0.0, -np.abs(read), np.abs(read)))
        here = response.kept * here + response.recovered
        now = moment + readout.duration_ms
        fresh = 1.0 + (fresh - 1.0) * np.exp(-readout.duration_ms / t1)
    return np.asarray(out, dtype=np.float64)
