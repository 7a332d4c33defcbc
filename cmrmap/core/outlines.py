"""Outlines on the weighted images: as the network drew them, and after the shape check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import BoolArray, FloatArray, IntArray, LabelArray, check_shapes, frozen
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import Unchanging

#: a border further than this from where it belongs is off: more than what readers differ by
OFF_MM = 3.0


class Label(IntEnum):
    """Values of the network's label images.

    Attributes
    ----------
    BACKGROUND : all else
    MYOCARDIUM : wall of the left ventricle
    CAVITY : blood of the left ventricle, papillary muscles with it
    RIGHT_VENTRICLE : blood of the right ventricle
    """

    BACKGROUND = 0
    MYOCARDIUM = 1
    CAVITY = 2
    RIGHT_VENTRICLE = 3


class ImageOutcome(IntEnum):
    """What became of one weighted image in the shape check (Zhu 2020, "Processing Pipeline").

    Attributes
    ----------
    MISSING : no image at this slice and time
    PASSED : Euler number 0 and eccentricity below the limit
    REPLACED : failed; took the affinely aligned shape of a passed image of the same slice
    EXCLUDED : failed and nothing to replace it with; takes no part in the fit
    LEFT_OUT : a reader wants it left out
    """

    MISSING = 0
    PASSED = 1
    REPLACED = 2
    EXCLUDED = 3
    LEFT_OUT = 4


@dataclass(frozen=True, slots=True)
class SegmentationStack(Unchanging):
    """The network's labels on every weighted image.

    Attributes
    ----------
    kind : map that the images are for
    labels : (slice, time, row, column) uint8 of ``Label``
    confidence : (slice, time) float32 in 0..1; NaN where there is no image
    heart_probability : (slice,) float32 in 0..1 that it shows a left ventricle in short axis; NaN where the network
        does not tell; None where no network drew
    border_doubt : (slice, border, angle) float32 in 0..1 that endocardium and epicardium lie more than 3 mm off;
        angles from the +column axis towards +row, in mm; NaN and None as ``heart_probability``

    Raises
    ------
    ValueError
        shapes that do not match
    """

    kind: MapKind
    labels: LabelArray
    confidence: FloatArray
    heart_probability: FloatArray | None = None
    border_doubt: FloatArray | None = None

    def __post_init__(self) -> None:
        labels, confidence = frozen(self.labels, np.uint8), frozen(self.confidence, np.float32)
        _check_labels(labels)
        check_shapes("segmentation", confidence=(confidence, labels.shape[:2]))
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "confidence", confidence)
        _freeze_what_the_network_tells(self, len(labels))


@dataclass(frozen=True, slots=True)
class RefinedSegmentation(Unchanging):
    """Labels after largest object, shape check and replacement.

    Attributes
    ----------
    kind : map that the images are for
    labels : (slice, time, row, column) uint8 of ``Label``; one ring of myocardium an image, all zero where excluded
    outcome : (slice, time) uint8 of ``ImageOutcome``
    donor : (slice, time) time index of the image whose shape replaced this one; -1 where none did
    confidence : (slice, time) as in ``SegmentationStack``, NaN too; None where no network drew
    heart_probability, border_doubt : (slice,) and (slice, border, angle) as in ``SegmentationStack``
    reading : what a reader corrected in these outlines; None where nobody did

    Raises
    ------
    ValueError
        shapes that do not match
    """

    kind: MapKind
    labels: LabelArray
    outcome: LabelArray
    donor: npt.NDArray[np.int16]
    confidence: FloatArray | None = None
    heart_probability: FloatArray | None = None
    border_doubt: FloatArray | None = None
    reading: Reading | None = None

    def __post_init__(self) -> None:
        labels, outcome = frozen(self.labels, np.uint8), frozen(self.outcome, np.uint8)
        donor = frozen(self.donor, np.int16)
        _check_labels(labels)
        check_shapes("refined segmentation", outcome=(outcome, labels.shape[:2]), donor=(donor, labels.shape[:2]))
        object.__setattr__(self, "labels", labels)
        object.__setattr__(self, "outcome", outcome)
        object.__setattr__(self, "donor", donor)
        if self.confidence is not None:
            confidence = frozen(self.confidence, np.float32)
            check_shapes("refined segmentation", confidence=(confidence, labels.shape[:2]))
            object.__setattr__(self, "confidence", confidence)
        _freeze_what_the_network_tells(self, len(labels))

    def confidence_of(self, slice_index: int, times: IntArray) -> float:
        """Return the mean confidence of some images of a slice; NaN where no network drew.

        Parameters
        ----------
        slice_index : of the slice
        times : (n,) indices of its images

        Returns
        -------
        float
            0-1, or NaN
        """
        return float("nan") if self.confidence is None else float(np.mean(self.confidence[slice_index, times]))

    def heart_probability_of(self, slice_index: int) -> float:
        """Return how likely a slice shows a left ventricle in short axis; NaN where it is not known.

        Parameters
        ----------
        slice_index : of the slice

        Returns
        -------
        float
            0-1, or NaN
        """
        return float("nan") if self.heart_probability is None else float(self.heart_probability[slice_index])

    @property
    def touched(self) -> BoolArray:
        """(slice,) True where a reader corrected contours, left out images, or the slice."""
        out = np.zeros(len(self.labels), dtype=np.bool_)
        if self.reading is not None:
            out |= self.reading.drawn | (self.outcome == ImageOutcome.LEFT_OUT).any(axis=1)
            out[list(self.reading.excluded)] = True
        return out

    @property
    def usable(self) -> BoolArray:
        """(slice, time) True where the image has a segmentation and enters the fit."""
        return np.asarray(
            (self.outcome == ImageOutcome.PASSED) | (self.outcome == ImageOutcome.REPLACED), dtype=np.bool_
        )


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader corrected in the outlines of a series.

    Attributes
    ----------
    network : the outlines without it
    drawn : (slice,) True where the reader's contours count
    excluded : slices that are left out, each with the reader's reason
    findings : what is to be told of it

    Raises
    ------
    ValueError
        shapes that do not match
    """

    network: RefinedSegmentation
    drawn: BoolArray
    excluded: Mapping[int, str]
    findings: tuple[QualityFlag, ...] = ()

    def __post_init__(self) -> None:
        drawn = frozen(self.drawn, np.bool_)
        check_shapes("reading", drawn=(drawn, (len(self.network.labels),)))
        object.__setattr__(self, "drawn", drawn)


def _freeze_what_the_network_tells(outlines: SegmentationStack | RefinedSegmentation, n_slices: int) -> None:
    """Keep read-only copies of what a network tells slice by slice; its shapes must fit."""
    heart, doubt = outlines.heart_probability, outlines.border_doubt
    if heart is not None:
        kept = frozen(heart, np.float32)
        check_shapes("segmentation", heart_probability=(kept, (n_slices,)))
        object.__setattr__(outlines, "heart_probability", kept)
    if doubt is not None:
        kept = frozen(doubt, np.float32)
        check_shapes("segmentation", border_doubt=(kept, (n_slices, 2, kept.shape[-1])))
        object.__setattr__(outlines, "border_doubt", kept)


def _check_labels(labels: LabelArray) -> None:
    if labels.ndim != 4:
        raise ValueError(f"labels must have axes (slice, time, row, column); found {labels.ndim} axes")
