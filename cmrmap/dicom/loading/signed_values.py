"""Inversion-recovery images that hold signed signals without saying so: phase-sensitive reconstructions.

Some are stored as negative values, some about an offset (4096, the middle of the range) that no rescale takes out. The
images tell: air lies at the offset; tissue lies below it soon after the inversion and above it late.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray

_QUIET = 0.1  # share of the pixels that change least over the times: air, mostly
_MOST_CHANGE = 0.25  # of theirs, over that of the tenth that changes most: without air nothing tells the offset
_FAR_FROM_ZERO = 0.25  # of the 99th percentile: in real studies air lies at 0.015 of it at most
_BRIGHT = 0.25  # of the latest image's 99th percentile above the offset
#: share of the same within which the offset is the middle of a word's range. Air of magnitudes that got a sign lies
#: beside the offset, and 0.011 of it made T1 6 % longer.
_AT_THE_MIDDLE = 0.03
_BELOW = 0.1  # of the same: so far below the offset is no noise
_LEAST_INVERTED = 0.15  # share of bright tissue below the offset in the earliest images
_MOST_LATE = 0.02  # share of all pixels below it in the latest
_FEW_NEGATIVE = 0.01  # share of all pixels that interpolation and filters may turn negative


@dataclass(frozen=True, slots=True)
class SignedValues:
    """What the values of a series are.

    Attributes
    ----------
    offset : the value of no signal, where the values are signed signals; None where they are magnitudes
    fault : why they are neither; "" where they are one
    """

    offset: float | None = None
    fault: str = ""


def signed_values(images: FloatArray, times_ms: Float64Array, changes_sign: bool) -> SignedValues:
    """Tell signed signals from magnitudes by the images themselves.

    Parameters
    ----------
    images : (slice, time, row, column) with the rescale applied; NaN where there is no image
    times_ms : (slice, time) NaN where there is no image
    changes_sign : whether the signal is one that an inversion turns over
    """
    present = ~np.isnan(times_ms)
    slices = [(images[s][here], times_ms[s][here]) for s, here in enumerate(present) if np.count_nonzero(here) > 1]
    if not slices:
        return SignedValues()
    early = np.concatenate([values[np.argmin(times)].ravel() for values, times in slices])
    late = np.concatenate([values[np.argmax(times)].ravel() for values, times in slices])
    offset = _offset(slices)
    if offset is None:  # tissue all over: negative values are signals all the same
        offset = 0.0
    largest = float(np.quantile(late, 0.99))
    size = largest - offset
    negative = np.concatenate([values.ravel() for values, _ in slices]) < -_BELOW * abs(size)
    if changes_sign and _is_inverted(early, late, offset, size):
        return SignedValues(0.0 if abs(offset) <= _BELOW * size else _exact(offset, size))
    if abs(offset) > _FAR_FROM_ZERO * abs(largest):
        return SignedValues(
            fault=f"air (the pixels that change least) has the value {offset:g}; expected 0: the values are inverted "
            "or have an offset that no rescale removes; export the originals"
        )
    if np.mean(negative) <= _FEW_NEGATIVE:
        return SignedValues()
    return SignedValues(
        fault=f"{np.mean(negative):.0%} of the pixel values are negative, as in no magnitude image, and do not rise "
        "from negative to positive as after an inversion; expected magnitude or phase-sensitive images"
    )


def _offset(slices: list[tuple[FloatArray, Float64Array]]) -> float | None:
    """Value of the pixels that change least: without signal they are all noise. None where there are none such."""
    quiet = []
    for values, _ in slices:
        change = values.max(axis=0) - values.min(axis=0)
        least, most = np.quantile(change, (_QUIET, 1.0 - _QUIET))
        if least <= _MOST_CHANGE * most and most > 0.0:
            quiet.append(values[:, change <= least].ravel())
    return float(np.median(np.concatenate(quiet))) if quiet else None


def _exact(offset: float, size: float) -> float:
    """Return the middle of a word's range, a power of 2, in place of an offset that lies close to one."""
    middle = float(2.0 ** round(math.log2(offset))) if offset > 0.0 else 0.0
    return middle if abs(offset - middle) <= _AT_THE_MIDDLE * size else offset


def _is_inverted(early: FloatArray, late: FloatArray, offset: float, size: float) -> bool:
    if size <= 0.0:
        return False
    below = offset - _BELOW * size
    bright = late > offset + _BRIGHT * size
    return bool(np.mean(early[bright] < below) >= _LEAST_INVERTED and np.mean(late < below) <= _MOST_LATE)
