"""The map as a classic derived MR series: one 16-bit image per slice, which every PACS viewer can open.

Stored value 0 means "no value". T1 is stored in whole ms, T2 and ECV in tenths of their unit. The standard
deviation of the values makes a second series of the same kind, ten times finer. highdicom writes no classic MR images.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.uid import MRImageStorage
from pydicom.valuerep import DSfloat

from cmrmap.core.arrays import Float64Array
from cmrmap.core.map_spec import StoredForm
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing.codes import SOURCE_IMAGE
from cmrmap.dicom.writing.image_references import reference_items
from cmrmap.dicom.writing.real_world_values import coding_schemes, real_world_mapping
from cmrmap.dicom.writing.series_names import SeriesContent, map_series_name
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.stored_values import NO_VALUE, whole_steps
from cmrmap.dicom.writing.uids import derived_uid
from cmrmap.dicom.writing.volume_slices import slice_thickness_mm

_LARGEST = 65535


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
    content = _Content(
        volume.shown_values, volume.kind.spec.dicom.values, volume.kind.spec.dicom.series_base + 1, False, "map"
    )
    return _build(content, volume, kept, context, provenance, digest)


def build_sd_series(
    volume: MapVolume,
    kept: tuple[int, ...],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> list[Dataset]:
    """Return the standard deviation of the map's values as a second series; none where it is not known.

    Parameters
    ----------
    volume, kept, context, provenance, digest : as for :func:`build_map_series`
    """
    if (sd := volume.shown_sd) is None:
        return []
    words = volume.kind.spec.dicom.sd
    content = _Content(sd, words, volume.kind.spec.dicom.series_base + 9, True, "sd map")
    return _build(content, volume, kept, context, provenance, digest)


@dataclass(frozen=True, slots=True)
class _Content:
    """What one series shows: the values (slice, row, column) or their SD, its words, and what its UIDs are made of."""

    values: Float64Array
    words: StoredForm
    series_number: int
    is_sd: bool
    name: str


def _build(
    content: _Content,
    volume: MapVolume,
    kept: tuple[int, ...],
    context: SourceContext,
    provenance: SoftwareProvenance,
    digest: str,
) -> list[Dataset]:
    series_uid = derived_uid(digest, f"{content.name} series")
    thickness = slice_thickness_mm(volume)
    return [
        _build_image(
            content,
            volume,
            index,
            number,
            context,
            provenance,
            (series_uid, derived_uid(digest, content.name, str(index))),
            thickness,
        )
        for number, index in enumerate(kept, start=1)
    ]


def _build_image(
    content: _Content,
    volume: MapVolume,
    index: int,
    number: int,
    context: SourceContext,
    provenance: SoftwareProvenance,
    uids: tuple[str, str],
    thickness_mm: float,
) -> Dataset:
    words = content.words
    image = Dataset()
    image.update(context.patient_study)
    image.update(context.acquisition)
    if "CG" in str(image.get("ScanOptions", "")):
        image.TriggerTime = None  # type 2C where gated: a map of many images has no delay of its own
    image.SOPClassUID = MRImageStorage
    image.SeriesInstanceUID, image.SOPInstanceUID = uids
    image.Modality = "MR"
    image.SeriesNumber = content.series_number
    image.InstanceNumber = number
    shown = SeriesContent.DEVIATIONS if content.is_sd else SeriesContent.VALUES
    image.SeriesDescription = map_series_name(volume.kind, shown, provenance)
    image.ImageType = ["DERIVED", "PRIMARY", words.image_type]
    image.BodyPartExamined = "HEART"
    image.Manufacturer = image.ManufacturerModelName = NAME
    image.SoftwareVersions = provenance.software_version
    image.ContentDate, image.ContentTime = context.content_date, context.content_time
    image.SeriesDate, image.SeriesTime = context.content_date, context.content_time
    image.BurnedInAnnotation = "NO"
    _add_plane(image, volume, index, thickness_mm)
    _add_pixels(image, whole_steps(content.values[index], words.stored_step), words.stored_step, words.window)
    image.RealWorldValueMappingSequence = [
        real_world_mapping(volume.kind, words, (1, _LARGEST), words.stored_step, is_sd=content.is_sd)
    ]
    if (schemes := coding_schemes(volume.kind)) is not None:
        image.CodingSchemeIdentificationSequence = schemes
    _add_derivation(image, volume, words, index, context, provenance)
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
    image.PixelPaddingValue = NO_VALUE
    image.WindowCenter, image.WindowWidth = _ds(window[0]), _ds(window[1])
    if step != 1.0:
        image.RescaleSlope, image.RescaleIntercept, image.RescaleType = _ds(step), _ds(0.0), "US"
    image.PixelData = stored.astype("<u2").tobytes()


def _add_derivation(
    image: Dataset,
    volume: MapVolume,
    words: StoredForm,
    index: int,
    context: SourceContext,
    provenance: SoftwareProvenance,
) -> None:
    uids = [uid for uid in dict.fromkeys(volume.source_uids[index]) if uid]
    image.DerivationDescription = (
        f"{words.name} by {volume.model} from {len(uids)} images; {NAME} "
        f"{provenance.software_version}; settings {provenance.settings_sha256}; weights {provenance.weights_sha256}"
        + (f"; {provenance.model}" if provenance.convention else "")
    )[:1024]
    items = reference_items(context.references[uid] for uid in uids)
    for item in items:
        item.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(SOURCE_IMAGE)]
    image.SourceImageSequence = items


def _ds(number: float) -> DSfloat:
    return DSfloat(number, auto_format=True)
