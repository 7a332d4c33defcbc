"""What a reader corrected, read from the input and put into the terms of the loaded series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cmrmap.core.corrections import (
    Corrections,
    ReaderContour,
    SliceCorrection,
    plain_words,
    reason_or_none_given,
)
from cmrmap.core.errors import InputError
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.reference.contour_files import may_hold_contours
from cmrmap.dicom.reference.drawn import StudyImages, study_images
from cmrmap.dicom.reference.reader_contours import read_reader_contours
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.quality.catalogue.reader_findings import CORRECTIONS_REFUSED
from cmrmap.run.corrections_file import FILE_NAME, Image, SliceEntry, read_corrections_file

_SAME_TIME_MS = 0.5
_MOST_TOLD = 20  # faults of one file: who wrote more of them needs no list


def consulted(
    folder: Path, study: SourceStudy, selection: Selection, loaded: LoadedStudy, more: Path | None = None
) -> LoadedStudy:
    """Return the study with what a reader corrected: contours among the images, and corrections.json beside them.

    Parameters
    ----------
    folder : the input
    study, selection, loaded : read, chosen and loaded from it
    more : another folder that holds contours; a corrections.json in it takes the place of the input's
    """
    contours: tuple[ReaderContour, ...] = ()
    flags: tuple[QualityFlag, ...] = ()
    if may_hold_contours(study):
        contours, flags = read_reader_contours(folder, study, selection.selected, loaded.stacks)
    if more is not None:
        added, told_of_added = read_reader_contours(more, study, selection.selected, loaded.stacks)
        contours, flags = (*contours, *added), (*flags, *told_of_added)
    contours = without_replaced(contours)
    read = read_corrections_file(corrections_folder(folder, more), study.study_instance_uid)
    faults: list[tuple[str, MapKind | None, int | None]] = [(fault, None, None) for fault in read.faults]
    images = study_images(study.headers, selection.selected, loaded.stacks)
    slices = []
    for place, entry in read.entries:
        one = _correction_or_fault(entry, images)
        if isinstance(one, str):
            faults.append((f"entry {place}: {one}", *_told_of(entry, loaded)))
        else:
            slices.append(one)
    if len(faults) > _MOST_TOLD:
        faults[_MOST_TOLD:] = [(f"{len(faults) - _MOST_TOLD} more entries cannot be used either", None, None)]
    told = [*flags, *(CORRECTIONS_REFUSED.flag(kind, index, reason=fault) for fault, kind, index in faults)]
    corrections = Corrections(contours, tuple(slices))
    return replace(loaded, flags=(*loaded.flags, *told), corrections=corrections)


def corrections_folder(folder: Path, more: Path | None) -> Path:
    """Return the folder whose corrections.json counts.

    Parameters
    ----------
    folder, more : as for `consulted`
    """
    return more if more is not None and (more / FILE_NAME).is_file() else folder


def without_replaced(contours: Sequence[ReaderContour]) -> tuple[ReaderContour, ...]:
    """Return the contours but for those in whose place a newer object draws on the same slice.

    Parameters
    ----------
    contours : of all objects
    """
    replaced = {(one.kind, one.slice_index, uid) for one in contours for uid in one.replaces}
    # a second copy of an object has its UID and a number
    return tuple(one for one in contours if (one.kind, one.slice_index, one.source.split(" ")[0]) not in replaced)


def _told_of(entry: SliceEntry, loaded: LoadedStudy) -> tuple[MapKind | None, int | None]:
    """Return map and slice that an entry is about; None of both where the study does not have them."""
    there = entry.slice_index < slice_counts(loaded).get(entry.map.sources[0], 0)
    return (entry.map, entry.slice_index) if there else (None, None)


def _correction_or_fault(entry: SliceEntry, images: StudyImages) -> SliceCorrection | str:
    try:
        return _correction(entry, images)
    except InputError as error:
        return str(error)


def _correction(entry: SliceEntry, images: StudyImages) -> SliceCorrection:
    """Return an entry in the terms of the loaded series.

    Raises
    ------
    InputError
        it names what is not there
    """
    kind, index = entry.map, entry.slice_index
    basis, is_computed = kind.sources[0], kind.sources != (kind,)
    found = [(number, stack) for number, stack in enumerate(images.stacks) if stack.kind is basis]
    if not found:
        raise InputError(f"the study has no {kind.value} series")
    number, stack = found[0]
    if index >= len(stack.geometry):
        raise InputError(f"{kind.value} has no slice {index}; its slices are 0 to {len(stack.geometry) - 1}")
    if is_computed and (entry.exclude_slice or entry.exclude_images or entry.insertion_points):
        made_of = " and ".join(one.value for one in kind.sources)
        raise InputError(f"{kind.value} is made of {made_of}: correct these; of its own only exclude_segments is used")
    points = None
    if entry.insertion_points is not None:
        points = (entry.insertion_points.anterior, entry.insertion_points.inferior)
        rows, columns = stack.images.shape[2:]
        if points[0] == points[1] or any(row >= rows or column >= columns for row, column in points):
            raise InputError(f"insertion_points are two places within {rows} x {columns} pixels; found {points}")
    times = tuple(sorted({_time(image, images, number, stack, index) for image in entry.exclude_images}))
    return SliceCorrection(
        kind=kind,
        slice_index=index,
        images=times,
        excluded=reason_or_none_given(entry.reason) if entry.exclude_slice else None,
        segments=tuple(sorted(set(entry.exclude_segments))),
        insertion_points=points,
        reason=plain_words(entry.reason),
    )


def _time(image: Image, images: StudyImages, number: int, stack: WeightedStack, index: int) -> int:
    """Return the time index of an image that an entry names."""
    if (image.sop_instance_uid is None) == (image.time_ms is None):
        raise InputError("an image of exclude_images is named by sop_instance_uid or by time_ms; give one of the two")
    if image.sop_instance_uid is not None:
        place = images.places.get((image.sop_instance_uid, image.frame - 1))
        if place is None or place[:2] != (number, index):
            raise InputError(f"image {image.sop_instance_uid} (frame {image.frame}) is none of slice {index}'s")
        return place[2]
    times_ms = stack.times_ms[index]
    near = np.flatnonzero(np.abs(times_ms - image.time_ms) <= _SAME_TIME_MS)
    if len(near) != 1:
        listed = ", ".join(f"{time:g}" for time in times_ms[stack.present[index]])
        raise InputError(f"{len(near)} images of slice {index} have the time {image.time_ms:g} ms; it has {listed} ms")
    return int(near[0])


def slice_counts(loaded: LoadedStudy) -> dict[MapKind, int]:
    """Return how many slices each loaded series has.

    Parameters
    ----------
    loaded : as loaded
    """
    return {stack.kind: len(stack.geometry) for stack in loaded.stacks}
