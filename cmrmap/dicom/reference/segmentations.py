"""DICOM Segmentations (PS3.3 A.51, A.86) frame by frame: what each shows, and which images it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from cmrmap.core.arrays import BoolArray
from cmrmap.core.memory import image_memory_bytes
from cmrmap.core.outlines import Label
from cmrmap.dicom.headers.admission import LABEL_MAP_STORAGE
from cmrmap.dicom.headers.values import number, numbers, text, value
from cmrmap.dicom.loading.stored_pixels import decoded
from cmrmap.dicom.reference.drawn import UNKNOWN_FRAME, label_by_words
from cmrmap.dicom.writing import codes

_MYOCARDIUM_CODES = (codes.LEFT_VENTRICLE_MYOCARDIUM, Code("74281007", "SCT", "Myocardium"))


@dataclass(frozen=True, slots=True)
class SegmentationFrame:
    """One frame of a segmentation; of a label map it shows all segments, else one.

    Attributes
    ----------
    masks : (row, column) bool of each segment of the heart that it shows; empty for a frame of anything else
    segments : the numbers of these segments
    sources : (SOP instance UID, frame from 0, or ``UNKNOWN_FRAME``) of the images that it names
    position_mm, orientation, spacing_mm : of its plane, as in ImagePositionPatient, ImageOrientationPatient and
        PixelSpacing; empty where it does not say
    shape : (rows, columns)
    """

    masks: Mapping[Label, BoolArray]
    segments: tuple[int, ...]
    sources: tuple[tuple[str, int], ...]
    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class SegmentationContent:
    """What a segmentation holds.

    Attributes
    ----------
    classes : the parts of the heart that its segments stand for
    automatic : whether every segment is called AUTOMATIC
    frames : in the order of the object; none where no segment is of the heart
    sources : all images that its frames name
    """

    classes: frozenset[Label]
    automatic: bool
    frames: tuple[SegmentationFrame, ...]
    sources: frozenset[tuple[str, int]] = frozenset()


def read_segmentation(segmentation: Dataset, memory_bytes: int | None = None) -> SegmentationContent:
    """Return what a segmentation shows, frame by frame; frames are empty where no segment is of the heart.

    Parameters
    ----------
    segmentation : the whole object
    memory_bytes : that decoding may take; None: as :func:`cmrmap.core.memory.image_memory_bytes`

    Raises
    ------
    LostPixelsError
        its pixels are damaged, or take more memory than they may
    """
    segments = value(segmentation, "SegmentSequence") or []
    classes = {int(item.SegmentNumber): label for item in segments if (label := segment_class(item)) is not None}
    automatic = all(text(item, "SegmentAlgorithmType") == "AUTOMATIC" for item in segments)
    items = value(segmentation, "PerFrameFunctionalGroupsSequence") or []
    shared = (value(segmentation, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    sources = frozenset(one for item in items for one in _sources(item, shared))
    if not classes or not items:
        return SegmentationContent(frozenset(), automatic, (), sources)
    stored = decoded(segmentation, image_memory_bytes() if memory_bytes is None else memory_bytes)
    pixels = stored.reshape(len(items), segmentation.Rows, segmentation.Columns)
    half = (number(segmentation, "MaximumFractionalValue") or 1.0) / 2
    label_map = segmentation.SOPClassUID == LABEL_MAP_STORAGE
    by_class = {label: [one for one, own in classes.items() if own is label] for label in set(classes.values())}
    frames = []
    for item, image in zip(items, pixels, strict=True):
        if label_map:
            shown = tuple(classes)
            masks = {label: np.isin(image, members) for label, members in by_class.items()}
        else:
            identification = _group(item, shared, "SegmentIdentificationSequence")
            segment = int(number(identification, "ReferencedSegmentNumber") or 0)
            shown = (segment,) if segment in classes else ()
            masks = {classes[one]: np.asarray(image > half, dtype=np.bool_) for one in shown}
        frames.append(
            SegmentationFrame(
                masks=masks,
                segments=shown,
                sources=_sources(item, shared),
                position_mm=numbers(_group(item, shared, "PlanePositionSequence"), "ImagePositionPatient"),
                orientation=numbers(_group(item, shared, "PlaneOrientationSequence"), "ImageOrientationPatient"),
                spacing_mm=numbers(_group(item, shared, "PixelMeasuresSequence"), "PixelSpacing"),
                shape=(image.shape[0], image.shape[1]),
            )
        )
    return SegmentationContent(frozenset(classes.values()), automatic, tuple(frames), sources)


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
    if kind is not None and kind in _MYOCARDIUM_CODES:  # codes cannot be compared with none
        return Label.MYOCARDIUM
    if codes.RIGHT_VENTRICLE in (regions if kind is None else [kind, *regions]):
        return Label.RIGHT_VENTRICLE
    if kind is not None and (kind == codes.LEFT_VENTRICLE or (kind == codes.BLOOD and codes.LEFT_VENTRICLE in regions)):
        return Label.CAVITY
    return label_by_words(text(segment, "SegmentLabel"))


def _code(item: Dataset, keyword: str) -> Code | None:
    sequence = value(item, keyword)
    if not sequence:
        return None
    code = sequence[0]
    return Code(text(code, "CodeValue"), text(code, "CodingSchemeDesignator"), text(code, "CodeMeaning"))


def _group(frame: Dataset, shared: Dataset, keyword: str) -> Dataset:
    sequence = value(frame, keyword) or value(shared, keyword)
    return sequence[0] if sequence else Dataset()


def _sources(frame: Dataset, shared: Dataset) -> tuple[tuple[str, int], ...]:
    sources = []
    for derivation in value(frame, "DerivationImageSequence") or value(shared, "DerivationImageSequence") or []:
        for item in value(derivation, "SourceImageSequence") or []:
            numbered = numbers(item, "ReferencedFrameNumber") or (UNKNOWN_FRAME + 1.0,)
            sources += [(text(item, "ReferencedSOPInstanceUID"), int(one) - 1) for one in numbered]
    return tuple(sources)
