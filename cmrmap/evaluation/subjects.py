"""Overlap of the network's labels with reference masks, image by image, before any shape refinement.

Beside it stands what the reference's other images of the slice reach, and by how much each border lies off: a Dice
does not tell another reader's habit from a border that is drawn wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cmrmap.core.array_files import opened_arrays
from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray
from cmrmap.core.errors import CmrmapError, InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.core.stack import WeightedStack
from cmrmap.evaluation.repeatability import repeatability
from cmrmap.pipeline.stages import load_folder
from cmrmap.segmentation import Network, SlicePrediction, predict_slices
from cmrmap.segmentation.shape import dice, heart_shape, largest_object

REFERENCE_NAME = "reference.npz"
_AXES = 4  # slice, time, row, column
_ECCENTRICITY_LIMIT = 0.65
_PINHOLE_PIXELS = 5


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject as it is measured.

    Attributes
    ----------
    name : of the folder
    images : (slice, time, row, column)
    geometry : of the slices
    masks : (slice, time, row, column) the reader's ``Label``
    stack : the same images with their times, where a study came as DICOM; None: there is nothing to fit
    """

    name: str
    images: FloatArray
    geometry: tuple[SliceGeometry, ...]
    masks: LabelArray
    stack: WeightedStack | None = None

    def drawn_by(self, network: Network) -> tuple[SlicePrediction, ...]:
        """Return what a network draws, slice by slice."""
        return predict_slices(self.images, self.geometry, network)


@dataclass(frozen=True, slots=True)
class SubjectOverlap:
    """One subject's figures, (slice, time) each.

    Attributes
    ----------
    name : of the subject's folder
    wall_dice : of the largest object of the myocardium with the reference's
    cavity_dice : of the cavity
    passed : whether the shape check passes
    reader_wall_dice, reader_cavity_dice : of the reference's other images of the slice, see
        :func:`cmrmap.evaluation.repeatability.repeatability`
    endocardium_mm, epicardium_mm : by how much our border lies further out: difference of the radii of circles of the
        same area; NaN where either has no cavity
    """

    name: str
    wall_dice: Float64Array
    cavity_dice: Float64Array
    passed: BoolArray
    reader_wall_dice: Float64Array
    reader_cavity_dice: Float64Array
    endocardium_mm: Float64Array
    epicardium_mm: Float64Array


def overlap_of(subject: Subject, drawn: Sequence[SlicePrediction]) -> SubjectOverlap:
    """Compare what was drawn with the reader's outlines.

    Parameters
    ----------
    subject : with the reader's outlines
    drawn : on its slices
    """
    masks = subject.masks
    wall, cavity, endocardium, epicardium = np.full((4, *masks.shape[:2]), np.nan)
    passed = np.zeros(masks.shape[:2], dtype=np.bool_)
    for s, (prediction, truth) in enumerate(zip(drawn, masks, strict=True)):
        pixel_area = float(np.prod(subject.geometry[s].pixel_spacing_mm))
        for t, (found, true) in enumerate(zip(prediction.labels, truth, strict=True)):
            wall[s, t] = wall_dice(found, true)
            cavity[s, t] = dice(found == Label.CAVITY, true == Label.CAVITY)
            passed[s, t] = heart_shape(found, _PINHOLE_PIXELS).passes(_ECCENTRICITY_LIMIT)
            endocardium[s, t], epicardium[s, t] = _further_out(found, true, pixel_area)
    reader_wall, reader_cavity = np.array([repeatability(truth) for truth in masks]).swapaxes(0, 1)
    return SubjectOverlap(subject.name, wall, cavity, passed, reader_wall, reader_cavity, endocardium, epicardium)


def _further_out(found: LabelArray, true: LabelArray, pixel_area_mm2: float) -> tuple[float, float]:
    """Differences of the radii (mm) of circles as large as what endocardium and epicardium enclose."""
    ours, theirs = (
        np.array([np.count_nonzero(labels == Label.CAVITY), np.count_nonzero(labels == Label.MYOCARDIUM)]).cumsum()
        for labels in (found, true)
    )
    if not ours[0] or not theirs[0]:  # without a cavity the epicardium's area is not known either
        return float("nan"), float("nan")
    endocardium, epicardium = (np.sqrt(ours) - np.sqrt(theirs)) * np.sqrt(pixel_area_mm2 / np.pi)
    return float(endocardium), float(epicardium)


