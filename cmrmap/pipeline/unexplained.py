"""Images that no relaxation explains: a map or another foreign image among the weighted ones, or one with a wrong time.

Told before anything is drawn; :mod:`cmrmap.pipeline.foreign_images` finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cmrmap.core.arrays import FloatArray, IntArray
from cmrmap.core.errors import InputError, RefusedError
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.relaxation_models import get_model
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.pipeline.foreign_images import examine
from cmrmap.quality.catalogue.images import IMAGE_UNEXPLAINED, SLICE_NOT_USED

_HOPELESS = 0.25  # misfit at which no relaxation is in the images, whichever is left out


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
        if stack.scanner is not None:  # one image a slice, which relaxes no further
            stacks.append(stack)
            continue
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


def _verdict(stack: WeightedStack, index: int) -> tuple[tuple[int, ...], str]:
    """Return the images of a slice that are not to be used, and why."""
    present = np.flatnonzero(stack.present[index])
    try:
        epochs = stack.epochs_of(index)
        known = None if epochs is None else epochs[present]
        found = examine(stack.images[index, present], stack.times_ms[index, present], stack.model, known)
    except InputError:  # times that the fit refuses: it says so itself
        return (), ""
    odd = tuple(int(present[image]) for image in found.odd)
    hopeless = found.remaining > _HOPELESS
    if len(odd) == 1 and not hopeless:
        return odd, "it does not fit the relaxation that the other images agree on"
    if odd and not hopeless:
        times = " and ".join(f"{stack.times_ms[index, image]:g} ms" for image in odd)
        reason = (
            f"two or more of its images, first those at {times}, do not fit the relaxation of the others: "
            "a map or another image is among them, or times are wrong"
        )
        return tuple(int(image) for image in present), reason
    if hopeless:
        reason = f"its images fit no relaxation: the whole slice is off by {found.misfit:.0%} of the largest signal"
        return tuple(int(image) for image in present), reason
    return (), ""


def _name(stack: WeightedStack, index: int, images: Sequence[int]) -> str:
    image = images[0]
    uid = stack.source_uids[index][image] if stack.source_uids else ""
    return f"the image at {stack.times_ms[index, image]:g} ms" + (f" ({uid})" if uid else "")


def _without(stack: WeightedStack, gone: Sequence[tuple[int, int]]) -> WeightedStack:
    """Return the stack without some images, the others of each slice moved together with all that is known of them."""
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
    epochs = _epochs(stack)
    return replace(
        stack,
        images=moved(stack.images),
        times_ms=np.take_along_axis(times, order, axis=1),
        source_uids=tuple(uids),
        signed=None if stack.signed is None else moved(stack.signed),
        epochs=None if epochs is None else np.take_along_axis(epochs, order, axis=1),
    )


def _epochs(stack: WeightedStack) -> IntArray | None:
    """(slice, time) epochs, told from all images: the times of those that are left may not tell them any more."""
    if stack.epochs is not None or not get_model(stack.model).conditional:
        return stack.epochs
    unknown = np.full(stack.times_ms.shape[1], -1)
    told = [stack.epochs_of(index) for index in range(len(stack.geometry))]
    return np.stack([unknown if one is None else one for one in told])


def _whole(refusal: Refusal) -> bool:
    return refusal.slice_index is None and refusal.status == "refused"
