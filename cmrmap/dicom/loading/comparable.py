"""Stored values to signals, slice by slice, where the images of a slice can be compared with each other at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import FloatArray
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.dicom.loading.own_maximum import scaled_each_to_its_own
from cmrmap.dicom.loading.scale import Scale, slice_scale
from cmrmap.dicom.loading.stored_pixels import StoredValues
from cmrmap.quality.catalogue.images import SCALE_SLOPES_APPLIED, SCALE_UNKNOWN, SLICE_NOT_USED

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ComparableImages:
    """The images of a series on one scale a slice; keys are (slice, time).

    Attributes
    ----------
    images : signals (row, column) float32
    lost : why an image cannot be compared with the others of its slice
    refusals : slices in which no two images can be
    flags : which scales were applied or are missing
    """

    images: dict[Place, FloatArray]
    lost: dict[Place, str]
    refusals: tuple[Refusal, ...]
    flags: tuple[QualityFlag, ...]


def comparable_images(
    selected: SelectedSeries, stored: Mapping[Place, StoredValues], scales: Mapping[Place, Scale], *, lossy: bool
) -> ComparableImages:
    """Apply the scales of every slice.

    Parameters
    ----------
    selected : the series
    stored : (row, column) stored values by place
    scales : of the same images
    lossy : whether any was compressed with loss
    """
    images: dict[Place, FloatArray] = {}
    lost: dict[Place, str] = {}
    refusals: list[Refusal] = []
    flags: list[QualityFlag] = []
    applied: list[float] = []
    for index in sorted({place[0] for place in stored}):
        found = slice_scale({place[1]: scale for place, scale in scales.items() if place[0] == index})
        lost.update({(index, time): reason for time, reason in found.lost.items()})
        applied += found.applied or ()
        if found.caution:
            flags.append(SCALE_UNKNOWN.flag(selected.kind, index, reason=found.caution))
        own = {
            (index, time): stored[index, time].astype(np.float32) * np.float32(slope) + np.float32(intercept)
            for time, (slope, intercept) in found.linear.items()
        }
        fault = scaled_each_to_its_own(np.stack(list(own.values())), lossy)
        if fault:
            refusals.append(Refusal(selected.kind, "refused", fault, index))
            flags.append(SLICE_NOT_USED.flag(selected.kind, index, reason=fault))
        else:
            images.update(own)
    if applied:
        flags.append(SCALE_SLOPES_APPLIED.flag(selected.kind, low=min(applied), high=max(applied)))
    return ComparableImages(images, lost, tuple(refusals), tuple(flags))