def wall_dice(found: LabelArray, true: LabelArray) -> float:
    """Dice of the largest object of the myocardium in ``found`` with that in ``true``, (row, column) of ``Label``."""
    return dice(largest_object(found == Label.MYOCARDIUM), true == Label.MYOCARDIUM)


def read_subject(folder: Path, pixel_mm: float) -> Subject:
    """Read one subject. Slices that come as an array, without geometry, lie behind each other.

    Parameters
    ----------
    folder : holds reference.npz with ``masks`` (slice, time, row, column; 1 myocardium, 2 LV cavity) and either
        ``dicom/`` with one native T1 series or ``images`` of the masks' shape in the same file
    pixel_mm : of ``images``; DICOM brings its own

    Raises
    ------
    InputError
        a folder without these
    """
    with opened_arrays(folder / REFERENCE_NAME, f"{folder.name}: {REFERENCE_NAME}") as reference:
        if "masks" not in reference.names:
            raise InputError(f"{folder.name}: {REFERENCE_NAME} holds no masks; expected (slice, time, row, column)")
        masks = reference.labels("masks", _AXES)
        images = reference.numbers("images", _AXES).astype(np.float32) if "images" in reference.names else None
    if images is None:
        return _from_dicom(folder, masks)
    if images.shape != masks.shape:
        raise InputError(
            f"{folder.name}: images {images.shape} and masks {masks.shape} must share (slice, time, row, column)"
        )
    plane = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (pixel_mm, pixel_mm))
    return Subject(folder.name, images, (plane,) * len(masks), masks)


def _from_dicom(folder: Path, masks: LabelArray) -> Subject:
    """Images, times and geometry of the folder's study; masks in its order, which may run the other way."""
    study, _, loaded = load_folder(folder / "dicom")
    stack = loaded.stacks[0]
    if stack.images.shape != masks.shape:
        raise InputError(
            f"{folder.name}: the study has images {stack.images.shape}, the masks are {masks.shape}; expected the "
            "outlines of every image"
        )
    # files are numbered in the order of the masks, slices in the order of their place
    first = [study.paths[row[0]] for row in stack.source_uids]
    order = np.argsort(np.argsort(first))
    return Subject(folder.name, stack.images, stack.geometry, masks[order], stack)


def find_subjects(data: Path) -> tuple[Path, ...]:
    """Return the subject folders in ``data``, in the order of their names.

    Raises
    ------
    InputError
        there is none
    """
    subjects = sorted(path.parent for path in data.glob(f"*/{REFERENCE_NAME}"))
    if not subjects:
        raise InputError(
            f"the folder holds no subject folders with {REFERENCE_NAME}; expected DIR/<subject>/{REFERENCE_NAME}"
        )
    return tuple(subjects)


def read_subjects(data: Path, pixel_mm: float) -> tuple[tuple[Subject, ...], dict[str, str]]:
    """Read every subject folder in ``data`` that has outlines of every image.

    Parameters
    ----------
    data : holds DIR/<subject>/reference.npz
    pixel_mm : see :func:`read_subject`

    Returns
    -------
    subjects : in the order of their names
    left_out : name of a subject -> why it cannot be measured

    Raises
    ------
    InputError
        there is none that can
    """
    tried = {folder.name: _subject_or_reason(folder, pixel_mm) for folder in find_subjects(data)}
    found = tuple(one for one in tried.values() if isinstance(one, Subject))
    left_out = {name: one for name, one in tried.items() if isinstance(one, str)}
    if not found:
        raise InputError(
            "no subject in the folder has outlines of every image: " + "; ".join(dict.fromkeys(left_out.values()))
        )
    return found, left_out


def _subject_or_reason(folder: Path, pixel_mm: float) -> Subject | str:
    try:
        return read_subject(folder, pixel_mm)
    except CmrmapError as error:
        return str(error).removeprefix(f"{folder.name}: ")
