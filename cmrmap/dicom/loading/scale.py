"""From stored values to signals that may be compared between the images of a slice.

A stored value PV is shown as DV = RescaleSlope * PV + RescaleIntercept (DICOM PS3.3 C.11.1). Philips scales every scan,
and some every image, for display; the signal is FP = DV / (RescaleSlope * SS), with the private scale slope SS
(Chenevert et al., Transl Oncol 2014;7:65-71). Relaxation is told by the images' relation to each other, so only what
differs between the images of a slice matters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.frames import real_world_mappings
from cmrmap.dicom.headers.private_tags import PHILIPS_SCALE_SLOPE, private_number, private_value
from cmrmap.dicom.headers.values import number, text, value

_SAME = 1e-4  # relative: slopes that differ by less are one slope that was rounded
_LARGEST = 1e20  # signals are kept in single precision, which ends at 3e38


@dataclass(frozen=True, slots=True)
class Scale:
    """How the stored values of one image are scaled.

    Attributes
    ----------
    slope, intercept : of the modality transformation; 1 and 0 where not stated
    scale_slope : Philips' private one; None where not stated
    real_world : slope to real-world values (DICOM PS3.3 C.7.6.16.2.11); None where not stated
    philips : whether the scanner is one that has such a slope
    series : SeriesInstanceUID
    """

    slope: float
    intercept: float
    scale_slope: float | None = None
    real_world: float | None = None
    philips: bool = False
    series: str = ""


@dataclass(frozen=True, slots=True)
class SliceScale:
    """What makes the images of a slice comparable.

    Attributes
    ----------
    linear : by image (slope, intercept) from stored values to signals
    lost : by image why its scale is not known
    applied : the smallest and the largest private scale slope, where they differ and were applied; else None
    caution : why the images may not be comparable; "" where nothing speaks for it
    """

    linear: Mapping[int, tuple[float, float]]
    lost: Mapping[int, str]
    applied: tuple[float, float] | None = None
    caution: str = ""


def scale_of(frame: Dataset) -> Scale | str:
    """Return how a frame's stored values are scaled, or why that cannot be used.

    Parameters
    ----------
    frame : one of :func:`cmrmap.dicom.headers.frames.frames_of`
    """
    found = []
    real_world = next(iter(real_world_mappings(frame)), Dataset())
    slope, intercept = number(real_world, "RealWorldValueSlope"), number(real_world, "RealWorldValueIntercept")
    # where the modality transformation is not stated, that to real-world values is the only one
    stated = value(frame, "RescaleSlope") is not None or not slope
    for keyword, default in (
        ("RescaleSlope", 1.0 if stated or slope is None else slope),
        ("RescaleIntercept", 0.0 if stated or intercept is None else intercept),
    ):
        given = value(frame, keyword)
        parsed = default if given is None else number(frame, keyword)
        if parsed is None or not abs(parsed) < _LARGEST:
            return "RescaleSlope or RescaleIntercept is not a usable number"
        found.append(parsed)
    if abs(found[0]) <= 1.0 / _LARGEST:
        return "RescaleSlope or RescaleIntercept is not a usable number"
    scale_slope = private_number(frame, PHILIPS_SCALE_SLOPE)
    if private_value(frame, PHILIPS_SCALE_SLOPE) is not None and not (
        scale_slope is not None and 1.0 / _LARGEST < scale_slope < _LARGEST
    ):
        return "the scale slope (2005,xx0E) is not a positive number"
    philips = "philips" in text(frame, "Manufacturer").lower()
    philips = philips or scale_slope is not None
    return Scale(found[0], found[1], scale_slope, slope, philips, text(frame, "SeriesInstanceUID"))


def slice_scale(scales: Mapping[int, Scale]) -> SliceScale:
    """Return how the images of one slice become comparable.

    Parameters
    ----------
    scales : of its images, by their index
    """
    stated = {image: one.scale_slope for image, one in scales.items() if one.scale_slope is not None}
    shown = {image: (one.slope, one.intercept) for image, one in scales.items()}
    if not stated:
        return SliceScale(shown, {}, caution=_caution(list(scales.values())))
    lost = {
        image: "it has no scale slope (2005,xx0E), unlike the other images of its slice: its signal cannot be compared "
        "with theirs"
        for image in scales
        if image not in stated
    }
    whole = {image: scales[image].slope * slope for image, slope in stated.items()}
    if _agree(list(whole.values())):
        return SliceScale({image: shown[image] for image in stated}, lost)
    precise = {image: (shown[image][0] / whole[image], shown[image][1] / whole[image]) for image in stated}
    return SliceScale(precise, lost, applied=(min(stated.values()), max(stated.values())))


def _caution(scales: Sequence[Scale]) -> str:
    """Say what speaks against comparing images without a private scale slope."""
    told = {image: one.real_world / one.slope for image, one in enumerate(scales) if one.real_world}
    if told and (len(told) < len(scales) or not _agree(list(told.values()))):
        return "RealWorldValueSlope and RescaleSlope scale the images of a slice differently; RescaleSlope was used"
    if not any(one.philips for one in scales):
        return ""
    if not _agree([one.slope for one in scales]):
        low, high = (pick(one.slope for one in scales) for pick in (min, max))
        return (
            f"RescaleSlope runs from {low:.4g} to {high:.4g} within a slice, but the Philips scale slope (2005,xx0E) "
            "is missing"
        )
    if len({one.series for one in scales}) > 1:
        return (
            "its images come from several Philips series, each with its own scale, but the scale slope (2005,xx0E) "
            "is missing"
        )
    return ""


def _agree(slopes: Sequence[float]) -> bool:
    return max(slopes) - min(slopes) <= _SAME * max(abs(slope) for slope in slopes)
