"""Whether T2-weighted images darken in the order of the times that a protocol's list was given out to them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cmrmap.core.arrays import FloatArray
from cmrmap.core.stack import WeightedStack

_BRIGHT = 0.25  # of the 99th percentile of the first image: tissue, not noise
_LEAST_FALL, _MOST_RISE = 0.005, 0.02  # from one image to the next; myocardium falls by a third in 20 ms


@dataclass(frozen=True, slots=True)
class DecayOrder:
    """What the images say of the order of their times.

    Attributes
    ----------
    confirmed : every image is darker than the one before it, in every slice
    contradiction : where one is brighter, in words; "" where none is
    """

    confirmed: bool
    contradiction: str = ""


def decay_order(stack: WeightedStack) -> DecayOrder:
    """Compare the mean signal of tissue from time to time: all tissue darkens with T2, whatever its T2 is.

    Parameters
    ----------
    stack : T2 weighted; images of infinite time (saturated) and lost ones are left out
    """
    confirmed = True
    for place, (images, times) in enumerate(zip(stack.images, stack.times_ms, strict=True), start=1):
        finite = np.flatnonzero(np.isfinite(times))
        means = _tissue_means(images[finite])
        for (before, earlier), (after, later) in pairwise(zip(means, times[finite], strict=True)):
            if after > before * (1.0 + _MOST_RISE):
                told = (
                    f"slice {place} brightens by {after / before - 1.0:.0%} from {earlier:g} to {later:g} ms, which no "
                    "T2 decay does: the list of times is not in the order of the images"
                )
                return DecayOrder(False, told)
            confirmed = confirmed and after < before * (1.0 - _LEAST_FALL)
        confirmed = confirmed and len(finite) > 1
    return DecayOrder(confirmed)


def _tissue_means(images: FloatArray) -> list[float]:
    if not len(images):
        return []
    first = np.nan_to_num(images[0])
    tissue = first > _BRIGHT * np.quantile(first, 0.99)
    return [float(np.mean(image[tissue], dtype=np.float64)) if tissue.any() else 0.0 for image in images]
