"""Read the pixels of a selected series into a stack; an image that cannot be used is lost, the rest is used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.arrays import FloatArray
from cmrmap.core.errors import RefusedError
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.relaxation_models import get_model
from cmrmap.core.selected_series import FrameReference, SelectedSeries
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.frames import frames_of
from cmrmap.dicom.headers.lost_image import LostImage, lost_image
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, tolerant_reading
from cmrmap.dicom.loading.comparable import comparable_images
from cmrmap.dicom.loading.scale import Scale, scale_of
from cmrmap.dicom.loading.signed_values import signed_values
from cmrmap.dicom.loading.stored_pixels import LostPixelsError, StoredValues, decode
from cmrmap.quality.catalogue.images import CLIPPED_IMAGES, FEW_GREY_LEVELS, LOSSY_IMAGES

_FEWEST_BITS = 8
#: memory of a pixel while its series is put together: the stored value, and the signals of the stack in the making
_BYTES_PER_PIXEL = 20
_FEWEST_PIXELS = 64 * 64  # of an image, to have many grey levels


@dataclass(frozen=True, slots=True)
class LoadedSeries:
    """One series with its pixels.

    Attributes
    ----------
    stack : images (slice, time, row, column) float32; NaN, with a NaN time, where an image was lost or where a slice
        has fewer times than the longest
    lost : images that cannot be used, with the reason
    refusals : slices whose images cannot be compared with each other; their images are not in the stack
    flags : what the user should know about the pixels
    """

    stack: WeightedStack
    lost: tuple[LostImage, ...]
    refusals: tuple[Refusal, ...] = ()
    flags: tuple[QualityFlag, ...] = ()


@dataclass(slots=True)
class Decoded:
    """What accumulates while the files are decoded; keys are (slice, time). ``taken``: memory of the series, bytes."""

    stored: dict[tuple[int, int], StoredValues] = field(default_factory=dict)
    scales: dict[tuple[int, int], Scale] = field(default_factory=dict)
    lost: list[LostImage] = field(default_factory=list)
    lossy: Counter[str] = field(default_factory=Counter)
    bits: int = 32
    taken: int = 0


def load_stack(study: SourceStudy, selected: SelectedSeries) -> tuple[WeightedStack, tuple[LostImage, ...]]:
    """Return the stack of :func:`load_series` and the images that were lost on the way.

    Parameters
    ----------
    study : as read
    selected : one of the selection's series
    """
    loaded = load_series(study, selected)
    return loaded.stack, loaded.lost


def load_series(study: SourceStudy, selected: SelectedSeries) -> LoadedSeries:
    """Return the weighted images with each frame's own scale applied, and what was lost and found on the way.

    Parameters
    ----------
    study : as read
    selected : one of the selection's series

    Raises
    ------
    RefusedError
        not one image can be used, or how the images relate to each other is lost in every slice
    """
    done = decode_frames(study, selected.frames)
    with tolerant_reading():
        field_strength = number(study.headers[selected.frames[0].sop_instance_uid], "MagneticFieldStrength")
    if not done.stored:
        raise RefusedError(
            f"{selected.kind.value}: none of the {len(selected.frames)} images can be decoded ({done.lost[0].reason})"
        )
    comparable = comparable_images(selected, done.stored, done.scales, lossy=bool(done.lossy))
    by_place = {(frame.slice_index, frame.time_index): frame for frame in selected.frames}
    for place, reason in comparable.lost.items():
        done.lost.append(lost_frame(by_place[place], study.headers[by_place[place].sop_instance_uid], reason))
    if not comparable.images:
        reasons = [refusal.reason for refusal in comparable.refusals] + [one.reason for one in done.lost]
        raise RefusedError(f"{selected.kind.value}: none of its images can be used ({reasons[0]})")
    stack = _signed(_stack(selected, comparable.images, field_strength))
    flags = (*_pixel_flags(selected, done), *comparable.flags)
    return LoadedSeries(stack, tuple(done.lost), comparable.refusals, flags)


def _stack(
    selected: SelectedSeries, images: dict[tuple[int, int], FloatArray], field_strength_t: float | None
) -> WeightedStack:
    """Put every image on its slice and time."""
    n_slices = max(frame.slice_index for frame in selected.frames) + 1
    n_times = max(frame.time_index for frame in selected.frames) + 1
    filled = np.full((n_slices, n_times, *next(iter(images.values())).shape), np.nan, dtype=np.float32)
    times = np.full((n_slices, n_times), np.nan)
    epochs = np.zeros((n_slices, n_times), dtype=np.intp)
    uids = [[""] * n_times for _ in range(n_slices)]
    geometry: dict[int, SliceGeometry] = {}
    for frame in selected.frames:
        place = frame.slice_index, frame.time_index
        geometry.setdefault(frame.slice_index, frame.geometry)
        if place in images:
            filled[place], times[place], epochs[place] = images[place], frame.time_ms, frame.epoch
            uids[frame.slice_index][frame.time_index] = frame.sop_instance_uid
    return WeightedStack(
        kind=selected.kind,
        images=filled,
        times_ms=times,
        geometry=tuple(geometry[index] for index in range(n_slices)),
        model=selected.model,
        timing_source=selected.timing_source,
        field_strength_t=field_strength_t,
        source_uids=tuple(tuple(row) for row in uids),
        series_instance_uid=selected.series_instance_uid,
        model_reason=selected.model_reason,
        label=selected.label,
        look_locker=selected.look_locker,
        epochs=epochs if not selected.is_map and get_model(selected.model).conditional else None,
        echo_train=selected.echo_train,
    )


def _signed(stack: WeightedStack) -> WeightedStack:
    """Tell signed signals from magnitudes, which a stack's images are."""
    found = signed_values(stack.images, stack.times_ms, stack.kind.spec.changes_sign)
    if found.fault:
        raise RefusedError(f"{stack.kind.value}: {found.fault}")
    if found.offset is None:
        return stack
    signed = stack.images - np.float32(found.offset)
    about = f", which have an offset of {found.offset:g}" if found.offset else ""
    told = f"signs of all slices from the pixel values{about}: tissue is negative early and positive late"
    return replace(stack, images=np.abs(signed)).with_signs(signed, told)


