"""A reader's contours in the input: Segmentations and RT Structure Sets that take the place of the network's.

An object that cannot be used is refused with one reason, and so is what it draws on a slice where only that is wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage

from cmrmap.core.arrays import BoolArray, LabelArray
from cmrmap.core.corrections import ReaderContour
from cmrmap.core.findings import QualityFlag
from cmrmap.core.outlines import Label
from cmrmap.core.selected_series import SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.patient import identity_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import text, tolerant_reading
from cmrmap.dicom.loading.stored_pixels import UndecodedPixelsError
from cmrmap.dicom.reference.contour_files import ContourFile, contour_files
from cmrmap.dicom.reference.contour_origin import ContourOrigin, contour_origin
from cmrmap.dicom.reference.contour_places import ELSEWHERE, Where, crosses_itself, place_of_contour, place_of_frame
from cmrmap.dicom.reference.drawn import StudyImages, study_images
from cmrmap.dicom.reference.planar_contours import Outer, TooManyPointsError, planar_contours
from cmrmap.dicom.reference.replaced import replaced_objects
from cmrmap.dicom.reference.segmentations import read_segmentation
from cmrmap.dicom.reference.structure_sets import filled, labelled_masks
from cmrmap.quality.catalogue.reader_findings import CONTOURS_LEFT_ASIDE, READER_CONTOURS_REFUSED

_DAMAGED = "the file is damaged and cannot be read; send it again"
_NAMELESS = "without a readable UID"
_ORDER = (Label.RIGHT_VENTRICLE, Label.CAVITY, Label.MYOCARDIUM)


class _UnusableError(Exception):
    """Why nothing of an object can be used."""


class _Drawing:
    """What one object draws, slice by slice, and what is wrong with it."""

    def __init__(self, images: StudyImages) -> None:
        self.images = images
        self.masks: dict[Where, dict[Label, BoolArray]] = {}
        self.faults: dict[tuple[int, int] | None, str] = {}

    def refuse(self, places: Sequence[Where], reason: str) -> None:
        """Note why what is drawn on some slices cannot be used; without places, why a part of the object cannot."""
        if reason == ELSEWHERE:
            return
        slices = {(place[0], place[1]) for place in places}
        for one in slices or (None,):
            self.faults.setdefault(one, reason)

    @property
    def is_elsewhere(self) -> bool:
        """Whether nothing of it concerns an image that is mapped."""
        return not (self.masks or self.faults)

    def labels(self) -> Iterator[tuple[Where, LabelArray]]:
        """Yield the labels of every image whose slice has no fault, in the order of the images."""
        for place, masks in sorted(self.masks.items(), key=lambda item: (item[0][:2], item[0][2] or 0)):
            if place[:2] in self.faults:
                continue
            out = np.zeros(self.images.stacks[place[0]].images.shape[2:], dtype=np.uint8)
            for label in _ORDER:
                if label in masks:
                    out[masks[label]] = label
            yield place, out


def read_reader_contours(
    folder: Path, study: SourceStudy, series: Sequence[SelectedSeries], stacks: Sequence[WeightedStack]
) -> tuple[tuple[ReaderContour, ...], tuple[QualityFlag, ...]]:
    """Read every segmentation and RT Structure Set below ``folder`` as a reader's contours.

    Two objects that draw on one slice are both returned.

    Parameters
    ----------
    folder : searched with all its subfolders
    study : the images' headers
    series, stacks : selected, and loaded

    Returns
    -------
    the contours, and why others are not used
    """
    contours: list[ReaderContour] = []
    flags: list[QualityFlag] = []
    aside: dict[str, list[str]] = {}
    images = study_images(study.headers, series, stacks)
    seen: Counter[str] = Counter()
    with tolerant_reading():
        for one in contour_files(folder, study.memory_bytes):
            is_set = one.contours is not None and one.contours.SOPClassUID == RTStructureSetStorage
            source = one.sop_instance_uid or _NAMELESS
            seen[source] += 1
            if seen[source] > 1:  # copies of one object may have been edited
                source = f"{source} ({seen[source]})"
            name = f"{'structure set' if is_set else 'segmentation'} {source}"
            try:
                drawing = _drawing(one, study, images)
            except _UnusableError as error:
                flags.append(READER_CONTOURS_REFUSED.flag(source=name, reason=str(error)))
                continue
            if isinstance(drawing, str):
                aside.setdefault(drawing, []).append(name)
                continue
            for place, reason in sorted(drawing.faults.items(), key=lambda item: item[0] or (-1, -1)):
                kind, index = (None, None) if place is None else (stacks[place[0]].kind, place[1])
                flags.append(READER_CONTOURS_REFUSED.flag(kind, index, source=name, reason=reason))
            contours += [
                ReaderContour(stacks[place[0]].kind, place[1], place[2], labels, source, replaced_objects(one.contours))
                for place, labels in drawing.labels()
            ]
    flags += [CONTOURS_LEFT_ASIDE.flag(source=_listed(names), reason=reason) for reason, names in aside.items()]
    return tuple(contours), tuple(flags)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _drawing(file: ContourFile, study: SourceStudy, images: StudyImages) -> _Drawing | str:
    """Return what an object draws, or why it is no reader's."""
    contours = file.contours
    if contours is None:
        raise _UnusableError(file.fault)
    own = identity_of(contours)
    is_set = bool(contours.SOPClassUID == RTStructureSetStorage)
    if any(own.differs_from(identity) for identity in {identity_of(header) for header in study.headers.values()}):
        raise _UnusableError("it is of another patient than the images")
    if text(contours, "StudyInstanceUID") != study.study_instance_uid:
        raise _UnusableError("it is of another study than the images")
    made: _Drawing | str
    try:
        made = _of_structure_set(contours, images) if is_set else _of_segmentation(contours, images, study.memory_bytes)
    except _UnusableError:
        raise
    except (TooManyPointsError, UndecodedPixelsError) as error:
        raise _UnusableError(str(error)) from None
    except Exception:  # damaged pixels or sequences raise whatever their decoder stumbles over
        raise _UnusableError(_DAMAGED) from None
    if isinstance(made, _Drawing) and made.is_elsewhere:
        return ELSEWHERE
    return made


