"""Contours out of RT Structure Sets (DICOM PS3.3 A.19), filled on the weighted images.

Viewers draw endo- and epicardium as closed planar contours. One that encloses the ventricle (epicardium) is the wall
with the cavity; a wall drawn as a ring is two contours or a keyhole (C.8.8.6.3). What lies within the cavity's contour
is never wall.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from pydicom.dataset import Dataset
from skimage.draw import polygon2mask

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.dicom.headers.values import number, numbers, text, value
from cmrmap.dicom.reference.drawn import (
    SAME_PLANE_MM,
    UNKNOWN_FRAME,
    Drawn,
    Place,
    StudyImages,
    add_masks,
    label_by_words,
)

logger = logging.getLogger(__name__)

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_FEWEST_POINTS = 3
_NOT_THE_HEART = ("fat", "point", "insertion")


class Outer(Enum):
    """What encloses wall and cavity together."""

    EPICARDIUM = "epicardium"


def structure_of(name: str) -> Label | Outer | None:
    """Return what a region of interest outlines by its name; None for anything but a ventricle.

    Parameters
    ----------
    name : ROIName (3006,0026), e.g. "LV epi", "saendocardialContour", "Myocardium"
    """
    words = name.lower()
    if any(part in words for part in _NOT_THE_HEART):
        return None
    right = "right" in words or "rv" in words
    if "epi" in words:
        return None if right else Outer.EPICARDIUM
    if "endo" in words:
        return Label.RIGHT_VENTRICLE if right else Label.CAVITY
    return label_by_words(name)


@dataclass(frozen=True, slots=True)
class PlanarContour:
    """One contour of a structure of the heart.

    Attributes
    ----------
    structure : what it outlines
    closed : whether it is a closed planar contour (PS3.3 C.8.8.6.1)
    points_mm : (point, xyz) in the patient
    sources : (SOP instance UID, frame from 0, or ``UNKNOWN_FRAME``) of the images that it names
    frame_of_reference_uid : "" where it does not say
    automatic : whether its region of interest is called AUTOMATIC
    """

    structure: Label | Outer
    closed: bool
    points_mm: Float64Array
    sources: tuple[tuple[str, int], ...]
    frame_of_reference_uid: str
    automatic: bool


def planar_contours(contours: Dataset) -> tuple[PlanarContour, ...]:
    """Return the contours of the structures of the heart; other structures and single points are left out.

    Parameters
    ----------
    contours : an RT Structure Set
    """
    names = {_number(item, "ROINumber"): item for item in value(contours, "StructureSetROISequence") or []}
    found = []
    for roi in value(contours, "ROIContourSequence") or []:
        item = names.get(_number(roi, "ReferencedROINumber"), Dataset())
        structure = structure_of(text(item, "ROIName"))
        if structure is None:
            continue
        for contour in value(roi, "ContourSequence") or []:
            points = numbers(contour, "ContourData")
            form = text(contour, "ContourGeometricType")
            if form == "POINT" or len(points) < 3:
                continue
            found.append(
                PlanarContour(
                    structure=structure,
                    closed=form in _CLOSED and len(points) >= 3 * _FEWEST_POINTS,
                    points_mm=np.asarray(points[: len(points) // 3 * 3], dtype=np.float64).reshape(-1, 3),
                    sources=_sources(contour),
                    frame_of_reference_uid=text(item, "ReferencedFrameOfReferenceUID"),
                    automatic=text(item, "ROIGenerationAlgorithm") == "AUTOMATIC",
                )
            )
    return tuple(found)


def collect_structure_set(contours: Dataset, images: StudyImages, found: dict[Place, Drawn]) -> None:
    """Note in ``found`` what a structure set shows on a study's images; what lies in no image's plane is logged.

    A contour that names images is drawn on these, one that names a map on the image under it, and one that names none
    on every image in whose plane it lies. An epicardium without endocardium says nothing of the wall: left out.

    Parameters
    ----------
    contours : an RT Structure Set of the study
    images : of the study
    found : by image; changed
    """
    drawn: dict[Place, dict[Label | Outer, list[BoolArray]]] = {}
    all_of_them = planar_contours(contours)
    aside = 0
    for contour in (one for one in all_of_them if one.closed):
        targets = list(_targets(contour, images))
        aside += not targets
        for place, mask in targets:
            drawn.setdefault(place, {}).setdefault(contour.structure, []).append(mask)
    by_a_person = not all(one.automatic for one in all_of_them)
    rank = (by_a_person, text(contours, "StructureSetDate"), text(contours, "StructureSetTime"))
    used = 0
    for place, masks in drawn.items():
        labelled = labelled_masks(masks)
        used += bool(labelled)
        if labelled:
            add_masks(found, [place], rank, frozenset(labelled), labelled)
    if aside or used < len(drawn):
        logger.warning(
            "structure set: %d contours lie in no image's plane, those on %d images do not tell wall from cavity (an "
            "epicardium alone, or several contours of one structure that cross); left out",
            aside,
            len(drawn) - used,
        )
    elif not drawn:
        logger.warning("a structure set without a contour of the heart on the study's images is left out")


def _number(item: Dataset, keyword: str) -> int:
    found = number(item, keyword)
    return -1 if found is None else int(found)


def labelled_masks(drawn: dict[Label | Outer, list[BoolArray]]) -> dict[Label, BoolArray]:
    """Masks of the classes of ``Label`` that the contours on one image tell; none where they contradict each other."""
    masks = {structure: _joined(structure, contours) for structure, contours in drawn.items()}
    if any(mask is None for mask in masks.values()):
        return {}
    out = {label: mask for label, mask in masks.items() if isinstance(label, Label) and mask is not None}
    outer, cavity = masks.get(Outer.EPICARDIUM), out.get(Label.CAVITY)
    if outer is not None and cavity is not None:
        out[Label.MYOCARDIUM] = outer
    if cavity is not None and Label.MYOCARDIUM in out:
        out[Label.MYOCARDIUM] = out[Label.MYOCARDIUM] & ~cavity
    return out


def _joined(structure: Label | Outer, contours: list[BoolArray]) -> BoolArray | None:
    """Return what contours of one structure on one image enclose: parts side by side, or the two borders of a wall.

    None where they cross or lie in each other: they are of several images, and do not say which.
    """
    count = np.sum(contours, axis=0)
    if count.max(initial=0) <= 1:
        return np.asarray(count > 0, dtype=np.bool_)
    sizes = sorted(int(np.count_nonzero(one)) for one in contours)
    nested = len(contours) == 2 and int(np.count_nonzero(count == 2)) == sizes[0]
    if structure is Label.MYOCARDIUM and nested:
        return np.asarray(count == 1, dtype=np.bool_)
    return None


def _targets(contour: PlanarContour, images: StudyImages) -> Iterator[tuple[Place, BoolArray]]:
    """Yield the images that a contour is drawn on, with what it encloses there."""
    for place in images.named(contour.sources) if contour.sources else images.places.values():
        stack = images.stacks[place[0]]
        geometry = stack.geometry[place[1]]
        told = contour.frame_of_reference_uid
        if not contour.sources and told and geometry.frame_of_reference_uid not in ("", told):
            continue
        mask = filled(contour.points_mm, geometry, (stack.images.shape[2], stack.images.shape[3]))
        if mask is not None:
            yield place, mask


def _sources(contour: Dataset) -> tuple[tuple[str, int], ...]:
    return tuple(
        (text(item, "ReferencedSOPInstanceUID"), int(one) - 1)
        for item in value(contour, "ContourImageSequence") or []
        for one in numbers(item, "ReferencedFrameNumber") or (UNKNOWN_FRAME + 1.0,)
    )


def filled(points_mm: Float64Array, geometry: SliceGeometry, shape: tuple[int, int]) -> BoolArray | None:
    """(row, column) pixels whose centre a polygon (point, xyz) encloses; None where it does not lie in the plane."""
    offset = points_mm - np.asarray(geometry.position_mm)
    if np.abs(offset @ geometry.normal).max() > SAME_PLANE_MM:
        return None
    # the row's cosines run along the columns' numbers
    columns = offset @ np.asarray(geometry.row_cosines) / geometry.pixel_spacing_mm[1]
    rows = offset @ np.asarray(geometry.column_cosines) / geometry.pixel_spacing_mm[0]
    filled = polygon2mask(shape, np.stack([rows, columns], axis=1))  # type: ignore[no-untyped-call]
    return np.asarray(filled, dtype=np.bool_)
