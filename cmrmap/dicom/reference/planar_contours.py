"""Contours of the heart as an RT Structure Set lists them (DICOM PS3.3 A.19, C.8.8.6): what each outlines, its points.

A few megabytes of text become gigabytes of numbers, so points are counted before they are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.arrays import Float64Array
from cmrmap.core.outlines import Label
from cmrmap.dicom.headers.values import number, numbers, text, value
from cmrmap.dicom.reference.drawn import UNKNOWN_FRAME, label_by_words

_CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR")
_FEWEST_POINTS = 3
#: that a reader's contours of a heart have, all times drawn: many times more than that; each takes time or memory
_MOST_POINTS, _MOST_POINTS_TOGETHER, _MOST_CONTOURS = 4_000, 200_000, 5_000
_NOT_THE_HEART = ("fat", "point", "insertion")


class TooManyPointsError(ValueError):
    """A structure set is larger than contours of a heart are; the message is the reason."""


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

    Raises
    ------
    TooManyPointsError
        it has more contours or points than anybody draws
    """
    names = {_number(item, "ROINumber"): item for item in value(contours, "StructureSetROISequence") or []}
    found: list[PlanarContour] = []
    n_together = 0
    for roi in value(contours, "ROIContourSequence") or []:
        item = names.get(_number(roi, "ReferencedROINumber"), Dataset())
        structure = structure_of(text(item, "ROIName"))
        if structure is None:
            continue
        for contour in value(roi, "ContourSequence") or []:
            n_together += _checked_points(contour)
            if len(found) >= _MOST_CONTOURS or n_together > _MOST_POINTS_TOGETHER:
                raise TooManyPointsError(
                    f"it has more than {_MOST_CONTOURS} contours or {_MOST_POINTS_TOGETHER} points of the heart"
                )
            points = _coordinates(contour)
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


def _checked_points(contour: Dataset) -> int:
    """Return how many points a contour has, before they are numbers, which take many times the memory."""
    stored = contour.get_item("ContourData").value if "ContourData" in contour else None
    n_points = (stored.count(b"\\") + 1) // 3 if isinstance(stored, bytes) else 0
    if n_points > _MOST_POINTS:
        raise TooManyPointsError(f"a contour of it has {n_points} points; expected at most {_MOST_POINTS}")
    return n_points


def _coordinates(contour: Dataset) -> tuple[float, ...]:
    """Return the numbers of ContourData; none where one of them is no number. Nothing is kept in the contour."""
    stored = contour.get_item("ContourData").value if "ContourData" in contour else None
    if not isinstance(stored, bytes):
        return numbers(contour, "ContourData")
    try:
        found = tuple(float(one) for one in stored.rstrip(b" \0").split(b"\\"))
    except ValueError:
        return ()
    return found if all(map(math.isfinite, found)) else ()


def _number(item: Dataset, keyword: str) -> int:
    found = number(item, keyword)
    return -1 if found is None else int(found)


def _sources(contour: Dataset) -> tuple[tuple[str, int], ...]:
    return tuple(
        (text(item, "ReferencedSOPInstanceUID"), int(one) - 1)
        for item in value(contour, "ContourImageSequence") or []
        for one in numbers(item, "ReferencedFrameNumber") or (UNKNOWN_FRAME + 1.0,)
    )