def _of_segmentation(segmentation: Dataset, images: StudyImages, memory_bytes: int) -> _Drawing | str:
    origin = contour_origin(segmentation, memory_bytes)
    if origin is ContourOrigin.UNEDITED:
        return str(origin.value)
    content = read_segmentation(segmentation, memory_bytes)
    if not content.classes:
        if images.holds(content.sources) and not images.named(content.sources):
            return ELSEWHERE
        raise _UnusableError("no segment of it is coded or named as left-ventricular myocardium or blood pool")
    shown = [frame for frame in content.frames if any(mask.any() for mask in frame.masks.values())]
    if not shown:
        raise _UnusableError("it is empty: no pixel of a segment of the heart is set")
    if Label.MYOCARDIUM not in content.classes:
        raise _UnusableError("it has no segment of the left-ventricular myocardium")
    if origin is ContourOrigin.OTHER_SOFTWARE:
        raise _UnusableError(origin.value)
    drawing = _Drawing(images)
    for frame in shown:
        placed = place_of_frame(frame, text(segmentation, "FrameOfReferenceUID"), images)
        if placed.fault:
            drawing.refuse(placed.places, placed.fault)
            continue
        for place in placed.places:
            known = drawing.masks.setdefault(place, {})
            if any((frame_mask & mask).any() for frame_mask in frame.masks.values() for mask in known.values()):
                drawing.refuse([place], "its segments overlap; a pixel belongs to the wall or to the blood")
            for label, mask in frame.masks.items():
                known[label] = mask | known.get(label, np.False_)
    for place, masks in drawing.masks.items():
        if Label.MYOCARDIUM not in masks:
            drawing.refuse([place], "the slice has no myocardium")
    return drawing


def _of_structure_set(structures: Dataset, images: StudyImages) -> _Drawing:
    contours = planar_contours(structures)
    if not contours:
        raise _UnusableError("it is empty: no contour of a region named as the left ventricle's wall or blood pool")
    if all(one.automatic for one in contours):
        raise _UnusableError("all its regions are labelled AUTOMATIC: it is a software's output, not a reader's")
    drawing = _Drawing(images)
    found: dict[Where, dict[Label | Outer, list[BoolArray]]] = {}
    for contour in contours:
        placed = place_of_contour(contour, images)
        fault = placed.fault or ("" if contour.closed else "a contour of it is open; expected closed contours")
        if not fault and crosses_itself(contour.points_mm):
            fault = "a contour of it crosses itself"
        if fault:
            drawing.refuse(placed.places, fault)
            continue
        for place in placed.places:
            stack = images.stacks[place[0]]
            mask = filled(contour.points_mm, stack.geometry[place[1]], (stack.images.shape[2], stack.images.shape[3]))
            if mask is not None:
                found.setdefault(place, {}).setdefault(contour.structure, []).append(mask)
    for place, drawn in found.items():
        masks = labelled_masks(drawn)
        if Label.MYOCARDIUM not in masks:
            drawing.refuse([place], "its contours do not separate wall and blood (give endocardium and epicardium)")
        else:
            drawing.masks[place] = masks
    return drawing
