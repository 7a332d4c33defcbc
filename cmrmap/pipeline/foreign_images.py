"""Which images of a slice no relaxation explains together with the others, by all bright tissue of the slice.

The heart moves between the images, most of the body does not, and what a foreign image shows is wrong nearly
everywhere. Means over small squares are fitted with all images and without each one. Ours; docs/relaxometry.md has the
figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray, IntArray
from cmrmap.relaxometry import fit_relaxation, fitted_signal
from cmrmap.relaxometry.models import get_model

_SQUARE_PX = 8
_MOST_SQUARES = 200
_BRIGHT = 0.25  # of the brightest squares, by their median over the images
# Shares of the largest signal, medians over the squares. Seven real studies have a misfit of 0.001-0.12. Without their
# worst image 0.66 of it remain where it is large and 0.21 where it is small (0.026); 0.42 in one with four images.
_MISFIT = 0.045  # of all images, below which they are one relaxation
_APART = 0.12  # of the image that is left out
_EXPLAINED = 0.4  # misfit without the image over that with it
_EXPLAINED_BY_ONE = 0.2  # the same where one degree of freedom remains
# where breathing leaves much misfit: of an image that stands far out from all others (in vivo the first one by 0.22)
_FAR_APART = 0.3
_FURTHER = 1.6  # than the next
_EXPLAINED_AMID_MOTION = 0.75
_MANY_SPARE = 3  # degrees of freedom that must remain for that
_AS_GOOD = 1.5  # misfit without another image over that without the best: then either may be the foreign one


@dataclass(frozen=True, slots=True)
class Examined:
    """What the images of a slice say of each other.

    Attributes
    ----------
    odd : indices of the images that the others contradict; where there are two or more it is not sure which
    misfit : of all images, as a share of the largest signal
    remaining : of the others
    """

    odd: tuple[int, ...]
    misfit: float
    remaining: float


def examine(magnitudes: FloatArray, times_ms: Float64Array, model: str, epochs: IntArray | None = None) -> Examined:
    """Tell which images of a slice no relaxation explains.

    Parameters
    ----------
    magnitudes : (time, row, column) without NaN; signs are not used, since those of one image may be wrong
    times_ms : (time,)
    model : relaxation model of the series
    epochs : (time,) which inversion every image follows, where the model reads it; None: told from the times

    Returns
    -------
    Examined
        without an odd image where there are too few to tell: one degree of freedom must remain
    """
    spare = len(times_ms) - get_model(model).n_parameters
    squares = _squares(magnitudes) if spare >= 1 else np.zeros((0, len(times_ms)))
    if not len(squares):
        return Examined((), float("nan"), float("nan"))
    size = np.sort(np.abs(squares), axis=1)[:, -2]  # not the largest: a foreign image may have that everywhere
    whole = misfit = _fit(squares, times_ms, model, size, epochs)[1]
    odd: list[int] = []
    told = 0
    # two may hide each other: the second is looked for whether or not the first alone explains much
    while misfit > _MISFIT and spare - len(odd) > 1 and len(odd) < 2:
        tried = _tried(squares, times_ms, model, size, epochs, odd)
        best, second = sorted(tried, key=lambda image: tried[image].misfit)[:2]
        single = len(odd) == told
        alone, odd = odd, [*odd, best]
        if not _explains(best, tried, misfit, single, spare - len(odd)):
            continue
        as_good = tried[second].misfit <= _AS_GOOD * tried[best].misfit and tried[second].apart >= _APART
        if single and as_good:
            return Examined(tuple(sorted([*alone, best, second])), whole, tried[best].misfit)
        told, misfit = len(odd), tried[best].misfit
    return Examined(tuple(sorted(odd[:told])), whole, misfit)


@dataclass(frozen=True, slots=True)
class _Without:
    """What the images say without one of them: their misfit, and how far the least apart of those left out is."""

    misfit: float
    apart: float


def _tried(
    squares: Float64Array,
    times_ms: Float64Array,
    model: str,
    size: Float64Array,
    epochs: IntArray | None,
    odd: Sequence[int],
) -> dict[int, _Without]:
    """Leave out each image, beside those that are out already."""
    tried = {}
    for image in sorted(set(range(len(times_ms))) - set(odd)):
        out = [*odd, image]
        left = squares.copy()
        left[:, out] = np.nan
        fitted, misfit = _fit(left, times_ms, model, size, epochs)
        distance = np.abs(np.abs(squares[:, out]) - np.abs(fitted[:, out])) / size[:, None]
        known = distance[np.isfinite(distance).all(axis=1)]
        apart = float(np.median(known, axis=0).min()) if len(known) else 0.0
        tried[image] = _Without(float("inf") if np.isnan(misfit) else misfit, apart)
    return tried


def _explains(image: int, tried: dict[int, _Without], misfit: float, single: bool, spare: int) -> bool:
    """Tell whether the images are of one relaxation without one of them, by their misfit before and after."""
    without = tried[image]
    accepted = _EXPLAINED if spare > 1 else _EXPLAINED_BY_ONE
    if without.misfit <= accepted * misfit and without.apart >= _APART:
        return True
    next_apart = max(other.apart for index, other in tried.items() if index != image)
    stands_out = without.apart >= max(_FAR_APART, _FURTHER * next_apart)
    return single and spare >= _MANY_SPARE and stands_out and without.misfit <= _EXPLAINED_AMID_MOTION * misfit


def _squares(signals: FloatArray) -> Float64Array:
    """(square, time) mean signals of the bright squares."""
    n_times, rows, columns = signals.shape
    rows, columns = rows // _SQUARE_PX, columns // _SQUARE_PX
    cut = np.asarray(signals[:, : rows * _SQUARE_PX, : columns * _SQUARE_PX], np.float64)
    means = cut.reshape(n_times, rows, _SQUARE_PX, columns, _SQUARE_PX).mean(axis=(2, 4)).reshape(n_times, -1).T
    if not means.size:
        return np.zeros((0, n_times))
    typical = np.median(np.abs(means), axis=1)  # what one foreign image shows does not move it
    bright = np.flatnonzero((typical >= _BRIGHT * np.quantile(typical, 0.99)) & (typical > 0))
    step = max(1, -(-len(bright) // _MOST_SQUARES))
    chosen: Float64Array = means[bright[::step]]
    return chosen


def _fit(
    squares: Float64Array, times_ms: Float64Array, model: str, size: Float64Array, epochs: IntArray | None
) -> tuple[Float64Array, float]:
    """Return the fitted signals and the median misfit, as a share of each square's largest signal."""
    # not by the compiled kernel: where that is not kept on disk it takes half a minute to make, beside the network,
    # and these fits are few
    fit = fit_relaxation(squares, times_ms, model, epochs=epochs, backend="numpy")
    misfit = fit.noise_sd / size
    known = np.isfinite(misfit)  # a square that is clipped in every image has no fit
    enough = 2 * np.count_nonzero(known) > len(known)
    return fitted_signal(fit, times_ms), float(np.median(misfit[known])) if enough else float("nan")
