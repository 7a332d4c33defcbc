"""All images of every series, used or not, reduced and in the order of slices and times: for people to look at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.arrays import FloatArray
from cmrmap.core.errors import GeometryError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.series_picture import SeriesPicture
from cmrmap.core.series_row import SeriesRow
from cmrmap.dicom.headers.frames import frames_of, geometry_of
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, text, tolerant_reading
from cmrmap.dicom.loading.stored_pixels import decoded, read_encoded
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.image_rules import drop_rule
from cmrmap.dicom.selection.slices import Frame, group_slices, split_by_grid

#: what an image that no map is made from by its kind is called on its picture, by the rule's reason
_PARTS = {
    "phase_image": "phase",
    "real_image": "real",
    "imaginary_image": "imaginary",
    "vendor_map": "map",
    "colour_image": "colour",
    "localizer": "localiser",
}
_LARGEST = 256  # pixels of a picture along its longer side


@dataclass(frozen=True, slots=True)
class _Image:
    """One image, with what is known of it: its part of a complex image or kind, where it lies, and its time."""

    sop_instance_uid: str
    frame_index: int
    header: Dataset
    part: str
    geometry: SliceGeometry | None
    time_ms: float | None

    @property
    def key(self) -> tuple[str, int]:
        return self.sop_instance_uid, self.frame_index

    @property
    def rank(self) -> tuple[str, bool, float, float, str, int]:
        time = self.time_ms
        number_in_series = number(self.header, "InstanceNumber") or 0.0
        return self.part, time is None, 0.0 if time is None else time, number_in_series, *self.key


def pictures_of(study: SourceStudy, selection: Selection) -> Iterator[tuple[str, tuple[SeriesPicture, ...]]]:
    """Yield the series instance UID and the pictures of every series: by place, then by part, then by time.

    Parameters
    ----------
    study : as read
    selection : of its series
    """
    chosen = [frame for series in selection.selected for frame in series.frames]
    used = {(frame.sop_instance_uid, frame.frame_index) for frame in chosen}
    used |= {(beside.sop_instance_uid, beside.frame_index) for frame in chosen for beside in frame.companions}
    by_series: dict[str, list[str]] = {}
    with tolerant_reading():
        for sop, header in study.headers.items():
            by_series.setdefault(text(header, "SeriesInstanceUID"), []).append(sop)
        for row in selection.series:
            members = by_series.get(row.series_instance_uid, ())
            images = [_image(sop, index, flat, row) for sop in members for index, flat in _frames(study, sop)]
            if images:
                pictures = (_picture(study, image, place, image.key in used) for image, place in _ordered(images))
                yield row.series_instance_uid, tuple(pictures)


def _frames(study: SourceStudy, sop: str) -> Iterator[tuple[int, Dataset]]:
    yield from enumerate(frames_of(study.headers[sop]))


def _image(sop: str, index: int, flat: Dataset, row: SeriesRow) -> _Image:
    """Return an image; where its series says no time of it, the inversion time that it states itself."""
    rule = drop_rule(flat)
    try:
        geometry = geometry_of(flat)
    except GeometryError:
        geometry = None
    time = row.image_times_ms.get((sop, index), number(flat, "InversionTime") or None)
    part = "" if rule is None else _PARTS.get(rule.reason, "left out")
    return _Image(sop, index, flat, part, geometry, time)


def _ordered(images: Sequence[_Image]) -> Iterator[tuple[_Image, str]]:
    """Yield images with the name of their place, slice by slice, those without a place last."""
    by_key = {image.key: image for image in images}
    placed = [
        Frame(one.sop_instance_uid, "", one.frame_index, one.header, one.geometry) for one in images if one.geometry
    ]
    for grid in split_by_grid(placed):
        for frames in group_slices(grid):
            normal, position = frames[0].geometry.normal, np.asarray(frames[0].geometry.position_mm)
            members = [by_key[frame.sop_instance_uid, frame.frame_index] for frame in frames]
            for image in sorted(members, key=lambda one: one.rank):
                yield image, f"{float(normal @ position):.1f} mm"
    for image in images:
        if image.geometry is None:
            yield image, "no place"


def _picture(study: SourceStudy, image: _Image, place: str, used: bool) -> SeriesPicture:
    instance = number(image.header, "InstanceNumber")
    numbered = "" if instance is None else f"no. {instance:.0f}"
    if image.frame_index:
        numbered = f"frame {image.frame_index + 1}"
    time = image.time_ms
    pixels = _reduced(study.paths[image.sop_instance_uid], image.frame_index, study.memory_bytes)
    slope, intercept = (number(image.header, name) for name in ("RescaleSlope", "RescaleIntercept"))
    if pixels is not None:
        with np.errstate(over="ignore", invalid="ignore"):  # a slope beyond 32 bits leaves a picture without grey
            pixels = np.asarray(pixels * float(slope or 1.0) + float(intercept or 0.0), dtype=np.float32)
    return SeriesPicture(
        pixels=pixels,
        place=place,
        label=numbered if time is None else "inf" if math.isinf(time) else f"{time:g} ms",
        part=image.part,
        used=used,
    )


def _reduced(path: str, frame_index: int, memory_bytes: int) -> FloatArray | None:
    """Return a frame's stored values at a size for a picture; None where they cannot be decoded."""
    frames = _decoded(path, memory_bytes)
    if frames is None or frame_index >= len(frames):
        return None
    pixels = frames[frame_index].astype(np.float32)
    step = max(1, math.ceil(max(pixels.shape[:2]) / _LARGEST))
    rows, columns = (size - size % step for size in pixels.shape[:2])
    blocks = pixels[:rows, :columns].reshape(rows // step, step, columns // step, step, *pixels.shape[2:])
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


@lru_cache(maxsize=1)  # the frames of one object come one after the other
def _decoded(path: str, memory_bytes: int) -> np.ndarray | None:
    """Return the frames of a file (frame, row, column[, 3])."""
    try:
        header = read_encoded(path, memory_bytes)
        stored = decoded(header, memory_bytes)
        colour = (number(header, "SamplesPerPixel") or 1.0) > 1.0
        if str(header.get("PhotometricInterpretation", "")) == "MONOCHROME1":
            stored = stored.max() - stored
    except Exception:  # decoders and broken files raise whatever they stumble over
        return None
    return stored if stored.ndim == (4 if colour else 3) else stored[np.newaxis]
