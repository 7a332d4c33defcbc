"""Stacks of weighted images to their labels: the slices of all series side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cmrmap.core.arrays import FloatArray
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.segmentation.border import N_ANGLES
from cmrmap.segmentation.model_folder import Network
from cmrmap.segmentation.predict import SlicePrediction, predict_stacks


def segment_stack(stack: WeightedStack, network: Network) -> SegmentationStack:
    """Segment every image of every slice.

    Parameters
    ----------
    stack : images (slice, time, row, column); NaN where there is no image
    network : from :func:`cmrmap.segmentation.load_network`

    Returns
    -------
    images that are not there keep empty labels and a NaN confidence

    Raises
    ------
    InputError
        images that no scanner has, see :func:`cmrmap.segmentation.segment_images`
    """
    return segment_stacks((stack,), network)[0]


def segment_stacks(stacks: Sequence[WeightedStack], network: Network) -> tuple[SegmentationStack, ...]:
    """Segment several stacks, each as :func:`segment_stack` does; their slices are worked on side by side.

    Parameters
    ----------
    stacks : in any order
    network : from :func:`cmrmap.segmentation.load_network`

    Returns
    -------
    tuple of SegmentationStack
        one per stack, in their order

    Raises
    ------
    InputError
        images that no scanner has, see :func:`cmrmap.segmentation.segment_images`
    """
    taken = [np.flatnonzero(stack.present.any(1)).tolist() for stack in stacks]
    of_each = list(zip(stacks, taken, strict=True))
    predictions = predict_stacks(
        [[_images(stack, index) for index in slices] for stack, slices in of_each],
        [[stack.geometry[index] for index in slices] for stack, slices in of_each],
        network,
    )
    return tuple(
        _stacked(stack, dict(zip(slices, found, strict=True)))
        for (stack, slices), found in zip(of_each, predictions, strict=True)
    )


def _images(stack: WeightedStack, index: int) -> FloatArray:
    """Images of a slice that are there; no copy where all are."""
    present = stack.present[index]
    images: FloatArray = stack.images[index]
    return images if present.all() else images[present]


def _stacked(stack: WeightedStack, predictions: Mapping[int, SlicePrediction]) -> SegmentationStack:
    """Put slices' predictions where their images lie in the stack."""
    labels = np.zeros(stack.images.shape, dtype=np.uint8)
    confidence = np.full(stack.times_ms.shape, np.nan, dtype=np.float32)
    heart = np.full(len(stack.geometry), np.nan, dtype=np.float32)
    doubt = np.full((len(stack.geometry), 2, N_ANGLES), np.nan, dtype=np.float32)
    for index, prediction in predictions.items():
        present = stack.present[index]
        labels[index, present] = prediction.labels
        confidence[index, present] = prediction.confidence
        heart[index] = prediction.heart_probability
        if prediction.border_doubt is not None:
            doubt[index] = prediction.border_doubt
    return SegmentationStack(stack.kind, labels, confidence, heart, doubt)
