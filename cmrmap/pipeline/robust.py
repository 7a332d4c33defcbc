"""Fits that a bad image cannot spoil: what its own residuals betray is fitted without it.

An outline that reaches into lung or blood in one image spoils a few cells of that image only; the other images of the
cell still agree. An image that was placed beside the heart, drawn at another moment of its cycle or overlaid by a ghost
spoils most of the wall: no cell stands out, but the images do that cannot be from one relaxation. Ours;
docs/relaxometry.md shows what it gives.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np

from cmrmap.relaxometry import fit_relaxation, fitted_signal
from cmrmap.relaxometry.models import get_model
from cmrmap.types import Float64Array, IntArray

_SUSPECT_RATIO = 3.0  # residual variance of a cell over the slice's median from which it is looked at
_ACCEPTED_DROP = 0.4  # residual variance without the image over that with it, at or below which the image is left out
_LEAST_SPARE = 2  # degrees of freedom that must remain: with fewer, leaving out an image always looks good
_PARTS = 12  # of the wall, at mid-depth: large enough to average out noise, small enough for an outline at one side
_MISFIT = 0.02  # of the largest signal, SD around the wall: below it there is nothing to gain
_LEAST_APART = 0.03  # of the largest signal, SD around the wall, for an image that is left out;
_LEAST_AT_END = 0.1  # for one that the others tell by extrapolation only
_ACCEPTED_ALONE = 0.5  # variance around the wall without an image over that with it, at or below which it is left out;
_ACCEPTED_PAIR = 0.2  # for two images that must go together: either alone hides the other


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


def contradicted_images(signals: Float64Array, times_ms: Float64Array, model: str, fewest: int = 0) -> IntArray:
    """Return the images of a slice that the others contradict over the wall.

    Parts of the wall are averaged and fitted, with all images and without each one and each two. Images go as long as
    what is left agrees several times better. Only what differs around the wall counts: what an image differs by all
    around is the model's fault, as the image without inversion is 7-11 % brighter in vivo than the others tell.

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
    parts = wall_parts(np.abs(signals) if get_model(model).magnitude else signals)
    left = np.arange(len(times_ms))
    fewest = max(fewest, get_model(model).n_parameters + _LEAST_SPARE)
    while len(parts) > 1 and len(left) > fewest:
        gone = _best_without(parts[:, left], times_ms[left], model, len(left) - fewest)
        if not gone:
            break
        left = np.delete(left, gone)
    return np.setdiff1d(np.arange(len(times_ms)), left)


def unevenness(signals: Float64Array, times_ms: Float64Array, model: str) -> float:
    """Return by how much images differ around the wall from one relaxation, as a share of the largest signal.

    Parameters
    ----------
    signals, times_ms, model : as in :func:`contradicted_images`, of the images that were fitted

    Returns
    -------
    root mean square over images and parts; NaN where there are too few of either to tell
    """
    parts = wall_parts(np.abs(signals) if get_model(model).magnitude else signals)
    if len(parts) < 2 or len(times_ms) <= get_model(model).n_parameters:
        return float("nan")
    return float(np.sqrt(_uneven(parts[None], times_ms, model)[0].sum() / _freedom(times_ms, model))) / _largest(parts)


def wall_parts(signals: Float64Array) -> Float64Array:
    """(part, time) mean signals of equal parts around the wall; only parts that every image shows."""
    means = np.array([part.mean(axis=(1, 2)) for part in np.array_split(signals, _PARTS, axis=1) if part.size])
    return np.asarray(means[np.isfinite(means).all(axis=1)] if means.size else means, dtype=np.float64)


def _largest(parts: Float64Array) -> float:
    return float(np.median(np.abs(parts).max(axis=1)))


def _freedom(times_ms: Float64Array, model: str) -> int:
    return len(times_ms) - get_model(model).n_parameters


def _uneven(sets: Float64Array, times_ms: Float64Array, model: str) -> Float64Array:
    """(set, time) variance around the wall of the distance of (set, part, time) samples from their fits.

    Samples that are NaN take no part in the fits; their distance is zero.
    """
    n_sets, n_parts, n_times = sets.shape
    samples = sets.reshape(-1, n_times)
    fitted = fitted_signal(fit_relaxation(samples, times_ms, model), times_ms)
    if get_model(model).magnitude:
        fitted = np.abs(fitted)
    distance = np.nan_to_num((samples - fitted).reshape(n_sets, n_parts, n_times))
    return np.asarray(distance.var(axis=1, ddof=1), dtype=np.float64)


def _best_without(parts: Float64Array, times_ms: Float64Array, model: str, most: int) -> list[int]:
    """One or two images without which the others agree; empty where there are none."""
    whole = _uneven(parts[None], times_ms, model)[0].sum() / _freedom(times_ms, model)
    largest = _largest(parts)
    if not whole > (_MISFIT * largest) ** 2:
        return []
    may_go, at_end = _may_go(times_ms, model)
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
        left = _uneven(sets, times_ms, model).sum(axis=1) / (_freedom(times_ms, model) - together)
        best = int(left.argmin())
        if left[best] <= accepted * whole and _stands_out(parts, sets[best], chosen[best], times_ms, model, at_end):
            return chosen[best]
    return []


def _may_go(times_ms: Float64Array, model: str) -> tuple[IntArray, IntArray]:
    """Images that may be left out, and those of them that no image lies beyond: they are told by extrapolation."""
    every = np.arange(len(times_ms))
    if not get_model(model).has_offset:
        return every, every[:0]
    finite = every[np.isfinite(times_ms)]  # a free constant rests on the image at infinity alone
    ends = [int(finite[times_ms[finite].argmin()]), int(finite[times_ms[finite].argmax()])] if finite.size else []
    return finite, np.asarray(ends, dtype=np.intp)


def _stands_out(
    parts: Float64Array, without: Float64Array, gone: list[int], times_ms: Float64Array, model: str, at_end: IntArray
) -> bool:
    """Whether what is left out differs around the wall by as much as an outline beside the heart does."""
    fitted = fitted_signal(fit_relaxation(without, times_ms, model), times_ms)[:, gone]
    if get_model(model).magnitude:
        fitted = np.abs(fitted)
    apart = (parts[:, gone] - fitted).std(axis=0, ddof=1) / _largest(parts)
    least = np.where(np.isin(gone, at_end), _LEAST_AT_END, _LEAST_APART)
    return bool((apart >= least).all())
