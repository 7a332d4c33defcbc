"""Fits that a bad image cannot spoil: what its own residuals betray is fitted without it.

An outline that reaches into lung or blood in one image spoils a few cells of that image only; the other images of the
cell still agree. An image that was placed beside the heart, or taken at another moment of its cycle, spoils most of the
wall: then no cell stands out among the others, and the slice is fitted without the image. Ours; docs/relaxometry.md
shows what it gives.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from cmrmap.alignment import wall_parts
from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.core.memo import remembered
from cmrmap.relaxometry import fit_relaxation, fitted_signal
from cmrmap.relaxometry.models import get_model

_SUSPECT_RATIO = 3.0  # residual variance of a cell over the slice's median from which it is looked at
_ACCEPTED_DROP = 0.4  # residual variance without the image over that with it, at or below which the image is left out
_LEAST_SPARE = 2  # degrees of freedom that must remain: with fewer, leaving out an image always looks good
# chosen on virtual patients, so that values gain, and in vivo, so that no image goes without need
# (docs/relaxometry.md); the first three are SDs around the wall as a share of the largest signal
_MISFIT = 0.02  # of the whole slice, below which there is nothing to gain
_LEAST_APART = 0.03  # of an image that is left out
_LEAST_AT_END = 0.1  # of one that the others tell by extrapolation only
_ACCEPTED_ALONE = 0.5  # variance around the wall without an image over that with it, at or below which it is left out
_ACCEPTED_PAIR = 0.2  # the same for two images that must go together, since either alone hides the other


def without_spoiled_images(
    signals: Float64Array, times_ms: Float64Array, model: str, magnitude: bool | None = None
) -> Float64Array:
    """Return the samples with NaN where one image has spoiled a cell.

    Parameters
    ----------
    signals : (cell, time); NaN drops out of its cell's fit
    times_ms : (time,)
    model : relaxometry model
    magnitude : as in ``fit_relaxation``

    Returns
    -------
    (cell, time) at most one sample of a cell is taken out
    """
    first = fit_relaxation(signals, times_ms, model, magnitude)
    spare = first.n_samples.astype(np.float64) - get_model(model).n_parameters
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(spare > 0, first.ssr / spare, np.nan)
    typical = np.nanmedian(variance) if np.isfinite(variance).any() else np.nan
    suspect = np.flatnonzero((variance > _SUSPECT_RATIO * typical) & (spare > _LEAST_SPARE))
    if not suspect.size:
        return signals
    best = np.full(suspect.size, np.inf)
    culprit = np.full(suspect.size, -1)
    for time in range(signals.shape[1]):
        without = signals[suspect].copy()
        without[:, time] = np.nan
        fit = fit_relaxation(without, times_ms, model, magnitude)
        left = np.where(np.isfinite(fit.ssr), fit.ssr, np.inf) / (spare[suspect] - 1)
        better = (left < best) & np.isfinite(signals[suspect, time])
        best[better], culprit[better] = left[better], time
    cleared = best <= _ACCEPTED_DROP * variance[suspect]
    cleaned = np.array(signals, dtype=np.float64)
    cleaned[suspect[cleared], culprit[cleared]] = np.nan
    return cleaned


@remembered
def contradicted_images(signals: Float64Array, times_ms: Float64Array, model: str, fewest: int = 0) -> IntArray:
    """Return the images of a slice that the others contradict over the wall.

    Parts of the wall are averaged and fitted, with all images and without each one and each two. Images go as long as
    what is left agrees much better. Only what differs around the wall counts: what an image differs by all around is
    the model's fault, as the image without inversion is 3-11 % brighter in vivo than the others tell.

    Parameters
    ----------
    signals : (time, angle, depth) samples of one slice's mid-wall; the signs of inversion recovery are not used, since
        those of one image may be wrong
    times_ms : (time,)
    model : relaxometry model
    fewest : images that must remain

    Returns
    -------
    (k,) indices into ``times_ms``, rising
    """
    parts = _means(np.abs(signals) if get_model(model).magnitude else signals)
    left = np.arange(len(times_ms))
    fewest = max(fewest, get_model(model).n_parameters + _LEAST_SPARE)
    while len(parts) > 1 and len(left) > fewest and _largest(parts[:, left]) > 0:
        gone = _best_without(parts[:, left], times_ms[left], model, len(left) - fewest)
        if not gone:
            break
        left = np.delete(left, gone)
    return np.setdiff1d(np.arange(len(times_ms)), left)


def _means(signals: Float64Array) -> Float64Array:
    """(part, time) mean signals around the wall; only parts that every image shows."""
    means = np.array([part.mean(axis=(-2, -1)) for part in wall_parts(signals) if part.size])
    return np.asarray(means[np.isfinite(means).all(axis=1)] if means.size else means, dtype=np.float64)


def _largest(parts: Float64Array) -> float:
    return float(np.median(np.abs(parts).max(axis=1)))


def _fitted(sets: Float64Array, times_ms: Float64Array, model: str) -> Float64Array:
    """(set, part, time) the fits of (set, part, time) samples, NaN samples too; NaN where a part cannot be fitted."""
    fitted = fitted_signal(fit_relaxation(sets.reshape(-1, sets.shape[-1]), times_ms, model), times_ms)
    return np.asarray(np.abs(fitted) if get_model(model).magnitude else fitted, dtype=np.float64).reshape(sets.shape)


def _uneven(sets: Float64Array, fitted: Float64Array) -> Float64Array:
    """(set,) sum over the images of the variance around the wall of samples minus fits; infinite without a fit.

    Samples that are NaN were left out: they add nothing.
    """
    distance = np.where(np.isnan(sets), 0.0, np.where(np.isnan(fitted), np.inf, sets - fitted))
    known = np.asarray(np.isfinite(distance).all(axis=(1, 2)), dtype=np.bool_)
    variance = np.where(known[:, None, None], distance, 0.0).var(axis=1, ddof=1).sum(axis=1)
    return np.asarray(np.where(known, variance, np.inf), dtype=np.float64)


def _best_without(parts: Float64Array, times_ms: Float64Array, model: str, most: int) -> list[int]:
    """One or two images without which the others agree; empty where there are none."""
    freedom = len(times_ms) - get_model(model).n_parameters
    whole = _uneven(parts[None], _fitted(parts[None], times_ms, model))[0] / freedom
    largest = _largest(parts)
    if not whole > (_MISFIT * largest) ** 2:
        return []
    may_go, least_apart = _may_go(times_ms, model)
    # with a free constant few images tell much: leave out two, and any curve fits the rest
    for together, accepted in ((1, _ACCEPTED_ALONE), (2, _ACCEPTED_PAIR)):
        if together > most or (together > 1 and get_model(model).has_offset):
            continue
        chosen = [list(images) for images in combinations(may_go.tolist(), together)]
        if not chosen:
            continue
        sets = np.repeat(parts[None], len(chosen), axis=0)
        for one, images in zip(sets, chosen, strict=True):
            one[:, images] = np.nan
        fitted = _fitted(sets, times_ms, model)
        left = _uneven(sets, fitted) / (freedom - together)
        for best in np.argsort(left, kind="stable"):
            if left[best] > accepted * whole:
                break
            images = chosen[best]
            apart = (parts[:, images] - fitted[best][:, images]).std(axis=0, ddof=1)
            if (apart >= least_apart[images] * largest).all():
                return images
    return []


def _may_go(times_ms: Float64Array, model: str) -> tuple[IntArray, Float64Array]:
    """Images that may be left out; and (time,) by how much each must differ around the wall."""
    every = np.arange(len(times_ms))
    least = np.full(len(times_ms), _LEAST_APART)
    if not get_model(model).has_offset:
        return every, least
    finite = every[np.isfinite(times_ms)]  # an image at infinity is nearly all that tells the free constant
    for end in (times_ms[finite].min(initial=np.inf), times_ms[finite].max(initial=-np.inf)):
        there = np.flatnonzero(times_ms == end)
        if there.size == 1:  # a second image at that time tells as much
            least[there] = _LEAST_AT_END
    return finite, least
