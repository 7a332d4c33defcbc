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
from pydicom.sr.coding import Code
from pydicom.uid import UID, RTStructureSetStorage, SegmentationStorage

from cmrmap.core.arrays import BoolArray, LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memory import image_memory_bytes
from cmrmap.core.outlines import Label
from cmrmap.core.stack import SelectedSeries, WeightedStack
from cmrmap.dicom.headers.bounded import open_bounded, read_bounded
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, numbers, text, tolerant_reading, value
from cmrmap.dicom.loading.stored_pixels import LostPixelsError, decoded
from cmrmap.dicom.reference.drawn import Drawn, Place, StudyImages, add_masks, label_by_words, study_images
from cmrmap.dicom.reference.structure_sets import collect_structure_set
from cmrmap.dicom.writing import codes

logger = logging.getLogger(__name__)

_LABEL_MAP_STORAGE = UID("1.2.840.10008.5.1.4.1.1.66.7")  # Label Map Segmentation Storage (PS3.4 B.5)
_MYOCARDIUM_CODES = (codes.LEFT_VENTRICLE_MYOCARDIUM, Code("74281007", "SCT", "Myocardium"))
_RIGHT_VENTRICLE = Code("53085002", "SCT", "Right ventricle")
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
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            contours = _contours(path)
            if contours is None or text(contours, "StudyInstanceUID") != study.study_instance_uid:
                continue
            if contours.SOPClassUID == RTStructureSetStorage:
                collect_structure_set(contours, images, found)
            else:
                _collect(contours, images, found)
    return tuple(_labels(index, stack, found) for index, stack in enumerate(stacks))


def _contours(path: Path) -> Dataset | None:
    try:
        with open_bounded(path) as stream:
            header = read_bounded(stream, force=False, stop_before_pixels=True, only=["SOPClassUID"])
        if header.get("SOPClassUID") not in (SegmentationStorage, _LABEL_MAP_STORAGE, RTStructureSetStorage):
            return None
        with open_bounded(path) as stream:
            return read_bounded(stream, force=False)
    except Exception:  # what is no DICOM, or a broken one, has been counted by the reader of the images
        return None


def segment_class(segment: Dataset) -> Label | None:
    """Return what a segment outlines (an item of Segment Sequence, PS3.3 C.8.20.4); None for anything else.

    Parameters
    ----------
    segment : with codes of any scheme, or none
    """
    kind = _code(segment, "SegmentedPropertyTypeCodeSequence")
    regions = [
        code
        for sequence in ("AnatomicRegionSequence", "SegmentedPropertyTypeModifierCodeSequence")
        if (code := _code(segment, sequence)) is not None
    ]
    if kind in _MYOCARDIUM_CODES:
        return Label.MYOCARDIUM
    if _RIGHT_VENTRICLE in (kind, *regions):
        return Label.RIGHT_VENTRICLE
    if kind == codes.LEFT_VENTRICLE or (kind == codes.BLOOD and codes.LEFT_VENTRICLE in regions):
        return Label.CAVITY
    return label_by_words(text(segment, "SegmentLabel"))


def _code(item: Dataset, keyword: str) -> Code | None:
    sequence = value(item, keyword)
    if not sequence:
        return None
    code = sequence[0]
    return Code(text(code, "CodeValue"), text(code, "CodingSchemeDesignator"), text(code, "CodeMeaning"))


def _collect(
    segmentation: Dataset,
    images: StudyImages,
    found: dict[Place, Drawn],
) -> None:
    segments = value(segmentation, "SegmentSequence") or []
    classes = {int(item.SegmentNumber): label for item in segments if (label := segment_class(item)) is not None}
    frames = value(segmentation, "PerFrameFunctionalGroupsSequence") or []
    if not classes or not frames:
        logger.warning("a segmentation without a segment of the heart is left out")
        return
    automatic = all(text(item, "SegmentAlgorithmType") == "AUTOMATIC" for item in segments)
    rank = (not automatic, text(segmentation, "ContentDate"), text(segmentation, "ContentTime"))
    try:
        stored = decoded(segmentation, image_memory_bytes())
    except LostPixelsError:
        logger.warning("a segmentation whose pixels cannot be decoded is left out")
        return
    pixels = stored.reshape(len(frames), segmentation.Rows, segmentation.Columns)
    half = (number(segmentation, "MaximumFractionalValue") or 1.0) / 2
    shared = (value(segmentation, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    label_map = segmentation.SOPClassUID == _LABEL_MAP_STORAGE
    other_matrix = 0
    for frame, image in zip(frames, pixels, strict=True):
        targets = _targets(frame, shared, images)
        if targets and images.stacks[targets[0][0]].images.shape[2:] != image.shape:
            other_matrix += 1
            continue
        if label_map:
            masks = {label: image == segment for segment, label in classes.items()}
        else:
            identification = _group(frame, shared, "SegmentIdentificationSequence")
            label = classes.get(int(number(identification, "ReferencedSegmentNumber") or 0))
            masks = {} if label is None else {label: image > half}
        add_masks(found, targets, rank, frozenset(classes.values()), masks)
    if other_matrix:
        logger.warning("%d frames of a segmentation have another matrix than the images; left out", other_matrix)


def _group(frame: Dataset, shared: Dataset, keyword: str) -> Dataset:
    sequence = value(frame, keyword) or value(shared, keyword)
    return sequence[0] if sequence else Dataset()


def _targets(frame: Dataset, shared: Dataset, images: StudyImages) -> list[Place]:
    """Return the images that a frame labels."""
    sources = []
    for derivation in value(frame, "DerivationImageSequence") or value(shared, "DerivationImageSequence") or []:
        for item in value(derivation, "SourceImageSequence") or []:
            numbered = numbers(item, "ReferencedFrameNumber") or (1.0,)
            sources += [(text(item, "ReferencedSOPInstanceUID"), int(one) - 1) for one in numbered]
    if sources:
        return images.named(sources)
    position = numbers(_group(frame, shared, "PlanePositionSequence"), "ImagePositionPatient")
    return images.at(position) if len(position) == 3 else []


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
