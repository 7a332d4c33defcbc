"""Contours out of RT Structure Sets (DICOM PS3.3 A.19), filled on the weighted images.

Viewers draw endo- and epicardium as closed planar contours. One that encloses the ventricle (epicardium) is the wall
with the cavity; a wall drawn as a ring is two contours or a keyhole (C.8.8.6.3). What lies within the cavity's contour
is never wall.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from skimage.draw import polygon2mask

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.dicom.headers.values import text
from cmrmap.dicom.reference.drawn import SAME_PLANE_MM, Drawn, Place, StudyImages, add_masks
from cmrmap.dicom.reference.planar_contours import Outer, PlanarContour, TooManyPointsError, planar_contours

logger = logging.getLogger(__name__)


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
    try:
        all_of_them = planar_contours(contours)
    except TooManyPointsError as error:
        logger.warning("a structure set is left out: %s", error)
        return
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
