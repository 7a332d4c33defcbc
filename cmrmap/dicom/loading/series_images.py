"""All images of every series, used or not, reduced and in the order of slices and times: for people to look at."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pydicom

from cmrmap.core.arrays import FloatArray
from cmrmap.core.errors import GeometryError
from cmrmap.core.series_picture import SeriesPicture
from cmrmap.dicom.headers.frames import geometry_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, tolerant_reading
from cmrmap.dicom.selection.candidates import LeftOut, StudyFrames, find_candidates, study_frames
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.slices import Frame, group_slices, split_by_grid

#: what an image that enters no stack is called on its picture, by the reason that it is counted under
_PARTS = {
    "phase_image": "phase",
    "real_image": "real",
    "imaginary_image": "imaginary",
    "vendor_map": "map",
    "colour_image": "colour",
    "localizer": "localiser",
}
_LARGEST = 256  # pixels of a picture along its longer side
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the selection tells of images, by SOP instance UID and frame."""

    times_ms: dict[_Key, float]
    used: frozenset[_Key]


def pictures_of(
    study: SourceStudy, selection: Selection, preferences: SelectionPreferences | None = None
) -> Iterator[tuple[str, tuple[SeriesPicture, ...]]]:
    """Yield the series instance UID and the pictures of every series: by place, then by part, then by time.

    Parameters
    ----------
    study : as read
    selection : of its series
    preferences : that it was made with
    """
    wishes = preferences or SelectionPreferences()
    with tolerant_reading():
        frames = study_frames(study, Counter())
        known = _known(study, frames, selection, wishes)
        for row in selection.series:
            uid = row.series_instance_uid
            members = [frame for frame in frames.usable if frame.series == uid]
            others = [one for one in frames.left_out if _series(one) == uid]
            pictures = [
                _picture(study, frame, place, part, known) for frame, place, part in _ordered(members, others, known)
            ]
            if pictures:
                yield uid, tuple(pictures)


def _series(one: LeftOut) -> str:
    return str(one.header.get("SeriesInstanceUID", ""))


def _known(study: SourceStudy, frames: StudyFrames, selection: Selection, wishes: SelectionPreferences) -> _Known:
    times: dict[_Key, float] = {}
    for candidate in find_candidates(frames, study.conflicts, wishes.times, Counter()):
        rows = () if candidate.timing is None else candidate.timing.times_ms
        for members, found in zip(candidate.slices, rows, strict=False):
            for frame, time in zip(members, found, strict=False):
                if time is not None:
                    times[frame.sop_instance_uid, frame.frame_index] = time
    chosen = [frame for series in selection.selected for frame in series.frames]
    used = {(frame.sop_instance_uid, frame.frame_index) for frame in chosen}
    used |= {(beside.sop_instance_uid, beside.frame_index) for frame in chosen for beside in frame.companions}
    return _Known(times, frozenset(used))


def _ordered(
    members: Sequence[Frame], others: Sequence[LeftOut], known: _Known
) -> Iterator[tuple[Frame | LeftOut, str, str]]:
    """Yield images with the name of their place and their part, slice by slice, without a place last."""
    parts = {(one.sop_instance_uid, one.frame_index): _PARTS.get(one.reason, "left out") for one in others}
    placed, lost = list(members), []
    for one in others:
        try:
            geometry = geometry_of(one.header)
        except GeometryError:
            lost.append(one)
            continue
        placed.append(Frame(one.sop_instance_uid, "", one.frame_index, one.header, geometry))
    for grid in split_by_grid(placed):
        for images in group_slices(grid):
            place = f"{float(images[0].geometry.normal @ np.asarray(images[0].geometry.position_mm)):.1f} mm"
            yield from (
                (frame, place, parts.get((frame.sop_instance_uid, frame.frame_index), ""))
                for frame in sorted(images, key=lambda frame: _rank(frame, parts, known))
            )
    yield from ((one, "no place", parts[one.sop_instance_uid, one.frame_index]) for one in lost)


def _rank(frame: Frame, parts: dict[_Key, str], known: _Known) -> tuple[str, bool, float, tuple[float, str, int]]:
    key, time = (frame.sop_instance_uid, frame.frame_index), _time(frame, known)
    return parts.get(key, ""), time is None, 0.0 if time is None else time, frame.tie_break


def _time(frame: Frame | LeftOut, known: _Known) -> float | None:
    """Return the time of an image: its series', else what it states as its inversion time."""
    found = known.times_ms.get((frame.sop_instance_uid, frame.frame_index))
    return found if found is not None else number(frame.header, "InversionTime") or None


def _picture(study: SourceStudy, frame: Frame | LeftOut, place: str, part: str, known: _Known) -> SeriesPicture:
    time = _time(frame, known)
    instance = number(frame.header, "InstanceNumber")
    numbered = "" if instance is None else f"no. {instance:.0f}"
    if frame.frame_index:
        numbered = f"frame {frame.frame_index + 1}"
    stated = "" if time is None else "inf" if math.isinf(time) else f"{time:g} ms"
    return SeriesPicture(
        pixels=_reduced(study.paths[frame.sop_instance_uid], frame.frame_index),
        place=place,
        label=stated or numbered,
        part=part,
        used=(frame.sop_instance_uid, frame.frame_index) in known.used,
    )


def _reduced(path: str, frame_index: int) -> FloatArray | None:
    """Return a frame's stored values at a size for a picture; None where they cannot be decoded."""
    frames = _decoded(path)
    if frames is None or frame_index >= len(frames):
        return None
    pixels = frames[frame_index].astype(np.float32)
    step = max(1, math.ceil(max(pixels.shape[:2]) / _LARGEST))
    rows, columns = (size - size % step for size in pixels.shape[:2])
    blocks = pixels[:rows, :columns].reshape(rows // step, step, columns // step, step, *pixels.shape[2:])
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


@lru_cache(maxsize=1)  # the frames of one object come one after the other
def _decoded(path: str) -> np.ndarray | None:
    """Return the frames of a file (frame, row, column[, 3])."""
    try:
        header = pydicom.dcmread(path, force=True)
        stored = np.asarray(header.pixel_array)
        colour = (number(header, "SamplesPerPixel") or 1.0) > 1.0
        if str(header.get("PhotometricInterpretation", "")) == "MONOCHROME1":
            stored = stored.max() - stored
    except Exception:  # decoders and broken files raise whatever they stumble over
        return None
    return stored if stored.ndim == (4 if colour else 3) else stored[np.newaxis]
