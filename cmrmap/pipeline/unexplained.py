"""Images that no relaxation explains: a map or another foreign image among the weighted ones, or one with a wrong time.

Told before anything is drawn, by all bright tissue of the slice: the heart moves between the images, most of the body
does not, and what a foreign image shows is wrong nearly everywhere. Means over small squares are fitted with all images
and without each one. Ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray
from cmrmap.core.errors import InputError, RefusedError
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.quality.catalogue.images import IMAGE_UNEXPLAINED, SLICE_NOT_USED
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
_HOPELESS = 0.25  # misfit at which no relaxation is in the images, whichever is left out


@dataclass(frozen=True, slots=True)
class Examined:
    """What the images of a slice say of each other.

    Attributes
    ----------
    odd : indices of the images that the others contradict; two are more than can be told apart from all others
    misfit : of all images, as a share of the largest signal
    """

    odd: tuple[int, ...]
    misfit: float


def explained(loaded: LoadedStudy) -> LoadedStudy:
    """Return the study without the images that no relaxation explains, and with what there is to say about them.

    One such image in a slice is left out. A slice with two or more is not used: which of its images are the foreign
    ones cannot be told for sure.

    Parameters
    ----------
    loaded : as loaded

    Raises
    ------
    RefusedError
        no series is left
    """
    stacks: list[WeightedStack] = []
    refusals, flags = list(loaded.refusals), list(loaded.flags)
    for stack in loaded.stacks:
        gone: list[tuple[int, int]] = []
        told: list[QualityFlag] = []
        for index in range(len(stack.geometry)):
            images, reason = _verdict(stack, index)
            gone += [(index, int(image)) for image in images]
            if not images:
                continue
            if len(images) == np.count_nonzero(stack.present[index]):
                refusals.append(Refusal(stack.kind, "refused", reason, index))
                told.append(SLICE_NOT_USED.flag(stack.kind, index, reason=reason))
            else:
                told.append(IMAGE_UNEXPLAINED.flag(stack.kind, index, image=_name(stack, index, images), reason=reason))
        if gone and len(gone) == np.count_nonzero(stack.present):
            refusals.append(Refusal(stack.kind, "refused", refusals[-1].reason))
            continue
        flags += told
        stacks.append(_without(stack, gone) if gone else stack)
    if not stacks and loaded.stacks:
        raise RefusedError("; ".join(f"{one.kind.value}: {one.reason}" for one in refusals if _whole(one)))
    return replace(loaded, stacks=tuple(stacks), refusals=tuple(refusals), flags=tuple(flags))


def examine(magnitudes: FloatArray, times_ms: Float64Array, model: str) -> Examined:
    """Tell which images of a slice no relaxation explains.

    Parameters
    ----------
    magnitudes : (time, row, column) without NaN; signs are not used, since those of one image may be wrong
    times_ms : (time,)
    model : relaxation model of the series

    Returns
    -------
    Examined
        without an odd image where there are too few to tell: one degree of freedom must remain
    """
    spare = len(times_ms) - get_model(model).n_parameters
    squares = _squares(magnitudes) if spare >= 1 else np.zeros((0, len(times_ms)))
    if not len(squares):
        return Examined((), float("nan"))
    size = np.sort(np.abs(squares), axis=1)[:, -2]  # not the largest: a foreign image may have that everywhere
    whole = misfit = _fit(squares, times_ms, model, size)[1]
    odd: list[int] = []
    told = 0
    # two may hide each other: the second is looked for whether or not the first alone explains much
    while misfit > _MISFIT and spare - len(odd) > 1 and len(odd) < 2:
        tried = {}
        for image in set(range(len(times_ms))) - set(odd):
            left = squares.copy()
            left[:, [*odd, image]] = np.nan
            tried[image] = _fit(left, times_ms, model, size)
        image = min(tried, key=lambda one: np.nan_to_num(tried[one][1], nan=np.inf))
        odd.append(image)
        fitted, remains = tried[image]
        new = odd[told:]
        apart = np.nanmedian(np.abs(np.abs(squares[:, new]) - np.abs(fitted[:, new])) / size[:, None], axis=0)
        accepted = _EXPLAINED if spare - len(odd) > 1 else _EXPLAINED_BY_ONE
        if remains <= accepted * misfit and (apart >= _APART).all():
            told, misfit = len(odd), remains
    return Examined(tuple(sorted(odd[:told])), whole)


def _verdict(stack: WeightedStack, index: int) -> tuple[tuple[int, ...], str]:
    """Return the images of a slice that are not to be used, and why."""
    present = np.flatnonzero(stack.present[index])
    try:
        found = examine(stack.images[index, present], stack.times_ms[index, present], stack.model)
    except InputError:  # times that the fit refuses: it says so itself
        return (), ""
    odd = tuple(int(present[image]) for image in found.odd)
    if len(odd) == 1:
        return odd, "no relaxation explains it together with the others, which agree without it"
    if odd:
        times = " and ".join(f"{stack.times_ms[index, image]:g} ms" for image in odd)
        reason = (
            f"two of its images or more, those of {times} first, are not of the relaxation that the others show: "
            "a map or another image is among them, or times are wrong"
        )
        return tuple(int(image) for image in present), reason
    if found.misfit > _HOPELESS:
        reason = f"its images differ from any relaxation by {found.misfit:.0%} of the largest signal all over the slice"
        return tuple(int(image) for image in present), reason
    return (), ""


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


def _fit(squares: Float64Array, times_ms: Float64Array, model: str, size: Float64Array) -> tuple[Float64Array, float]:
    """Return the fitted signals and the median misfit, as a share of each square's largest signal."""
    fit = fit_relaxation(squares, times_ms, model)
    misfit = fit.noise_sd / size
    known = np.isfinite(misfit)  # a square that is clipped in every image has no fit
    enough = 2 * np.count_nonzero(known) > len(known)
    return fitted_signal(fit, times_ms), float(np.median(misfit[known])) if enough else float("nan")


def _name(stack: WeightedStack, index: int, images: Sequence[int]) -> str:
    image = images[0]
    uid = stack.source_uids[index][image] if stack.source_uids else ""
    return f"the image of {stack.times_ms[index, image]:g} ms" + (f" ({uid})" if uid else "")


def _without(stack: WeightedStack, gone: Sequence[tuple[int, int]]) -> WeightedStack:
    """Return the stack without some images, the others of each slice moved together."""
    times = np.array(stack.times_ms)
    for place in gone:
        times[place] = np.nan
    order = np.argsort(np.isnan(times), axis=1, kind="stable")
    order = order[:, : int((~np.isnan(times)).sum(axis=1).max())]

    def moved(images: FloatArray) -> FloatArray:
        kept = np.array(np.take_along_axis(images, order[..., None, None], axis=1))
        kept[np.isnan(np.take_along_axis(times, order, axis=1))] = np.nan
        return kept

    uids = [
        tuple(row[image] if not np.isnan(times[index, image]) else "" for image in order[index])
        for index, row in enumerate(stack.source_uids)
    ]
    return replace(
        stack,
        images=moved(stack.images),
        times_ms=np.take_along_axis(times, order, axis=1),
        source_uids=tuple(uids),
        signed=None if stack.signed is None else moved(stack.signed),
    )


def _whole(refusal: Refusal) -> bool:
    return refusal.slice_index is None and refusal.status == "refused"
