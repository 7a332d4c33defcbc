"""Labels for weighted images out of DICOM Segmentations (PS3.3 A.51): this package's own, and anybody else's.

Which image a frame of a segmentation belongs to, first found wins:

1. the weighted images that it names as its source (Derivation Image Sequence): those images
2. a map that it names as its source: the image on whose pixels the map lies, the first of the map's own sources
3. neither: every image of the slice at its position (Plane Position Sequence)
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code
from pydicom.uid import UID, SegmentationStorage

from cmrmap.core.arrays import BoolArray, LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.stack import SelectedSeries, WeightedStack
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, numbers, text, tolerant_reading, value
from cmrmap.dicom.writing import codes

logger = logging.getLogger(__name__)

_LABEL_MAP_STORAGE = UID("1.2.840.10008.5.1.4.1.1.66.7")  # Label Map Segmentation Storage (PS3.4 B.5)
_SAME_PLANE_MM = 1.0
_MYOCARDIUM_CODES = (codes.LEFT_VENTRICLE_MYOCARDIUM, Code("74281007", "SCT", "Myocardium"))
_RIGHT_VENTRICLE = Code("53085002", "SCT", "Right ventricle")
#: where the codes say nothing: words of the segment's label, the first line that holds one wins
_WORDS = (
    (Label.RIGHT_VENTRICLE, ("right ventric", "rv ", "rv_", "rvc")),
    (Label.MYOCARDIUM, ("myocard", "lv wall", "lv_wall", "lvm")),
    (Label.CAVITY, ("blood pool", "cavity", "lv blood", "lv endo", "left ventric", "lvc")),
)
_CLASSES = (Label.RIGHT_VENTRICLE, Label.CAVITY, Label.MYOCARDIUM)  # a pixel in several gets the last

_Place = tuple[int, int, int]  # stack, slice, time


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


@dataclass(slots=True)
class _Drawn:
    """The masks of one segmentation on one image."""

    rank: tuple[bool, str, str]
    known: frozenset[Label]
    masks: dict[Label, BoolArray] = field(default_factory=dict)


def read_reference_labels(
    folder: Path, study: SourceStudy, series: Sequence[SelectedSeries], stacks: Sequence[WeightedStack]
) -> tuple[ReferenceLabels, ...]:
    """Read every segmentation below ``folder`` that belongs to the study's images.

    Where several segmentations label one image, one that a person drew or edited goes before an automatic one, then
    the latest. Segments are recognised by their coded type (myocardium; blood or left ventricle; right ventricle), else
    by their label; others, and frames of another matrix than the images, are left out and logged.

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
    places = _places(series, stacks)
    first_source = {uid: _first_source(header) for uid, header in study.headers.items()}
    found: dict[_Place, _Drawn] = {}
    with tolerant_reading():
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            segmentation = _segmentation(path)
            if segmentation is not None and text(segmentation, "StudyInstanceUID") == study.study_instance_uid:
                _collect(segmentation, places, first_source, stacks, found)
    return tuple(_labels(index, stack, found) for index, stack in enumerate(stacks))


def _places(series: Sequence[SelectedSeries], stacks: Sequence[WeightedStack]) -> dict[tuple[str, int], _Place]:
    """(SOP instance UID, frame from 0) to its place, for the images that were loaded."""
    return {
        (frame.sop_instance_uid, frame.frame_index): (index, frame.slice_index, frame.time_index)
        for index, (one, stack) in enumerate(zip(series, stacks, strict=True))
        for frame in one.frames
        if stack.present[frame.slice_index, frame.time_index]
    }


def _first_source(header: Dataset) -> str:
    sources = value(header, "SourceImageSequence")
    return text(sources[0], "ReferencedSOPInstanceUID") if sources else ""


def _segmentation(path: Path) -> Dataset | None:
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"])
        if header.get("SOPClassUID") not in (SegmentationStorage, _LABEL_MAP_STORAGE):
            return None
        return pydicom.dcmread(path)
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
    words = text(segment, "SegmentLabel").lower() + " "
    for label, parts in _WORDS:
        if any(part in words for part in parts):
            return label
    return None


