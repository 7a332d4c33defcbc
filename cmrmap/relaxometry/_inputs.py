"""What a fit is given: checked, grouped by missing samples, put in the order of the times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.errors import InputError
from cmrmap.relaxometry.models import RelaxationModel


def checked(
    signals: npt.ArrayLike, times_ms: npt.ArrayLike, model: RelaxationModel
) -> tuple[npt.NDArray[np.generic], Float64Array]:
    """Return signals and times as arrays that fit together and can determine the model, or raise InputError."""
    data = np.asarray(signals)
    if data.dtype.kind not in "buif":
        raise InputError(f"signals must be real numbers; found dtype {data.dtype}; give magnitudes or real parts")
    times = np.asarray(times_ms, np.float64)
    if data.ndim != 2 or times.ndim != 1 or data.shape[1] != times.size:
        raise InputError(
            f"signals must have shape (pixels, times) and times_ms (times,); found {data.shape} and {times.shape}"
        )
    if np.isnan(times).any() or (times < 0).any():
        raise InputError(f"times_ms must be zero or positive, without NaN; found {times.tolist()}")
    distinct = np.unique(times).size
    if distinct < model.n_parameters:
        raise InputError(
            f"{model.name} has {model.n_parameters} parameters and needs as many different times; "
            f"found {times.size} samples at {distinct} different times"
        )
    longest = float(times[np.isfinite(times)].max())
    if longest < model.min_plausible_time_ms:
        raise InputError(
            f"times_ms must be in milliseconds; the longest finite time found is {longest:g} ms, below "
            f"{model.min_plausible_time_ms:g} ms: if these are seconds, multiply by 1000"
        )
    return data, times


def checked_range(t_range_ms: tuple[float, float]) -> tuple[float, float]:
    """Return the searched range of T, or raise InputError."""
    low, high = (float(t) for t in t_range_ms)
    if not (0 < low < high < np.inf):
        raise InputError(f"t_range_ms must be two finite times, 0 < low < high; found ({low:g}, {high:g})")
    return low, high


def groups(data: npt.NDArray[np.generic]) -> Iterator[tuple[slice | npt.NDArray[np.intp], BoolArray]]:
    """Yield the pixels that miss the same samples, with the samples they have; one slice when none misses any."""
    n_pixels, n_times = data.shape
    missing = np.isnan(data) if data.dtype.kind == "f" else np.zeros((0, n_times), np.bool_)
    # a time that is missing in every pixel, an excluded image, is the rule: it still leaves one group
    common = missing.all(axis=0) if n_pixels and missing.size else np.zeros(n_times, np.bool_)
    if not missing.any() or (missing == common).all():
        yield slice(0, n_pixels), np.asarray(~common, np.bool_)
        return
    patterns, member = np.unique(np.packbits(missing, axis=1), axis=0, return_inverse=True)
    order = np.argsort(member.ravel(), kind="stable")
    bounds = np.searchsorted(member.ravel()[order], np.arange(len(patterns) + 1))
    for i in range(len(patterns)):
        pixels = order[bounds[i] : bounds[i + 1]]
        yield pixels, np.asarray(~missing[pixels[0]], np.bool_)


def in_order(
    data: npt.NDArray[np.generic],
    pixels: slice | npt.NDArray[np.intp],
    columns: npt.NDArray[np.intp],
    times: Float64Array,
    magnitude: bool,
) -> tuple[Float64Array, npt.NDArray[np.intp] | None]:
    """Return the samples in the order of their times, contiguous float64, and how repeats were ordered.

    Samples at one and the same time are put in the order of their values: the sums, and with them the result, are then
    equal to the last bit whatever the order in which they were given.
    """
    rows = data[pixels]
    if not np.array_equal(columns, np.arange(data.shape[1])):
        rows = rows[:, columns]
    samples = np.ascontiguousarray(rows, np.float64)
    # not by differences: infinity may be repeated
    starts = np.flatnonzero(np.concatenate(([True], times[1:] != times[:-1])))
    if starts.size == times.size:
        return samples, None
    shuffled = np.broadcast_to(np.arange(times.size), samples.shape).copy()
    key = np.abs(samples) if magnitude else samples
    for start, stop in zip(starts, np.append(starts[1:], times.size), strict=True):
        if stop - start > 1:
            shuffled[:, start:stop] = start + np.argsort(key[:, start:stop], axis=1, kind="stable")
    return np.take_along_axis(samples, shuffled, axis=1), shuffled
