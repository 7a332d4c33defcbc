"""What people look at, as DICOM: the page as Encapsulated PDF (PS3.3 A.45), pictures as Secondary Capture (A.8).

Built by hand: highdicom has no Encapsulated PDF, and its Secondary Capture demands the patient's orientation, which a
drawing has none of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage

from cmrmap.core.map_specs import MapKind
from cmrmap.core.provenance import NAME, SoftwareProvenance
from cmrmap.dicom.writing import codes
from cmrmap.dicom.writing.image_references import ImageReference, reference_items
from cmrmap.dicom.writing.series_names import SeriesContent, map_series_name, study_series_name
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.uids import derived_uid
from cmrmap.dicom.writing.written_map import WrittenMap

PDF_SERIES_NUMBER = 9501
_CAPTURE_OFFSET = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture of one slice of a map: (row, column, 3) uint8."""

    kind: MapKind
    slice_index: int
    pixels: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Document:
    """The report's page as PDF, and whether it names the patient."""

    pdf: bytes
    identified: bool


def build_encapsulated_pdf(
    given: Document, written: Sequence[WrittenMap], context: SourceContext, provenance: SoftwareProvenance
) -> Dataset:
    """Return the report's page.

    Parameters
    ----------
    given : the document
    written : the maps that it shows; their images are its sources
    context, provenance : as for the measurement report
    """
    pdf = given.pdf
    digest = hashlib.sha256(b"".join([*(one.digest.encode() for one in written), pdf])).hexdigest()
    document = _base(context, provenance)
    document.SOPClassUID = EncapsulatedPDFStorage
    document.SOPInstanceUID = derived_uid(digest, "report page")
    document.SeriesInstanceUID = derived_uid(digest, "report page series")
    document.Modality = "DOC"
    document.SeriesNumber, document.InstanceNumber = PDF_SERIES_NUMBER, 1
    document.SeriesDescription = study_series_name("Report", provenance)
    document.DocumentTitle = "Myocardial tissue maps"
    document.ConversionType = "WSD"
    document.BurnedInAnnotation = "YES" if given.identified else "NO"
    document.AcquisitionDateTime = context.content_date + context.content_time
    document.ConceptNameCodeSequence = [CodedConcept.from_code(codes.IMAGING_REPORT)]
    images = chain.from_iterable(one.images for one in written)
    document.SourceInstanceSequence = reference_items(_reference(image) for image in images)
    document.MIMETypeOfEncapsulatedDocument = "application/pdf"
    document.EncapsulatedDocumentLength = len(pdf)
    document.EncapsulatedDocument = pdf + b"\0" * (len(pdf) % 2)
    return document


def build_captures(pictures: Sequence[Picture], written: WrittenMap, provenance: SoftwareProvenance) -> list[Dataset]:
    """Return the pictures of one map's slices as one series; those of slices that are not written are left out.

    Parameters
    ----------
    pictures : of any map
    written : the map's objects; each picture names its slice's image as its source
    provenance : version, weights and settings
    """
    mine = [one for one in pictures if one.kind is written.kind and one.slice_index in written.slices]
    content = [written.digest.encode(), *(np.ascontiguousarray(one.pixels).tobytes() for one in mine)]
    digest = hashlib.sha256(b"".join(content)).hexdigest()
    built = []
    for picture in mine:
        source = written.images[written.slices.index(picture.slice_index)]
        image = _base(written.context, provenance)
        image.SOPClassUID = SecondaryCaptureImageStorage
        image.SOPInstanceUID = derived_uid(digest, "capture", str(picture.slice_index))
        image.SeriesInstanceUID = derived_uid(digest, "capture series")
        image.Modality = "OT"
        words = picture.kind.spec.dicom.values
        image.SeriesNumber = picture.kind.spec.dicom.series_base + _CAPTURE_OFFSET
        image.InstanceNumber = int(source.InstanceNumber)
        image.SeriesDescription = map_series_name(picture.kind, SeriesContent.PICTURES, provenance)
        image.ImageType = ["DERIVED", "SECONDARY"]
        image.ConversionType = "WSD"
        image.BodyPartExamined = "HEART"
        image.BurnedInAnnotation = "NO"  # values and scale, nobody's name
        image.PatientOrientation = None
        image.DerivationDescription = f"{words.name} with contours and colour scale"
        image.SourceImageSequence = reference_items([_reference(source)])
        for item in image.SourceImageSequence:
            item.PurposeOfReferenceCodeSequence = [CodedConcept.from_code(codes.SOURCE_IMAGE)]
        _add_pixels(image, picture.pixels)
        built.append(image)
    return built


def _base(context: SourceContext, provenance: SoftwareProvenance) -> Dataset:
    result = Dataset()
    result.update(context.patient_study)
    for keyword in ("FrameOfReferenceUID", "PositionReferenceIndicator"):  # a picture lies nowhere
        if keyword in result:
            del result[keyword]
    result.Manufacturer = result.ManufacturerModelName = NAME
    result.SoftwareVersions = provenance.software_version
    result.DeviceSerialNumber = provenance.device_serial_number
    result.ContentDate = result.SeriesDate = context.content_date
    result.ContentTime = result.SeriesTime = context.content_time
    return result


def _add_pixels(image: Dataset, pixels: npt.NDArray[np.uint8]) -> None:
    image.SamplesPerPixel = 3
    image.PhotometricInterpretation = "RGB"
    image.PlanarConfiguration = 0
    image.Rows, image.Columns = pixels.shape[:2]
    image.BitsAllocated = image.BitsStored = 8
    image.HighBit = 7
    image.PixelRepresentation = 0
    content = np.ascontiguousarray(pixels, dtype=np.uint8).tobytes()
    image.PixelData = content + b"\0" * (len(content) % 2)


def _reference(image: Dataset) -> ImageReference:
    return ImageReference(str(image.SOPClassUID), str(image.SOPInstanceUID), str(image.SeriesInstanceUID))
