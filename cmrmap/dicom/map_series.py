"""The map as a classic derived MR series: one 16-bit image per slice, which every PACS viewer can open.

Stored value 0 means "not analysed". T1 is stored in whole ms, T2 and ECV in tenths of their unit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage
from pydicom.valuerep import DSfloat

from cmrmap.dicom.codes import PRIVATE_SCHEME, QUANTITY, SOURCE_IMAGE, UNIT, code_item, private_scheme_item
from cmrmap.dicom.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.source import SourceContext, reference_items
from cmrmap.dicom.uids import derived_uid
from cmrmap.dicom.volume_slices import KIND_TEXT, slice_thickness_mm
from cmrmap.types import Float64Array, MapVolume

_LARGEST = 65535
_QUANTITY_NAME = ("246205007", "SCT", "Quantity")


def build_map_series(
    volume: MapVolume,
    kept: tuple[int, ...],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> list[Dataset]:
    """Return one MR Image (DICOM PS3.3 A.4) per written slice, in the order of ``kept``.

    Parameters
    ----------
    volume : the map
    kept : slice indices to write
    context : what is taken over from the source images
    provenance : version, weights and settings
    digest : hash of all content, from which the UIDs are made
    """
    series_uid = derived_uid(digest, "map series")
    thickness = slice_thickness_mm(volume)
    return [
        _build_image(
            volume, index, number, context, provenance, (series_uid, derived_uid(digest, "map", str(index))), thickness
        )
        for number, index in enumerate(kept, start=1)
    ]


def stored_values(values: Float64Array, step: float) -> npt.NDArray[np.uint16]:
    """Return map values as whole multiples of ``step``; 0 where NaN, and at least 1 elsewhere."""
    filled = np.where(np.isfinite(values), values / step, 0.0)
    stored = np.clip(np.rint(filled), 1, _LARGEST)
    return np.where(np.isfinite(values), stored, 0).astype(np.uint16)


def _build_image(
    volume: MapVolume,
    index: int,
    number: int,
    context: SourceContext,
    provenance: SoftwareProvenance,
    uids: tuple[str, str],
    thickness_mm: float,
) -> Dataset:
    words = KIND_TEXT[volume.kind]
    image = Dataset()
    image.update(context.patient_study)
    image.update(context.acquisition)
    if "CG" in str(image.get("ScanOptions", "")):
        image.TriggerTime = None  # type 2C where gated: a map of many images has no delay of its own
    image.SOPClassUID = MRImageStorage
    image.SeriesInstanceUID, image.SOPInstanceUID = uids
    image.Modality = "MR"
    image.SeriesNumber = words.series_base + 1
    image.InstanceNumber = number
    image.SeriesDescription = f"{NAME} {words.name} map [{volume.kind.unit}]"
    image.ImageType = ["DERIVED", "PRIMARY", words.image_type]
    image.BodyPartExamined = "HEART"
    image.Manufacturer = image.ManufacturerModelName = NAME
    image.SoftwareVersions = provenance.software_version
    image.ContentDate, image.ContentTime = context.content_date, context.content_time
    image.SeriesDate, image.SeriesTime = context.content_date, context.content_time
    image.ContentQualification = "RESEARCH"
    image.BurnedInAnnotation = "NO"
    _add_plane(image, volume, index, thickness_mm)
    _add_pixels(image, stored_values(volume.values[index], words.stored_step), words.stored_step, words.window)
    _add_real_world_mapping(image, volume, words.stored_step)
    _add_derivation(image, volume, index, context, provenance)
    return image


def _add_plane(image: Dataset, volume: MapVolume, index: int, thickness_mm: float) -> None:
    place = volume.geometry[index]
    image.ImagePositionPatient = [_ds(component) for component in place.position_mm]
    image.ImageOrientationPatient = [_ds(component) for component in (*place.row_cosines, *place.column_cosines)]
    image.PixelSpacing = [_ds(spacing) for spacing in place.pixel_spacing_mm]
    image.SliceThickness = _ds(thickness_mm)
    image.SliceLocation = _ds(float(place.normal @ np.asarray(place.position_mm)))


def _add_pixels(image: Dataset, stored: npt.NDArray[np.uint16], step: float, window: tuple[float, float]) -> None:
    image.SamplesPerPixel = 1
    image.PhotometricInterpretation = "MONOCHROME2"
    image.Rows, image.Columns = stored.shape
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit = 15
    image.PixelRepresentation = 0
    image.WindowCenter, image.WindowWidth = _ds(window[0]), _ds(window[1])
    if step != 1.0:
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = _ds(step), _ds(0.0), "US"
    image.PixelData = stored.astype("<u2").tobytes()


def _add_real_world_mapping(image: Dataset, volume: MapVolume, step: float) -> None:
    quantity = Dataset()
    quantity.ValueType = "CODE"
    name = Dataset()
    name.CodeValue, name.CodingSchemeDesignator, name.CodeMeaning = _QUANTITY_NAME
    quantity.ConceptNameCodeSequence = [name]
    quantity.ConceptCodeSequence = [code_item(QUANTITY[volume.kind])]
    mapping = Dataset()
    mapping.LUTExplanation = f"{KIND_TEXT[volume.kind].name}; 0 = not analysed"
    mapping.LUTLabel = KIND_TEXT[volume.kind].label
    mapping.RealWorldValueFirstValueMapped = 1
    mapping.RealWorldValueLastValueMapped = _LARGEST
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = step, 0.0
    mapping.MeasurementUnitsCodeSequence = [code_item(UNIT[volume.kind])]
    mapping.QuantityDefinitionSequence = [quantity]
    image.RealWorldValueMappingSequence = [mapping]
    if QUANTITY[volume.kind].scheme_designator == PRIVATE_SCHEME:
        image.CodingSchemeIdentificationSequence = [private_scheme_item()]


def _add_derivation(
    image: Dataset, volume: MapVolume, index: int, context: SourceContext, provenance: SoftwareProvenance
) -> None:
    uids = [uid for uid in dict.fromkeys(volume.source_uids[index]) if uid]
    image.DerivationDescription = (
        f"{KIND_TEXT[volume.kind].name} by {volume.model} from {len(uids)} images; {NAME} "
        f"{provenance.software_version}; settings {provenance.settings_sha256}; weights {provenance.weights_sha256}"
    )[:1024]
    items = reference_items(context.references[uid] for uid in uids)
    for item in items:
        item.PurposeOfReferenceCodeSequence = [code_item(SOURCE_IMAGE)]
    image.SourceImageSequence = items


def _ds(number: float) -> DSfloat:
    return DSfloat(number, auto_format=True)
