"""Normalise the source study once, on copies, so that every writer may rely on complete, clean attributes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from cmrmap.core.errors import GeometryError, InputError
from cmrmap.core.map_volume import MapVolume
from cmrmap.dicom.headers.cleaning import clean_code, clean_date, clean_name, clean_text, clean_time, clean_uid
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import number, numbers, text, tolerant_reading
from cmrmap.dicom.writing.image_references import ImageReference

# What is written where the source is de-identified down to its dates: type 1 attributes may not stay empty.
_NO_DATE, _NO_TIME = "19000101", "000000"
_TEXT_LENGTHS = {
    "PatientID": 64,
    "IssuerOfPatientID": 64,
    "AccessionNumber": 16,
    "StudyID": 16,
    "StudyDescription": 64,
    "PositionReferenceIndicator": 64,
}
_NAMES = ("PatientName", "ReferringPhysicianName")
#: Type 2: written empty where the source lacks them.
_ALWAYS = ("PatientID", "AccessionNumber", "StudyID", "PositionReferenceIndicator")
#: code strings, and what is written where the source has none (PS3.3 C.8.3.1)
_ACQUISITION_CODES = {
    "ScanningSequence": "RM",
    "SequenceVariant": "NONE",
    "ScanOptions": "",
    "MRAcquisitionType": "2D",
    "PatientPosition": "",
}
_ACQUISITION_NUMBERS = ("RepetitionTime", "EchoTime", "MagneticFieldStrength", "FlipAngle")
_ALWAYS_NUMBERS = ("RepetitionTime", "EchoTime")
_MOST_ECHOES = 2**31 - 1  # an integer string holds no more (PS3.5 6.2)


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What the writers take over from the source images of one map.

    Attributes
    ----------
    patient_study : patient, study and frame-of-reference attributes; all type 2 present, UTF-8
    acquisition : attributes of the MR Image module that a derived image repeats
    manufacturer, manufacturer_model_name : of the scanner; "" where not stated
    content_date, content_time : of the last source image, DA and TM
    references : every source image, by SOP instance UID
    encoded : ``patient_study`` and ``acquisition`` as bytes, for the content digest
    """

    patient_study: Dataset
    acquisition: Dataset
    manufacturer: str
    manufacturer_model_name: str
    content_date: str
    content_time: str
    references: dict[str, ImageReference]
    encoded: bytes


def source_context(volume: MapVolume, study: SourceStudy) -> SourceContext:
    """Collect what the objects of one map take over from their source images.

    Parameters
    ----------
    volume : the map; its ``source_uids`` name the images, "" none
    study : what was read

    Raises
    ------
    InputError
        a source UID of the volume is not in the study
    GeometryError
        the source has no frame of reference
    """
    uids = list(dict.fromkeys(uid for row in volume.source_uids for uid in row if uid))
    missing = [uid for uid in uids if uid not in study.headers]
    if missing or not uids:
        raise InputError(
            f"{volume.kind.value}: {len(missing)} of {len(uids)} source images are not in the study; "
            "expected the SOP instance UIDs of images that were read"
        )
    with tolerant_reading():
        headers = [study.headers[uid] for uid in uids]
        first = headers[0]
        patient_study = _patient_study(first)
        acquisition = _acquisition(first)
        stamp = max(_stamp(header) for header in headers)
        return SourceContext(
            patient_study=patient_study,
            acquisition=acquisition,
            manufacturer=clean_text(text(first, "Manufacturer"), 64),
            manufacturer_model_name=clean_text(text(first, "ManufacturerModelName"), 64),
            content_date=stamp[0],
            content_time=stamp[1],
            references={
                uid: ImageReference(text(header, "SOPClassUID"), uid, text(header, "SeriesInstanceUID"))
                for uid, header in zip(uids, headers, strict=True)
            },
            encoded=_encode(patient_study) + _encode(acquisition),
        )


