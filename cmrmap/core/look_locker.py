"""What B/A of a Look-Locker recovery can be: limits from the readout's own steady state, not from what was seen.

A MOLLI signal A - B exp(-t/T*) recovers from -e M0 (e: efficiency of the inversion) to the steady state M0* that the
readouts hold it at, so ``B/A = 1 + e M0/M0*`` and ``T1 = T* (B/A - 1) / e`` (Deichmann and Haase, J Magn Reson
1992;96:608-612, who have e = 1). A readout takes up
a share d, the duty, of the heartbeat; in the rest the tissue recovers towards M0 with T1. Within a balanced readout of
flip angle a the magnetisation lies a/2 beside the field (Schmitt et al., Magn Reson Med 2004;51:661-667), relaxes with
``R = cos^2(a/2)/T1 + sin^2(a/2)/T2`` and is driven by ``cos(a/2) M0/T1``, whatever TR is. Averaged over the beat:

    M0/M0* = (1 - d + d (cos^2(a/2) + sin^2(a/2) T1/T2)) / (1 - d + d cos(a/2))

At 35 degrees, a fourth of the beat and T1/T2 = 1200/45 that is 1.6, so B/A = 2.5 with an inversion of 0.95; the median
of walls measured at 3 T is 2.6 (native) and 2.2 (post-contrast). A spoiled readout of that TR drives by
``1 - d ln(cos a) T1/TR`` instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cmrmap.core.errors import InputError

#: largest duty: 200 ms of readout at 100 beats a minute
_LARGEST_DUTY = 1.0 / 3.0
#: largest T1/T2 in a heart: fibrosis at 3 T, 1400 and 35 ms
_LARGEST_T1_OVER_T2 = 40.0
#: blood at 3 T
_LONGEST_T1_MS = 2000.0
#: largest flip angle of a published MOLLI (Messroghli et al., Magn Reson Med 2004;52:141-146)
_LARGEST_FLIP_DEG = 50.0
#: balanced readouts turn by more, spoiled ones by less
_LEAST_BALANCED_DEG = 20.0
_LONGEST_TR_MS = 20.0
#: Adiabatic pulses invert 0.8 to 0.96 in vivo (Kellman et al., Magn Reson Med 2014;71:1428-1434), and three beats of
#: pause at 110 a minute leave the longest T1 0.8 of M0 before the next inversion
_LOWEST_EFFICIENCY = 0.8 * 0.8
#: what noise moves B/A of one pixel by: 2 SD at SNR 15, by the Cramer-Rao bound of a 5(3)3
_NOISE = 0.3


@dataclass(frozen=True, slots=True)
class LookLocker:
    """What is known of a Look-Locker acquisition beside its images.

    Attributes
    ----------
    inversion_efficiency : e, the share of M0 that the inversion turned over: T1 = T* (B/A - 1) / e
    ratio_limits : B/A outside (low, high] is called unphysical; None: the model's own limits

    Raises
    ------
    InputError
        an efficiency outside 0.5 to 1
    """

    inversion_efficiency: float = 1.0
    ratio_limits: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not 0.5 <= self.inversion_efficiency <= 1.0:
            raise InputError(
                f"the inversion efficiency is {self.inversion_efficiency:g}; expected a share of M0 from 0.5 to 1"
            )


#: where nothing is known
UNKNOWN_LOOK_LOCKER = LookLocker()


def balanced_ratio(flip_angle_deg: float, duty: float, t1_over_t2: float) -> float:
    """Return M0/M0* of a balanced readout in every heartbeat.

    Parameters
    ----------
    flip_angle_deg : of its pulses
    duty : share of the heartbeat that it takes up, 0-1
    t1_over_t2 : of the tissue

    Returns
    -------
    float
        1 without a readout, more with one

    Examples
    --------
    >>> round(balanced_ratio(flip_angle_deg=35.0, duty=0.25, t1_over_t2=1200 / 45), 2)
    1.6
    """
    half = math.radians(flip_angle_deg) / 2.0
    relaxed = math.cos(half) ** 2 + math.sin(half) ** 2 * t1_over_t2
    return (1.0 - duty + duty * relaxed) / (1.0 - duty + duty * math.cos(half))


def spoiled_ratio(flip_angle_deg: float, duty: float, t1_over_tr: float) -> float:
    """Return M0/M0* of a spoiled readout in every heartbeat.

    Parameters
    ----------
    flip_angle_deg, duty : as in `balanced_ratio`
    t1_over_tr : T1 of the tissue over the time between two pulses

    Returns
    -------
    float
        1 without a readout, more with one
    """
    return 1.0 - duty * math.log(math.cos(math.radians(flip_angle_deg))) * t1_over_tr


def look_locker_limits(flip_angle_deg: float | None = None, spoiled_tr_ms: float | None = None) -> tuple[float, float]:
    """Return the limits of B/A: outside (low, high] no tissue of a heart has it.

    Parameters
    ----------
    flip_angle_deg : what the header tells; None, or more than any MOLLI has: the largest published one. Below 20
        degrees it belongs to a spoiled readout
    spoiled_tr_ms : time between two pulses, where the header says that the readout is spoiled or the flip angle does;
        a header's repetition time may also be that of the whole readout: more than 20 ms is not read

    Returns
    -------
    low, high : float
        limits of B/A

    Notes
    -----
    ``high`` is that of a perfect inversion of the tissue with the largest T1/T2 (40) under the longest duty (1/3), with
    an allowance for noise: 3.5 at 35 degrees, 4.7 at 50 degrees and where nothing is told. ``low``, 1.3, is that of
    the poorest inversion without any drive, less that allowance.
    """
    low = 1.0 + _LOWEST_EFFICIENCY - _NOISE
    general = 1.0 + balanced_ratio(_LARGEST_FLIP_DEG, _LARGEST_DUTY, _LARGEST_T1_OVER_T2) + _NOISE
    if flip_angle_deg is None or not 0.0 < flip_angle_deg <= _LARGEST_FLIP_DEG:
        return low, general
    if spoiled_tr_ms is None and flip_angle_deg >= _LEAST_BALANCED_DEG:
        return low, 1.0 + balanced_ratio(flip_angle_deg, _LARGEST_DUTY, _LARGEST_T1_OVER_T2) + _NOISE
    if spoiled_tr_ms is None or not 0.0 < spoiled_tr_ms <= _LONGEST_TR_MS:
        return low, general
    spoiled = 1.0 + spoiled_ratio(flip_angle_deg, _LARGEST_DUTY, _LONGEST_T1_MS / spoiled_tr_ms) + _NOISE
    return low, min(general, spoiled)
