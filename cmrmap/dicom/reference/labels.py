"""Labels for weighted images out of DICOM Segmentations (PS3.3 A.51) and RT Structure Sets (A.19).

Segmentations may be this package's own, or anybody else's.

Which image a frame of a segmentation belongs to, first found wins:

1. the weighted images that it names as its source (Derivation Image Sequence): those images
2. a map that it names as its source: the image on whose pixels the map lies, the first of the map's own sources
3. neither: every image of the slice at its position (Plane Position Sequence)
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from cmrmap.core.arrays import BoolArray, LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import text, tolerant_reading
from cmrmap.dicom.loading.stored_pixels import LostPixelsError
from cmrmap.dicom.reference.contour_files import contour_files
from cmrmap.dicom.reference.drawn import Drawn, Place, StudyImages, add_masks, study_images
from cmrmap.dicom.reference.segmentations import read_segmentation
from cmrmap.dicom.reference.structure_sets import collect_structure_set

logger = logging.getLogger(__name__)

_CLASSES = (Label.RIGHT_VENTRICLE, Label.CAVITY, Label.MYOCARDIUM)  # a pixel in several gets the last


@dataclass(frozen=True, slots=True)
class ReferenceLabels:
    """What the segmentations of a study say of one series.

    Attributes
    ----------
    labels : (slice, time, row, column) uint8 of ``Label``
    known : (slice, time, class) bool, the classes that were labelled on that image; all False where none was
    """

    kind: MapKind
    labels: LabelArray
    known: BoolArray


def read_reference_labels(
    folder: Path, study: SourceStudy, series: Sequence[SelectedSeries], stacks: Sequence[WeightedStack]
) -> tuple[ReferenceLabels, ...]:
    """Read every segmentation and RT Structure Set below ``folder`` that belongs to the study's images.

    Where several label one image, one that a person drew or edited goes before an automatic one, then
    the latest. Segments are recognised by their coded type (myocardium; blood or left ventricle; right ventricle), else
    by their label; others, and frames of another matrix than the images, are left out and logged. Structure sets:
    `cmrmap.dicom.reference.structure_sets`.

    Parameters
    ----------
    folder : searched with all its subfolders
    study : the images' headers
    series, stacks : selected and loaded from ``study``, in the same order

    Returns
    -------
    tuple of ReferenceLabels
        one a series, in the same order
    """
    images = study_images(study.headers, series, stacks)
    found: dict[Place, Drawn] = {}
    with tolerant_reading():
        for one in contour_files(folder):
            contours = one.contours
            if contours is None or text(contours, "StudyInstanceUID") != study.study_instance_uid:
                continue  # a broken one has been counted by the reader of the images
            if contours.SOPClassUID == RTStructureSetStorage:
                collect_structure_set(contours, images, found)
            else:
                _collect(contours, images, found)
    return tuple(_labels(index, stack, found) for index, stack in enumerate(stacks))


def _collect(
    segmentation: Dataset,
    images: StudyImages,
    found: dict[Place, Drawn],
) -> None:
    try:
        drawing = read_segmentation(segmentation)
    except LostPixelsError:
        logger.warning("a segmentation whose pixels cannot be decoded is left out")
        return
    if not drawing.classes or not drawing.frames:
        logger.warning("a segmentation without a segment of the heart is left out")
        return
    rank = (not drawing.automatic, text(segmentation, "ContentDate"), text(segmentation, "ContentTime"))
    other_matrix = 0
    for frame in drawing.frames:
        targets = images.named(frame.sources) if frame.sources else images.at(frame.position_mm)
        if targets and images.stacks[targets[0][0]].images.shape[2:] != frame.shape:
            other_matrix += 1
            continue
        add_masks(found, targets, rank, drawing.classes, frame.masks)
    if other_matrix:
        logger.warning("%d frames of a segmentation have another matrix than the images; left out", other_matrix)


def _labels(index: int, stack: WeightedStack, found: Mapping[Place, Drawn]) -> ReferenceLabels:
    labels = np.zeros(stack.images.shape, dtype=np.uint8)
    known = np.zeros((*stack.images.shape[:2], len(Label)), dtype=np.bool_)
    for (stack_index, s, t), drawn in found.items():
        if stack_index != index:
            continue
        for label in _CLASSES:
            if label in drawn.masks:
                labels[s, t][drawn.masks[label]] = label
        known[s, t, [Label.BACKGROUND, *drawn.known]] = True
    return ReferenceLabels(stack.kind, labels, known)
