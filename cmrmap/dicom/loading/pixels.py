"""Read the pixels of a selected series into a stack; an image that cannot be decoded is lost, the rest is used."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset

from cmrmap.core.arrays import FloatArray
from cmrmap.core.errors import RefusedError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.stack import FrameReference, SelectedSeries, WeightedStack
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.headers.read import LostImage, SourceStudy
from cmrmap.dicom.headers.values import number, text, tolerant_reading, value


def load_stack(study: SourceStudy, selected: SelectedSeries) -> tuple[WeightedStack, tuple[LostImage, ...]]:
    """Return the weighted images with each frame's own rescale applied, and the images that were lost on the way.

    Parameters
    ----------
    study : as read
    selected : one of the selection's series

    Returns
    -------
    stack : images (slice, time, row, column) float32; NaN, with a NaN time, where an image was lost or where a
        slice has fewer times than the longest
    lost : images whose pixels cannot be decoded or whose rescale is not a number

    Raises
    ------
    RefusedError
        not one image can be decoded
    """
    n_slices = max(frame.slice_index for frame in selected.frames) + 1
    n_times = max(frame.time_index for frame in selected.frames) + 1
    geometry: list[SliceGeometry | None] = [None] * n_slices
    uids = [[""] * n_times for _ in range(n_slices)]
    times = np.full((n_slices, n_times), np.nan)
    images: FloatArray | None = None
    lost: list[LostImage] = []
    with tolerant_reading():
        for path, frames in _by_file(selected).items():
            decoded = _decode(study, path, frames, lost)
            for frame, pixels in decoded:
                if images is None:
                    images = np.full((n_slices, n_times, *pixels.shape), np.nan, dtype=np.float32)
                images[frame.slice_index, frame.time_index] = pixels
                times[frame.slice_index, frame.time_index] = frame.time_ms
                uids[frame.slice_index][frame.time_index] = frame.sop_instance_uid
        for frame in selected.frames:
            geometry[frame.slice_index] = geometry[frame.slice_index] or frame.geometry
        field_strength = number(study.headers[selected.frames[0].sop_instance_uid], "MagneticFieldStrength")
    if images is None:
        raise RefusedError(
            f"{selected.kind.value}: none of the {len(selected.frames)} images can be decoded ({lost[0].reason})"
        )
    stack = WeightedStack(
        kind=selected.kind,
        images=images,
        times_ms=times,
        geometry=tuple(place for place in geometry if place is not None),
        model=selected.model,
        timing_source=selected.timing_source,
        field_strength_t=field_strength,
        source_uids=tuple(tuple(row) for row in uids),
        series_instance_uid=selected.series_instance_uid,
        model_reason=selected.model_reason,
        echo_train=selected.echo_train,
    )
    return stack, tuple(lost)


def _by_file(selected: SelectedSeries) -> dict[str, list[FrameReference]]:
    files: dict[str, list[FrameReference]] = {}
    for frame in selected.frames:
        files.setdefault(frame.path, []).append(frame)
    return files


def _decode(
    study: SourceStudy, path: str, frames: list[FrameReference], lost: list[LostImage]
) -> list[tuple[FrameReference, FloatArray]]:
    """Decode one file once and return the wanted frames; what fails is appended to ``lost``."""
    header = study.headers[frames[0].sop_instance_uid]
    flat = frames_of(header)
    try:
        stored = pydicom.dcmread(path, force=True).pixel_array
    except Exception as error:  # decoders and broken files raise whatever they stumble over
        lost.extend(_lost(path, frame, header, f"the pixels cannot be decoded ({_why(error)})") for frame in frames[:1])
        return []
    stored = stored if stored.ndim == 3 else stored[np.newaxis]
    result = []
    for frame in frames:
        scale = _rescale(flat[frame.frame_index])
        if scale is None:
            lost.append(_lost(path, frame, header, "RescaleSlope or RescaleIntercept is not a usable number"))
        elif frame.frame_index >= len(stored):
            lost.append(_lost(path, frame, header, f"frame {frame.frame_index + 1} of {len(stored)} is missing"))
        else:
            pixels = stored[frame.frame_index].astype(np.float32) * np.float32(scale[0]) + np.float32(scale[1])
            result.append((frame, pixels))
    return result


def _rescale(frame: Dataset) -> tuple[float, float] | None:
    """Slope and intercept of the modality LUT (DICOM PS3.3 C.11.1): 1 and 0 where absent, None where unusable."""
    found = []
    for keyword, default in (("RescaleSlope", 1.0), ("RescaleIntercept", 0.0)):
        given = value(frame, keyword)
        parsed = default if given is None else number(frame, keyword)
        if parsed is None or not math.isfinite(parsed):
            return None
        found.append(parsed)
    return (found[0], found[1]) if found[0] != 0.0 else None


def _lost(path: str, frame: FrameReference, header: Dataset, reason: str) -> LostImage:
    return LostImage(Path(path).name, reason, text(header, "SeriesInstanceUID"), frame.sop_instance_uid)


def _why(error: Exception) -> str:
    first_line = str(error).strip().split("\n")[0]
    return (first_line or type(error).__name__)[:160]
