"""Which inversion each image of a Look-Locker series follows, its epoch, from the times alone.

After an inversion one image is taken a heartbeat, so the times of an epoch lie a heartbeat apart. A time that is not
that much above the one acquired before it belongs to another inversion.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

#: the shortest heartbeat, 200 a minute: closer times are of different inversions
SHORTEST_BEAT_MS = 300.0
_BETWEEN_SECOND_AND_THIRD_MS = 120.0
#: of a complete ShMOLLI, 5(1)1(1)1
SHMOLLI_IMAGES = 7


def epochs_in_order(times_ms: Sequence[float]) -> tuple[int, ...]:
    """Return the epoch of each image, counted from 0.

    Parameters
    ----------
    times_ms : inversion times in the order of acquisition
    """
    epochs = [0]
    for before, after in pairwise(times_ms):
        epochs.append(epochs[-1] + int(not after - before >= SHORTEST_BEAT_MS))
    return tuple(epochs)


def epoch_sizes(epochs: Sequence[int]) -> tuple[int, ...]:
    """Return the number of images of each epoch, first to last."""
    counted = Counter(epochs)
    return tuple(counted[epoch] for epoch in sorted(counted))


def shmolli_in_order(times_ms: Sequence[float]) -> tuple[int, ...] | None:
    """Return the epochs of a ShMOLLI's images, 5(1)1(1)1; None where these are others.

    Parameters
    ----------
    times_ms : inversion times of a slice in the order of acquisition; one image may be missing
    """
    epochs = epochs_in_order(times_ms)
    sizes = epoch_sizes(epochs)
    if sizes in ((5, 1, 1), (4, 1, 1)):
        return epochs
    if sizes != (5, 1):
        return None
    # which of the two later inversions is missing its inversion time tells: each is 80 ms longer than the one before
    return (*epochs[:-1], 1 if times_ms[-1] - times_ms[0] <= _BETWEEN_SECOND_AND_THIRD_MS else 2)


def shmolli_epochs(times_ms: Sequence[float]) -> tuple[int, ...] | None:
    """Return the epochs of a ShMOLLI's images from times in any order; None where they cannot be told.

    The three inversion times (100, 180, 260 ms) lie within a heartbeat, the other images of the first epoch, which has
    the shortest one, a heartbeat apart. With two within a heartbeat it is open which of the three is missing.

    Parameters
    ----------
    times_ms : inversion times in any order
    """
    order = sorted(range(len(times_ms)), key=lambda index: (times_ms[index], index))
    rising = [times_ms[index] for index in order]
    early = [time for time in rising if time < rising[0] + SHORTEST_BEAT_MS] if rising else []
    late = rising[len(early) :]
    apart = all(after - before >= SHORTEST_BEAT_MS for before, after in pairwise(late))
    if len(early) != 3 or len(set(early)) != 3 or len(late) not in (3, 4) or not apart or math.isinf(rising[-1]):
        return None
    epochs = [0] * len(rising)
    epochs[order[1]], epochs[order[2]] = 1, 2
    return tuple(epochs)


def beat_ms(times_ms: Sequence[float]) -> float:
    """Return the mean heartbeat between the images of one epoch; gaps where an image is missing do not count.

    Parameters
    ----------
    times_ms : of one epoch, ascending, two or more
    """
    gaps = [after - before for before, after in pairwise(times_ms)]
    single = [gap for gap in gaps if gap <= 1.5 * min(gaps)]
    return sum(single) / len(single)
