"""How the stored values of a scanner's map become relaxation times: scale and unit, both from one place of the header.

Real-world values (DICOM PS3.3 C.7.6.16.2.11) say what the numbers are; rescale how they are shown, and, where it names
a unit itself, what they are then.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.frames import real_world_mappings
from cmrmap.dicom.headers.values import number, text, value
from cmrmap.dicom.selection.image_rules import mapping_units

MILLISECONDS = re.compile(r"m(illi)?s(ec(ond)?s?)?\.?")
_NO_SLOPE = (
    "its real-world values are in ms, but {how}; expected RealWorldValueSlope and RealWorldValueIntercept, or a "
    "rescale with RescaleType ms; export the map with one of them"
)


@dataclass(frozen=True, slots=True)
class MapScale:
    """From stored values to those of the map.

    Attributes
    ----------
    slope, intercept : linear
    unit_told : "ms" where the place that gives the slope says so; "" where it states no such unit
    mapped : the smallest and the largest stored value that the scale is stated for; None where it is for all
    fault : why no scale is known although a unit is; "" where one is
    """

    slope: float
    intercept: float
    unit_told: str = ""
    mapped: tuple[float, float] | None = None
    fault: str = ""


def map_scale(frame: Dataset) -> MapScale:
    """Return scale and unit of a map: of real-world values in ms, else of a rescale in ms, else of what there is.

    Parameters
    ----------
    frame : one of :func:`cmrmap.dicom.headers.frames.frames_of`
    """
    mappings = real_world_mappings(frame)
    in_ms = [one for one in mappings if any(map(MILLISECONDS.fullmatch, mapping_units(one)))]
    linear = next((one for one in in_ms if number(one, "RealWorldValueSlope")), None)
    if linear is not None:
        return _linear(linear, "ms")
    rescaled = MapScale(
        number(frame, "RescaleSlope") or 1.0,
        number(frame, "RescaleIntercept") or 0.0,
        "ms" if MILLISECONDS.fullmatch(text(frame, "RescaleType").lower().replace(" ", "")) else "",
    )
    if rescaled.unit_told:
        return rescaled
    if in_ms:
        has_table = any(value(one, "RealWorldValueLUTData") is not None for one in in_ms)
        if not has_table and number(frame, "BitsStored") is None:  # floating-point pixels: the numbers themselves
            return MapScale(1.0, 0.0, "ms")
        how = "by a look-up table" if has_table else "without a slope"
        return MapScale(1.0, 0.0, "ms", fault=_NO_SLOPE.format(how=how))
    unknown = next((one for one in mappings if number(one, "RealWorldValueSlope")), None)
    return rescaled if unknown is None else _linear(unknown, "")


def _linear(mapping: Dataset, unit: str) -> MapScale:
    slope, intercept = number(mapping, "RealWorldValueSlope"), number(mapping, "RealWorldValueIntercept")
    return MapScale(slope or 1.0, intercept or 0.0, unit, _mapped(mapping))


def _mapped(mapping: Dataset) -> tuple[float, float] | None:
    """Return the range of stored values that a mapping is for; None where none, or an impossible one, is stated."""
    for kind in ("", "DoubleFloat"):
        ends = [number(mapping, f"{kind}RealWorldValue{end}ValueMapped") for end in ("First", "Last")]
        if ends[0] is not None and ends[1] is not None and ends[0] < ends[1]:
            return ends[0], ends[1]
    return None
