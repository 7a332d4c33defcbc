"""Siemens: classic VE11, VE11B and VB17 with the measurement protocol, enhanced XA with private frame groups."""

from __future__ import annotations

import math
from collections.abc import Callable

from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.flavours.classic import SeriesImages, clear_times, copies, map_images, phase_copies
from cmrmap.phantom.flavours.enhanced import FrameGroups, enhanced_image


def ve11(series: SeriesImages) -> list[Dataset]:
    """Write times into InversionTime or, post contrast, ImageComments only; with moco copy, map, colour copy, phase."""

    def change(image: Dataset, time_ms: float) -> None:
        _maker(image, "syngo MR E11")
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
        if series.is_t2:
            prepared = "inf" if math.isinf(time_ms) else f"{time_ms:g}"
            image.ImageComments = f"Motion correction off, T2 prep. duration = {prepared} ms"
        elif series.kind is MapKind.NATIVE_T1:
            image.InversionTime = f"{time_ms:g}"
        else:
            image.ImageComments = f"TIeff {time_ms:g} ms"

    weighted = series.changed(change)
    name = "T2 MAP" if series.is_t2 else "T1 MAP"
    corrected = copies(weighted.images, "moco", ["DERIVED", "PRIMARY", "M", "MOCO"], new_series=1, description=" MOCO")
    maps = map_images(weighted, ["DERIVED", "PRIMARY", name, "MOCO"], 2, " MOCO map")
    coloured = copies(maps, "colour", ["DERIVED", "SECONDARY", name, "MOCO"], new_series=3, description=" colour")
    for image in coloured:
        image.SamplesPerPixel, image.PlanarConfiguration, image.PhotometricInterpretation = 3, 0, "RGB"
        image.BitsAllocated = image.BitsStored = 8
        image.HighBit = 7
        image.PixelData = bytes(image.Rows * image.Columns * 3 + (image.Rows * image.Columns) % 2)
    phase = phase_copies(weighted, ["ORIGINAL", "PRIMARY", "P", "ND"], new_series=4)
    return [*weighted.images, *corrected, *maps, *coloured, *phase]


def ve11b(series: SeriesImages) -> list[Dataset]:
    """List the T2 preparations in the series header: all but the one of 0 ms."""
    if not series.is_t2:
        return list(series.changed(_with_inversion_time("syngo MR E11")).images)
    return _with_protocol(series, "syngo MR E11", _ve11b_lines)


def vb17(series: SeriesImages) -> list[Dataset]:
    """List the T2 preparations as those of a work in progress, 0 ms written as 0.001."""
    if not series.is_t2:
        return list(series.changed(_with_inversion_time("syngo MR B17")).images)
    return _with_protocol(series, "syngo MR B17", _vb17_lines)


def xa(series: SeriesImages) -> list[Dataset]:
    """One enhanced file a slice, frames in no order; times in (0021,xx89) and FrameComments of each frame's groups."""

    def groups(_: Dataset, time_ms: float) -> FrameGroups:
        content, private = Dataset(), Dataset()
        if series.is_t2:
            prepared = "inf" if math.isinf(time_ms) else f"{time_ms:g}"
            content.FrameComments = f"T2 prep. duration = {prepared} ms"
        private.add_new((0x0021, 0x0011), "LO", "SIEMENS MR SDI 02")
        private.add_new((0x0021, 0x1175), "CS", ["ORIGINAL", "PRIMARY", "M"])
        if not series.is_t2:
            private.add_new((0x0021, 0x1189), "FD", time_ms)
        outer = Dataset()
        outer.add_new((0x0021, 0x0011), "LO", "SIEMENS MR SDI 02")
        outer.add_new((0x0021, 0x11FE), "SQ", [private])
        return FrameGroups(content=content, more=outer)

    def change(image: Dataset, _: float) -> None:
        _maker(image, "syngo MR XA30")
        clear_times(image)

    dialect = series.changed(change)
    return [
        enhanced_image(members[1::2] + members[::2], groups, purpose=f"slice {index}", number=index + 1)
        for index, members in enumerate(dialect.by_slice())
    ]


def _maker(image: Dataset, version: str) -> None:
    image.Manufacturer, image.ManufacturerModelName, image.SoftwareVersions = "SIEMENS", "Phantom", version


def _with_inversion_time(version: str) -> Callable[[Dataset, float], None]:
    def change(image: Dataset, time_ms: float) -> None:
        _maker(image, version)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
        image.InversionTime = f"{time_ms:g}"

    return change


def _with_protocol(series: SeriesImages, version: str, lines: Callable[[list[float]], list[str]]) -> list[Dataset]:
    """Images whose times are in the series header only; it has no entry for a saturated image, which is left out."""
    kept = series.only(math.isfinite)
    times = [time for _, time in kept.by_slice()[0]]
    text = "\n".join(["### ASCCONV BEGIN ###", *lines(times), "### ASCCONV END ###"])
    content = b"SV10\4\3\2\1" + text.encode("ascii")

    def change(image: Dataset, _: float) -> None:
        _maker(image, version)
        clear_times(image)
        image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
        image.add_new((0x0029, 0x0010), "LO", "SIEMENS CSA HEADER")
        image.add_new((0x0029, 0x1020), "OB", content + b"\0" * (len(content) % 2))

    return list(kept.changed(change).images)


def _ve11b_lines(times_ms: list[float]) -> list[str]:
    listed = [time for time in times_ms if time > 0.0]
    size = f"sPrepPulses.adT2PrepDuration.__attribute__.size\t = \t{len(listed)}"
    return [size, *(f"sPrepPulses.adT2PrepDuration[{n}]\t = \t{time}" for n, time in enumerate(listed))]


def _vb17_lines(times_ms: list[float]) -> list[str]:
    count = f"sWiPMemBlock.alFree[2]                   = {len(times_ms)}"
    return [
        count,
        *(f"sWiPMemBlock.adFree[{n}]                   = {time + 0.001:g}" for n, time in enumerate(times_ms)),
    ]
