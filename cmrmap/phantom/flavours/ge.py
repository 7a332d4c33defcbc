"""GE: InversionTime or TriggerTime, and (0043,xx2F), which tells magnitude, phase, real and imaginary images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.flavours.classic import SeriesImages, clear_times, copies, has_echo, set_signed_pixels

_MAGNITUDE, _PHASE, _REAL, _IMAGINARY = range(4)


def classic(series: SeriesImages) -> list[Dataset]:
    """Native T1 by InversionTime, post-contrast by TriggerTime; all four parts of the complex image in one series.

    The phase is in thousandths of a radian.
    """
    kept = series.only(has_echo) if series.is_t2 else series

    def change(image: Dataset, time_ms: float) -> None:
        image.Manufacturer, image.ManufacturerModelName = "GE MEDICAL SYSTEMS", "Phantom"
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        if series.is_t2:
            image.EchoTime = f"{time_ms:g}"
        elif series.kind is MapKind.NATIVE_T1:
            image.InversionTime = f"{time_ms:g}"
        else:
            image.TriggerTime = f"{time_ms:g}"

    changed = kept.changed(change)
    weighted = list(changed.images)
    _name_part(weighted, _MAGNITUDE)
    if series.is_t2:
        return weighted
    others = []
    for part in (_PHASE, _REAL, _IMAGINARY):
        images = copies(weighted, f"part {part}", ["ORIGINAL", "PRIMARY", "OTHER"])
        for image, magnitude, phase in zip(images, weighted, changed.phase_rad, strict=True):
            counts = np.frombuffer(magnitude.PixelData, "<u2").reshape(phase.shape)
            parts = {_PHASE: 1000.0 * phase, _REAL: counts * np.cos(phase), _IMAGINARY: counts * np.sin(phase)}
            set_signed_pixels(image, parts[part])
        _name_part(images, part)
        others += images
    return [*weighted, *others]


def _name_part(images: Sequence[Dataset], part: int) -> None:
    for image in images:
        image.add_new((0x0043, 0x0010), "LO", "GEMS_PARM_01")
        image.add_new((0x0043, 0x102F), "SS", part)