def _patient_study(header: Dataset) -> Dataset:
    result = Dataset()
    result.SpecificCharacterSet = "ISO_IR 192"
    for keyword, longest in _TEXT_LENGTHS.items():
        found = clean_text(text(header, keyword), longest)
        if found or keyword in _ALWAYS:
            setattr(result, keyword, found)
    for keyword in _NAMES:
        setattr(result, keyword, clean_name(text(header, keyword)))
    result.PatientBirthDate = clean_date(text(header, "PatientBirthDate"))
    sex = text(header, "PatientSex").upper()
    result.PatientSex = sex if sex in {"M", "F", "O"} else ""
    result.StudyDate = clean_date(text(header, "StudyDate"))
    result.StudyTime = clean_time(text(header, "StudyTime"))
    age = text(header, "PatientAge").upper()
    if re.fullmatch(r"[0-9]{3}[DWMY]", age):
        result.PatientAge = age
    for keyword in ("PatientWeight", "PatientSize"):
        measured = number(header, keyword)
        if measured is not None and measured > 0.0:
            setattr(result, keyword, f"{measured:.6g}")
    if text(header, "PatientIdentityRemoved").upper() == "YES":
        result.PatientIdentityRemoved = "YES"
        result.DeidentificationMethod = clean_text(text(header, "DeidentificationMethod"), 64) or "see source images"
    result.StudyInstanceUID = _required_uid(header, "StudyInstanceUID")
    result.FrameOfReferenceUID = _required_uid(header, "FrameOfReferenceUID")
    return result


def _acquisition(header: Dataset) -> Dataset:
    result = Dataset()
    for keyword, default in _ACQUISITION_CODES.items():
        found = [code for code in map(clean_code, text(header, keyword).split("\\")) if code]
        setattr(result, keyword, found if len(found) > 1 else (found[0] if found else default))
    agent = clean_text(text(header, "ContrastBolusAgent"), 64)
    if agent:
        result.ContrastBolusAgent = agent
    for keyword in _ACQUISITION_NUMBERS:
        found_number = number(header, keyword)
        if found_number is not None:
            setattr(result, keyword, f"{found_number:.8g}")
        elif keyword in _ALWAYS_NUMBERS:
            setattr(result, keyword, None)
    train = number(header, "EchoTrainLength")
    result.EchoTrainLength = int(train) if train is not None and 0 <= train <= _MOST_ECHOES else None
    if "IR" in text(header, "ScanningSequence"):
        result.InversionTime = None  # type 2C; a map has none of its own
    nuclei = text(header, "ImagedNucleus")
    if nuclei == "1H" and numbers(header, "ImagingFrequency"):
        result.ImagedNucleus = nuclei
    return result


def _stamp(header: Dataset) -> tuple[str, str]:
    """Date and time that stand for the image: acquisition, content, series or study, the first that is stated."""
    for kind in ("Acquisition", "Content", "Series", "Study"):
        day, clock = clean_date(text(header, f"{kind}Date")), clean_time(text(header, f"{kind}Time"))
        if day:
            return day, clock or _NO_TIME
    stamp = text(header, "AcquisitionDateTime")
    return clean_date(stamp[:8]) or _NO_DATE, clean_time(stamp[8:]) or _NO_TIME


def _required_uid(header: Dataset, keyword: str) -> str:
    found = clean_uid(text(header, keyword))
    if not found:
        raise GeometryError(f"the source images have no valid {keyword}; expected a UID; export the original images")
    return found


def _encode(dataset: Dataset) -> bytes:
    buffer = DicomBytesIO()
    buffer.is_little_endian = True
    buffer.is_implicit_VR = False
    write_dataset(buffer, dataset, parent_encoding=["utf8"])
    return bytes(buffer.getvalue())


def original_images(context: SourceContext) -> list[Dataset]:
    """Return the source images as evidence of the measurement report: no more than what a reference to them needs.

    Objects on the map's pixels do not name them: a viewer opens a segmentation on one of the series that it refers to,
    which need not be the first, and outlines on the map's pixels are outlines on no other image. The map series says
    what it was made from.

    Parameters
    ----------
    context : of the map

    Returns
    -------
    list of Dataset
        in the order of the map's slices and times
    """
    items = []
    for reference in context.references.values():
        item = Dataset()
        item.StudyInstanceUID = context.patient_study.StudyInstanceUID
        item.SeriesInstanceUID = reference.series_instance_uid
        item.SOPClassUID = reference.sop_class_uid
        item.SOPInstanceUID = reference.sop_instance_uid
        items.append(item)
    return items
