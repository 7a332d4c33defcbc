"""Philips: classic with the private inversion delay, Look-Locker by trigger times, enhanced; T2 by echo times."""

from __future__ import annotations

from pydicom.dataset import Dataset

from cmrmap.phantom.flavours.classic import SeriesImages, clear_times, copies, has_echo, map_images
from cmrmap.phantom.flavours.enhanced import FrameGroups, enhanced_image

_LARGEST = 1.797e308  # what is written for "none"


def classic(series: SeriesImages) -> list[Dataset]:
    """(2005,xx72) beside an InversionTime of 0; the scanner's map, twice a slice, in the series of its images."""
    if series.is_t2:
        return _multi_echo(series)

    def change(image: Dataset, time_ms: float) -> None:
        _maker(image)
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M_IR", "M", "IR"]
        image.InversionTime = "0"
        # the block of the creator is not the same on every scanner; 15 is a usual one
        image.add_new((0x2005, 0x0015), "LO", "Philips MR Imaging DD 006")
        image.add_new((0x2005, 0x1572), "FL", time_ms)

    weighted = series.changed(change)
    maps = map_images(weighted, ["ORIGINAL", "PRIMARY", "T1 MAP", "T1", "MIXED"], None, "")
    errors = copies(maps, "error", ["ORIGINAL", "PRIMARY", "T1 MAP", "T1", "UNSPECIFIED"])
    return [*weighted.images, *maps, *errors]


def look_locker(series: SeriesImages) -> list[Dataset]:
    """Write the delay after the inversion as TriggerTime."""
    if series.is_t2:
        return _multi_echo(series)

    def change(image: Dataset, time_ms: float) -> None:
        _maker(image)
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"]
        image.SeriesDescription = image.ProtocolName = f"{image.SeriesDescription} Look-Locker"
        image.InversionTime = "0"
        image.TriggerTime = f"{time_ms:g}"

    return list(series.changed(change).images)


def enhanced(series: SeriesImages) -> list[Dataset]:
    """One file a series; the second of the InversionTimes is the largest double, both of a map's are no time."""

    def groups(image: Dataset, time_ms: float) -> FrameGroups:
        modifier, echo = Dataset(), Dataset()
        is_map = "T1 MAP" in image.ImageType
        if series.is_t2:
            echo.EffectiveEchoTime = time_ms
        else:
            modifier.InversionRecovery = "YES"
            modifier.InversionTimes = [0.0 if is_map else time_ms, _LARGEST]
        return FrameGroups(modifier=modifier, echo=echo, frame_type=list(image.ImageType))

    def change(image: Dataset, _: float) -> None:
        _maker(image)
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M_IR", "M"]

    kept = series.only(has_echo) if series.is_t2 else series
    dialect = kept.changed(change)
    members = list(zip(dialect.images, dialect.times_ms, strict=True))
    if not series.is_t2:
        maps = map_images(dialect, ["ORIGINAL", "PRIMARY", "T1 MAP", "T1"], None, "")
        members += [(image, 0.0) for image in maps]
    return [enhanced_image(members, groups)]


def _maker(image: Dataset) -> None:
    image.Manufacturer, image.ManufacturerModelName = "Philips Medical Systems", "Phantom"


def _multi_echo(series: SeriesImages) -> list[Dataset]:
    """Echo times in place of preparation times, as a GraSE has them; 0 and the saturated image have no echo."""

    def change(image: Dataset, time_ms: float) -> None:
        _maker(image)
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M_SE", "M", "SE"]
        image.SeriesDescription = image.ProtocolName = "GraSE T2 SAX"
        image.EchoTime = f"{time_ms:g}"

    return list(series.only(has_echo).changed(change).images)
