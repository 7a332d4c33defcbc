"""How scanners send the maps that they make: one image a slice, in each vendor's dialect.

Written from what is documented, and from an original Philips enhanced object: nothing is taken from anybody's file.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import ParametricMapStorage

from cmrmap.core.arrays import Float64Array
from cmrmap.core.map_spec import Weighting
from cmrmap.phantom.flavours.classic import SeriesImages, clear_times, copies, derived_uid
from cmrmap.phantom.flavours.enhanced import FrameGroups, enhanced_image
from cmrmap.phantom.vendor_fit import VendorFit

#: one classic image a slice, what they are of, and the values
MapDialect: TypeAlias = Callable[[Sequence[Dataset], str, VendorFit], list[Dataset]]

_NAMES = {Weighting.T1: "T1", Weighting.T2: "T2", Weighting.T2_STAR: "T2_STAR"}
_PHILIPS_SLOPE, _PHILIPS_INTERCEPT = 1.00170940170940, -7.0
_LARGEST_12_BITS = 4095


def scanner_map_images(series: SeriesImages, fitted: VendorFit, dialect: str) -> list[Dataset]:
    """Return the map of a series as a scanner would send it, without the images that it was made from.

    Parameters
    ----------
    series : classic weighted images, of which place and series are taken over
    fitted : the values
    dialect : the flavour, a key of ``MAP_DIALECTS``
    """
    weighting = series.kind.spec.weighting
    quantity = _NAMES[weighting] if weighting is not None else series.kind.spec.short_name
    firsts = [copy.deepcopy(members[0][0]) for members in series.by_slice()]
    for number, image in enumerate(firsts, start=1):
        clear_times(image)
        image.InstanceNumber = image.AcquisitionNumber = number
        image.SOPInstanceUID = derived_uid(image.SOPInstanceUID, "scanner map")
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    return MAP_DIALECTS[dialect](firsts, quantity, fitted)


def _twelve_bits(images: Sequence[Dataset], stored: Float64Array) -> None:
    for image, values in zip(images, stored, strict=True):
        image.PixelData = np.clip(np.rint(values), 0, _LARGEST_12_BITS).astype("<u2").tobytes()
        image.BitsStored, image.HighBit = 12, 11
        image.WindowCenter, image.WindowWidth = "1000", "2000"


def _siemens(images: Sequence[Dataset], quantity: str, fitted: VendorFit) -> list[Dataset]:
    """Whole ms without a unit in a series ``..._T1_MAP``, the standard deviations in another, ``..._T1_SD``."""
    for image in images:
        image.Manufacturer, image.ManufacturerModelName, image.SoftwareVersions = "SIEMENS", "Phantom", "syngo MR E11"
        image.ImageType = ["DERIVED", "PRIMARY", f"{quantity.replace('_', ' ')} MAP", "DIS2D", "MOCO"]
        image.SeriesDescription += "_MOCO"
    deviations = copies(
        images,
        "sd",
        ["DERIVED", "PRIMARY", f"{quantity.replace('_', ' ')} SD MAP", "DIS2D", "MOCO"],
        new_series=2,
        description=f"_{quantity}_SD",
    )
    for image in images:
        image.SeriesDescription += f"_{quantity}_MAP"
    _twelve_bits(images, fitted.values_ms)
    _twelve_bits(deviations, fitted.sd_ms)
    return [*images, *deviations]


def _siemens_xa(images: Sequence[Dataset], quantity: str, fitted: VendorFit) -> list[Dataset]:
    """One enhanced object a slice, the map by its frame type."""
    members = _siemens(images, quantity, fitted)[: len(images)]
    for image in members:
        image.SoftwareVersions = "syngo MR XA30"
        image.ImageType = ["DERIVED", "PRIMARY", f"{quantity.replace('_', ' ')} MAP", "NONE"]
    return [
        enhanced_image([(image, 0.0)], lambda *_: FrameGroups(), purpose=f"map {index}", number=index + 1)
        for index, image in enumerate(members)
    ]


def _philips(images: Sequence[Dataset], quantity: str, fitted: VendorFit) -> list[Dataset]:
    """Rescaled to ms, twice a slice: the second without the values that are not trusted."""
    for image in images:
        image.Manufacturer, image.ManufacturerModelName = "Philips Medical Systems", "Phantom"
        image.ImageType = ["ORIGINAL", "PRIMARY", f"{quantity.replace('_', ' ')} MAP", quantity, "MIXED"]
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = (
            str(_PHILIPS_SLOPE),
            str(_PHILIPS_INTERCEPT),
            "ms",
        )
    stored = (fitted.values_ms - _PHILIPS_INTERCEPT) / _PHILIPS_SLOPE
    _twelve_bits(images, stored)
    second = copies(images, "second", [*images[0].ImageType[:4], "UNSPECIFIED"])
    for number, image in enumerate(second, start=len(images) + 1):
        image.InstanceNumber = number
    trusted = fitted.sd_ms < 0.25 * fitted.values_ms
    _twelve_bits(second, np.where(trusted, stored, 0.0))
    return [*images, *second]


def _philips_enhanced(images: Sequence[Dataset], quantity: str, fitted: VendorFit) -> list[Dataset]:
    r"""One object, frame type ``ORIGINAL\PRIMARY\T1\T1``, the unit by a real-world value mapping."""
    members = _philips(images, quantity, fitted)
    for image in members:
        image.ImageType = ["ORIGINAL", "PRIMARY", quantity, quantity]

    def groups(image: Dataset, _: float) -> FrameGroups:
        more = Dataset()
        more.RealWorldValueMappingSequence = [
            _milliseconds(float(image.RescaleSlope), float(image.RescaleIntercept), _LARGEST_12_BITS)
        ]
        return FrameGroups(more=more, frame_type=list(image.ImageType))

    return [enhanced_image([(image, 0.0) for image in members], groups, purpose="maps")]


def _ge(images: Sequence[Dataset], quantity: str, fitted: VendorFit) -> list[Dataset]:
    """Secondary images that only the description calls a map, as research sequences send them."""
    for image in images:
        image.Manufacturer, image.ManufacturerModelName = "GE MEDICAL SYSTEMS", "Phantom"
        image.ImageType = ["DERIVED", "SECONDARY", "OTHER"]
        contrast = "post-contrast" if "ContrastBolusAgent" in image else "native"
        image.SeriesDescription = f"SAX {quantity.replace('_STAR', '*')} Map {contrast}"
        image.ProtocolName = image.SeriesDescription
    _twelve_bits(images, fitted.values_ms)
    return list(images)


def _parametric_map(images: Sequence[Dataset], quantity: str, fitted: VendorFit) -> list[Dataset]:
    """One Parametric Map object (PS3.3 A.75) of floating-point numbers in ms; NaN is the padding value 0."""
    first = images[0]
    for image in images:
        image.ImageType = ["DERIVED", "PRIMARY", f"{quantity.replace('_', ' ')} MAP", "NONE"]
    whole = enhanced_image(
        [(image, 0.0) for image in images],
        lambda image, _: FrameGroups(more=_mapping_of(), frame_type=["DERIVED", "PRIMARY", quantity, "QUANTITY"]),
        purpose="parametric map",
    )
    whole.SOPClassUID = whole.file_meta.MediaStorageSOPClassUID = ParametricMapStorage
    whole.SeriesDescription = f"{first.SeriesDescription} {quantity.replace('_STAR', '*')} map"
    for keyword in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        delattr(whole, keyword)
    whole.BitsAllocated = 32
    whole.FloatPixelPaddingValue = 0.0
    whole.FloatPixelData = fitted.values_ms.astype("<f4").tobytes()
    for groups in whole.PerFrameFunctionalGroupsSequence:
        del groups.PixelValueTransformationSequence
    return [whole]


def _mapping_of() -> Dataset:
    more = Dataset()
    more.RealWorldValueMappingSequence = [_milliseconds(1.0, 0.0, None)]
    return more


def _milliseconds(slope: float, intercept: float, last: int | None) -> Dataset:
    mapping, unit = Dataset(), Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "ms", "UCUM", "ms"
    mapping.MeasurementUnitsCodeSequence = [unit]
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = slope, intercept
    mapping.LUTLabel, mapping.LUTExplanation = "ms", "relaxation time"
    if last is None:
        mapping.DoubleFloatRealWorldValueFirstValueMapped = 0.0
        mapping.DoubleFloatRealWorldValueLastValueMapped = float(_LARGEST_12_BITS)
    else:
        mapping.RealWorldValueFirstValueMapped, mapping.RealWorldValueLastValueMapped = 0, last
    return mapping


#: by the name of the flavour
MAP_DIALECTS: Mapping[str, MapDialect] = {
    "standard": _parametric_map,
    "siemens-ve11": _siemens,
    "siemens-ve11b": _siemens,
    "siemens-vb17": _siemens,
    "siemens-xa": _siemens_xa,
    "philips": _philips,
    "philips-look-locker": _philips,
    "philips-enhanced": _philips_enhanced,
    "ge": _ge,
    "enhanced": _parametric_map,
}