def _code(item: Dataset, keyword: str) -> Code | None:
    sequence = value(item, keyword)
    if not sequence:
        return None
    code = sequence[0]
    return Code(text(code, "CodeValue"), text(code, "CodingSchemeDesignator"), text(code, "CodeMeaning"))


def _collect(
    segmentation: Dataset,
    places: Mapping[tuple[str, int], _Place],
    first_source: Mapping[str, str],
    stacks: Sequence[WeightedStack],
    found: dict[_Place, _Drawn],
) -> None:
    segments = value(segmentation, "SegmentSequence") or []
    classes = {int(item.SegmentNumber): label for item in segments if (label := segment_class(item)) is not None}
    frames = value(segmentation, "PerFrameFunctionalGroupsSequence") or []
    if not classes or not frames:
        logger.warning("a segmentation without a segment of the heart is left out")
        return
    automatic = all(text(item, "SegmentAlgorithmType") == "AUTOMATIC" for item in segments)
    rank = (not automatic, text(segmentation, "ContentDate"), text(segmentation, "ContentTime"))
    pixels = np.asarray(segmentation.pixel_array).reshape(len(frames), segmentation.Rows, segmentation.Columns)
    half = (number(segmentation, "MaximumFractionalValue") or 1.0) / 2
    shared = (value(segmentation, "SharedFunctionalGroupsSequence") or [Dataset()])[0]
    label_map = segmentation.SOPClassUID == _LABEL_MAP_STORAGE
    other_matrix = 0
    for frame, image in zip(frames, pixels, strict=True):
        targets = _targets(frame, shared, places, first_source, stacks)
        if targets and stacks[targets[0][0]].images.shape[2:] != image.shape:
            other_matrix += 1
            continue
        if label_map:
            masks = {label: image == segment for segment, label in classes.items()}
        else:
            identification = _group(frame, shared, "SegmentIdentificationSequence")
            label = classes.get(int(number(identification, "ReferencedSegmentNumber") or 0))
            masks = {} if label is None else {label: image > half}
        for place in targets:
            drawn = found.get(place)
            if drawn is None or drawn.rank < rank:
                drawn = found[place] = _Drawn(rank, frozenset(classes.values()))
            if drawn.rank == rank:
                for label, mask in masks.items():
                    drawn.masks[label] = mask | drawn.masks.get(label, False)
    if other_matrix:
        logger.warning("%d frames of a segmentation have another matrix than the images; left out", other_matrix)


def _group(frame: Dataset, shared: Dataset, keyword: str) -> Dataset:
    sequence = value(frame, keyword) or value(shared, keyword)
    return sequence[0] if sequence else Dataset()


def _targets(
    frame: Dataset,
    shared: Dataset,
    places: Mapping[tuple[str, int], _Place],
    first_source: Mapping[str, str],
    stacks: Sequence[WeightedStack],
) -> list[_Place]:
    """Return the images that a frame labels."""
    sources = []
    for derivation in value(frame, "DerivationImageSequence") or value(shared, "DerivationImageSequence") or []:
        for item in value(derivation, "SourceImageSequence") or []:
            numbered = numbers(item, "ReferencedFrameNumber") or (1.0,)
            sources += [(text(item, "ReferencedSOPInstanceUID"), int(one) - 1) for one in numbered]
    direct = [places[source] for source in sources if source in places]
    if direct:
        return direct
    through_map = [(first_source.get(uid, ""), 0) for uid, _ in sources]
    indirect = [places[source] for source in through_map if source in places]
    if indirect or sources:
        return indirect
    position = numbers(_group(frame, shared, "PlanePositionSequence"), "ImagePositionPatient")
    if len(position) != 3:
        return []
    return [
        place
        for place in places.values()
        if np.linalg.norm(np.subtract(stacks[place[0]].geometry[place[1]].position_mm, position)) < _SAME_PLANE_MM
    ]


def _labels(index: int, stack: WeightedStack, found: Mapping[_Place, _Drawn]) -> ReferenceLabels:
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
