"""A slice's weighted images to labels: find the heart on the whole field of view, then draw it on a crop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from cmrmap.core.arrays import FloatArray, LabelArray, readonly
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.core.progress import tracked
from cmrmap.segmentation.border_doubt import border_log_odds
from cmrmap.segmentation.consensus import agree
from cmrmap.segmentation.inputs import SliceInput, check_slice
from cmrmap.segmentation.locate import Place, places_by_the_others, ventricle_places
from cmrmap.segmentation.model_folder import Network
from cmrmap.segmentation.preprocess import FINE_PIXEL_MM, resample
from cmrmap.segmentation.recogniser import heart_probability
from cmrmap.segmentation.ring import find_rings
from cmrmap.segmentation.ring_labels import ring_labels
from cmrmap.segmentation.side_by_side import each, one_thread_within_each
from cmrmap.segmentation.slice_outlines import Drawing, draw_about, draw_at_best

#: images of one slice and their pixel spacing, as in `segment_images`
_Given: TypeAlias = tuple[npt.ArrayLike, float | tuple[float, float]]

_TRUST_IN_OTHERS = 0.05  # sureness that a place has ahead where the hearts of the other slices lie


@dataclass(frozen=True, slots=True)
class SlicePrediction:
    """Labels and confidence of one slice's images.

    Attributes
    ----------
    labels : (image, row, column) uint8 of ``Label``
    confidence : (image,) mean probability of the given label over the drawn left ventricle; 0 where none was drawn
    reasons : (image,) why an image has no labels; "" where it has
    heart_probability : that the slice shows a left ventricle in short axis, 0-1; NaN where the network does not tell
    border_doubt : (border, angle) probability that the slice's endocardium and epicardium lie more than 3 mm off;
        angles from the +column axis towards +row, in mm. None where the network does not tell
    """

    labels: LabelArray
    confidence: FloatArray
    reasons: tuple[str, ...]
    heart_probability: float = float("nan")
    border_doubt: FloatArray | None = None


def segment_images(
    images: npt.ArrayLike, pixel_spacing_mm: float | tuple[float, float], network: Network
) -> LabelArray:
    """Segment the weighted images of ONE slice.

    Parameters
    ----------
    images : (image, row, column), any real type and any positive scaling, magnitude or signed
    pixel_spacing_mm : one number, or (row spacing, column spacing) as in PixelSpacing
    network : from :func:`cmrmap.segmentation.load_network`

    Returns
    -------
    labels : (image, row, column) uint8: 0 background, 1 LV myocardium, 2 LV cavity, 3 RV; before shape refinement.
        All zero for an image that is constant or holds NaN, and where no left ventricle was found.

    Raises
    ------
    InputError
        images without three axes or under 16 pixels, a pixel spacing that is missing or not positive, a field of view
        that no scanner has
    """
    return predict_slice(images, pixel_spacing_mm, network).labels


def predict_slice(
    images: npt.ArrayLike, pixel_spacing_mm: float | tuple[float, float], network: Network
) -> SlicePrediction:
    """Segment the images of one slice, with the confidence of each and the reason where there is no label.

    Parameters
    ----------
    images, pixel_spacing_mm, network : as in :func:`segment_images`

    Returns
    -------
    SlicePrediction
        labels, and the network's confidence in them

    Raises
    ------
    InputError
        as :func:`segment_images`
    """
    with torch.inference_mode():
        return _labelled(_drawn((images, pixel_spacing_mm), network), network)


def predict_slices(
    slices: Iterable[npt.ArrayLike], geometry: Sequence[SliceGeometry], network: Network
) -> tuple[SlicePrediction, ...]:
    """Like :func:`predict_slice` for the slices of one stack, whose hearts must lie behind each other.

    Parameters
    ----------
    slices : (image, row, column) each; numbers of images may differ
    geometry : of the slices, in the same order
    network : from :func:`cmrmap.segmentation.load_network`

    Returns
    -------
    tuple of SlicePrediction
        one per slice

    Raises
    ------
    InputError
        as :func:`segment_images`
    """
    return predict_stacks([list(slices)], [geometry], network)[0]


def predict_stacks(
    stacks: Sequence[Sequence[npt.ArrayLike]], geometry: Sequence[Sequence[SliceGeometry]], network: Network
) -> tuple[tuple[SlicePrediction, ...], ...]:
    """Like :func:`predict_slices` for several stacks, which have nothing to do with each other.

    Their slices are worked on side by side, so that no thread waits for the end of a stack.

    Parameters
    ----------
    stacks : slices of each, as in :func:`predict_slices`
    geometry : of the slices of each
    network : from :func:`cmrmap.segmentation.load_network`
    """
    given = [
        (images, plane.pixel_spacing_mm)
        for slices, planes in zip(stacks, geometry, strict=True)
        for images, plane in zip(slices, planes, strict=True)
    ]
    alone = next(network.fine.parameters()).is_cuda
    what = "drawing contours, slices"
    drawn = iter(list(tracked(each(partial(_drawn, network=network), given, alone=alone), what, len(given))))
    with torch.inference_mode(), nullcontext() if alone else one_thread_within_each():
        images = iter(given)
        placed: list[_Slice] = []
        for planes in geometry:
            own = list(islice(drawn, len(planes)))
            placed += _with_the_others(own, list(islice(images, len(planes))), planes, network)
    labelled = iter(list(each(partial(_labelled, network=network), placed, alone=alone)))
    return tuple(tuple(islice(labelled, len(planes))) for planes in geometry)


@dataclass(frozen=True, slots=True)
class _Slice:
    """One slice on its way: its shape, as given and at ``FINE_PIXEL_MM``, why images have no labels, what was drawn.

    Not the images themselves: of all slices of a study they would take more memory than the network.
    """

    shape: tuple[int, int]
    resampled: tuple[int, int]
    reasons: tuple[str, ...]
    good: list[int]
    drawing: Drawing | None

    @property
    def place(self) -> Place | None:
        return None if self.drawing is None else self.drawing.place


def _drawn(given: _Given, network: Network) -> _Slice:
    """Draw on a slice's images of a pixel spacing."""
    checked = check_slice(*given)
    shape = checked.images.shape[-2], checked.images.shape[-1]
    good = [index for index, reason in enumerate(checked.reasons) if not reason]
    empty = _Slice(shape, (0, 0), checked.reasons, good, None)
    if not good:
        return empty
    places = ventricle_places(torch.from_numpy(checked.images[good]), checked.spacing_mm, network.coarse)
    if not places:
        return empty
    fine = _fine(checked, good)
    resampled = fine.shape[-2], fine.shape[-1]
    return replace(empty, resampled=resampled, drawing=draw_at_best(fine, places, network.fine))


