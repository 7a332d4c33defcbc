"""One series of a phantom study on its way into a vendor's dialect, and what several vendors have in common."""

from __future__ import annotations

import copy
import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from cmrmap.core.arrays import Float64Array, FloatArray
from cmrmap.core.map_specs import MapKind


@dataclass(frozen=True, slots=True)
class SeriesImages:
    """The classic images of one series.

    Attributes
    ----------
    kind : which map they are for
    images : slice by slice, times ascending
    times_ms : of each image; inf = saturated
    truth : (slice, row, column) the true map, in the map's unit; NaN where there is none
    phase_rad : (row, column) of each image, -pi to pi
    """

    kind: MapKind
    images: tuple[Dataset, ...]
    times_ms: tuple[float, ...]
    truth: Float64Array
    phase_rad: tuple[FloatArray, ...]

    @property
    def is_t2(self) -> bool:
        """Whether the series is T2-prepared."""
        return self.kind is MapKind.T2

    def changed(self, change: Callable[[Dataset, float], None]) -> SeriesImages:
        """Return copies of the images, each with its time passed through ``change``."""
        images = tuple(copy.deepcopy(image) for image in self.images)
        for image, time in zip(images, self.times_ms, strict=True):
            change(image, time)
        return replace(self, images=images)

    def only(self, wanted: Callable[[float], bool]) -> SeriesImages:
        """Return the images whose time is wanted, numbered anew."""
        kept = [index for index, time in enumerate(self.times_ms) if wanted(time)]
        images = tuple(copy.deepcopy(self.images[index]) for index in kept)
        for number, image in enumerate(images, start=1):
            image.InstanceNumber = number
        return replace(
            self,
            images=images,
            times_ms=tuple(self.times_ms[index] for index in kept),
            phase_rad=tuple(self.phase_rad[index] for index in kept),
        )

    def by_slice(self) -> list[list[tuple[Dataset, float]]]:
        """Return (image, time) slice by slice."""
        slices: dict[tuple[str, ...], list[tuple[Dataset, float]]] = {}
        for image, time in zip(self.images, self.times_ms, strict=True):
            slices.setdefault(tuple(str(p) for p in image.ImagePositionPatient), []).append((image, time))
        return list(slices.values())


def clear_times(image: Dataset) -> None:
    """Take away what the phantom's own dialect says about the time; where the standard asks for it, it stays empty."""
    if "InversionTime" in image:
        image.InversionTime = None
    if "ImageComments" in image:
        del image.ImageComments


def has_echo(time_ms: float) -> bool:
    """Tell whether a preparation time can stand for an echo time: neither 0 nor the saturated image's."""
    return math.isfinite(time_ms) and time_ms > 0.0


def derived_uid(uid: str, purpose: str) -> str:
    """Return a UID under 2.25 (PS3.5 B.2) that follows from another one and a purpose."""
    digest = hashlib.sha256(f"{uid}|{purpose}".encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def copies(
    images: Sequence[Dataset],
    purpose: str,
    image_type: Sequence[str],
    *,
    new_series: int | None = None,
    description: str = "",
) -> list[Dataset]:
    """Return copies of images as another object: phase, motion-corrected, map ...

    Parameters
    ----------
    images : originals
    purpose : goes into the new UIDs
    image_type : of the copies
    new_series : added to SeriesNumber, with a new SeriesInstanceUID; None: they stay in their series
    description : added to SeriesDescription
    """
    out = []
    for image in images:
        other = copy.deepcopy(image)
        other.SOPInstanceUID = derived_uid(image.SOPInstanceUID, purpose)
        other.file_meta.MediaStorageSOPInstanceUID = other.SOPInstanceUID
        other.ImageType = list(image_type)
        if new_series is not None:
            other.SeriesInstanceUID = derived_uid(image.SeriesInstanceUID, purpose)
            other.SeriesNumber = int(image.SeriesNumber) + new_series
        other.SeriesDescription += description
        out.append(other)
    return out


def phase_copies(series: SeriesImages, image_type: Sequence[str], new_series: int | None = None) -> list[Dataset]:
    """Return phase images beside magnitude images: 0..4095 with slope 2 and intercept -4096, as Siemens writes them."""
    out = copies(series.images, "phase", image_type, new_series=new_series)
    for image, phase in zip(out, series.phase_rad, strict=True):
        set_pixels(image, np.minimum(2048.0 * (1.0 + phase / np.pi), 4095.0))
        image.RescaleSlope, image.RescaleIntercept = "2", "-4096"
        image.BitsStored, image.HighBit = 12, 11
    return out


def map_images(
    series: SeriesImages, image_type: Sequence[str], new_series: int | None, description: str
) -> list[Dataset]:
    """Return the map that a scanner would send along: one image a slice, without a time of its own."""
    firsts = [members[0][0] for members in series.by_slice()]
    out = copies(firsts, "map", image_type, new_series=new_series, description=description)
    for image, truth in zip(out, series.truth, strict=True):
        clear_times(image)
        set_pixels(image, np.nan_to_num(truth))
    return out


def set_signed_pixels(image: Dataset, values: npt.NDArray[np.floating[Any]]) -> None:
    """Replace the pixels by whole numbers of either sign."""
    image.PixelRepresentation = 1
    image.PixelData = np.clip(np.rint(values), -32768, 32767).astype("<i2").tobytes()


def set_pixels(image: Dataset, values: Float64Array) -> None:
    """Replace the pixels by whole numbers."""
    image.PixelData = np.clip(np.rint(values), 0, 65535).astype("<u2").tobytes()