def decode_frames(study: SourceStudy, frames: Sequence[FrameReference]) -> Decoded:
    """Decode every file once and keep the wanted frames.

    Parameters
    ----------
    study : as read
    frames : each at a slice and time of its own
    """
    done = Decoded()
    files: dict[str, list[FrameReference]] = {}
    for frame in frames:
        files.setdefault(frame.path, []).append(frame)
    with tolerant_reading():
        for path, members in files.items():
            _decode(study, path, members, done)
    return done


def _decode(study: SourceStudy, path: str, frames: list[FrameReference], done: Decoded) -> None:
    """Decode one file once and keep the wanted frames; what fails is lost."""
    header = study.headers[frames[0].sop_instance_uid]
    flat = frames_of(header)
    try:
        kept = _room_for(len(frames), header, study.memory_bytes - done.taken)
        image = decode(path, header, study.memory_bytes)
    except LostPixelsError as error:
        done.lost.append(lost_frame(frames[0], header, str(error)))
        return
    for frame in frames:
        place = frame.slice_index, frame.time_index
        scale = scale_of(flat[frame.frame_index])
        if isinstance(scale, str):
            done.lost.append(lost_frame(frame, header, scale))
        elif frame.frame_index >= len(image.values):
            reason = f"frame {frame.frame_index + 1} of {len(image.values)} is missing"
            done.lost.append(lost_frame(frame, header, reason))
        else:
            values = image.values[frame.frame_index]
            # one frame must not keep all others of its file
            done.stored[place] = values if len(frames) == len(image.values) else values.copy()
            done.scales[place] = scale
            done.taken += kept // len(frames)
            done.bits = min(done.bits, image.bits)
            done.lossy.update([image.lossy] if image.lossy else [])


def _room_for(n_frames: int, header: Dataset, left_bytes: int) -> int:
    """Return the memory that frames take once they are part of a series; raise where that is not left for it."""
    rows, columns = (number(header, name) or 0.0 for name in ("Rows", "Columns"))
    needed = n_frames * rows * columns * _BYTES_PER_PIXEL
    if needed > left_bytes:
        raise LostPixelsError(
            f"with its {n_frames} frames of {rows:.6g} x {columns:.6g} pixels its series takes more memory "
            "than it may (analysis.decoding.memory_mb); allow more if they are real"
        )
    return int(needed)


def _pixel_flags(selected: SelectedSeries, done: Decoded) -> list[QualityFlag]:
    flags = []
    total = len(done.stored)
    for how, count in sorted(done.lossy.items()):
        flags.append(LOSSY_IMAGES.flag(selected.kind, lossy=count, total=total, how=how))
    levels = int(np.median([np.unique(values).size for values in done.stored.values()]))
    large = next(iter(done.stored.values())).size >= _FEWEST_PIXELS
    if done.bits <= _FEWEST_BITS or (FEW_GREY_LEVELS.crossed(levels) and large):
        flags.append(FEW_GREY_LEVELS.flag(selected.kind, levels=levels))
    top = max(int(values.max()) for values in done.stored.values())
    varied = [values for values in done.stored.values() if values.min() < values.max()]
    share = max((float(np.mean(values == top)) for values in varied), default=0.0)
    if CLIPPED_IMAGES.crossed(share) and large:
        flags.append(CLIPPED_IMAGES.flag(selected.kind, share=share, top=top))
    return flags


def lost_frame(frame: FrameReference, header: Dataset, reason: str) -> LostImage:
    """Return an image of a selected series as lost."""
    return lost_image(Path(frame.path).name, reason, header)