def _fine(checked: SliceInput, good: list[int]) -> Tensor:
    """(image, row, column) at ``FINE_PIXEL_MM`` of the images that can be drawn on."""
    return resample(torch.from_numpy(checked.images[good]), checked.spacing_mm, FINE_PIXEL_MM)


def _with_the_others(
    slices: list[_Slice], given: Sequence[_Given], geometry: Sequence[SliceGeometry], network: Network
) -> list[_Slice]:
    """Slices whose heart lies aside of the others' are drawn where theirs is, unless that leaves more doubt."""
    shapes = [one.shape for one in slices]
    out = list(slices)
    for index, place in enumerate(places_by_the_others([one.place for one in slices], shapes, geometry)):
        one = slices[index]
        if place is not None and one.drawing is not None:
            other = draw_about(_fine(check_slice(*given[index]), one.good), place, network.fine)
            if other.sureness > one.drawing.sureness - _TRUST_IN_OTHERS:
                out[index] = replace(one, drawing=other)
    return out


def _labelled(one: _Slice, network: Network) -> SlicePrediction:
    reasons = list(one.reasons)
    labels = np.zeros((len(reasons), *one.shape), dtype=np.uint8)
    confidence = np.zeros(len(reasons), dtype=np.float32)
    if one.drawing is None:
        for index in one.good:
            reasons[index] = "no left ventricle was found in the field of view"
        return SlicePrediction(readonly(labels), readonly(confidence), tuple(reasons))
    drawing = one.drawing
    outside = torch.zeros(drawing.probabilities.shape[1])
    outside[Label.BACKGROUND] = 1.0
    seen = drawing.seen.numpy()
    rings = agree(find_rings(drawing.probabilities.numpy(), FINE_PIXEL_MM, seen), seen)
    # one after the other: the probabilities of all images at once would take gigabytes where the matrix is large
    for index, crop, probability, ring in zip(one.good, drawing.crops, drawing.probabilities, rings, strict=True):
        full = crop.paste_back(probability[None], one.resampled, one.shape, outside)[0]
        best, label = ring_labels(full, ring, crop, one.resampled)
        ventricle = (label == Label.MYOCARDIUM) | (label == Label.CAVITY)
        labels[index] = label.numpy()
        confidence[index] = float((best * ventricle).sum() / ventricle.sum().clamp_min(1))
        if not label.any():
            reasons[index] = "no left ventricle was found on this image"
    heart = heart_probability(network.fine, drawing.seen)
    doubt = None
    if network.border_calibration is not None:
        odds = border_log_odds(rings, drawing.probabilities.numpy(), FINE_PIXEL_MM)
        doubt = readonly(network.border_calibration.probabilities(odds))
    return SlicePrediction(readonly(labels), readonly(confidence), tuple(reasons), heart, doubt)
