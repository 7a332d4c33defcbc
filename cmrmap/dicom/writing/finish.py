"""The last step of every writer: what would differ from run to run is set from the source, then the bytes are made."""

from __future__ import annotations

from io import BytesIO

from highdicom import ContentQualificationValues, ContributingEquipment
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

from cmrmap.core.errors import InputError
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.dicom.writing.codes import ACQUISITION_EQUIPMENT
from cmrmap.dicom.writing.source_context import SourceContext
from cmrmap.dicom.writing.uids import derived_uid

_LONGEST_VERSION_NAME = 16


def finish(dataset: Dataset, context: SourceContext, provenance: SoftwareProvenance) -> Dataset:
    """Set in place what must be the same in every run, and return the dataset.

    Instance creation and contribution times are those of the source; the dimension organisation's UID follows from
    the object's own. The scanner is named as contributing equipment without its serial number and institution.

    Parameters
    ----------
    dataset : one object, complete but for what follows; it is changed
    context : of the map that it belongs to
    provenance : version, weights and settings

    Returns
    -------
    Dataset
        the same, with its file meta information (Explicit VR Little Endian)
    """
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ContentQualification = ContentQualificationValues.RESEARCH.value  # SOP Common (DICOM PS3.3 C.12.1)
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = context.content_date, context.content_time
    _set_equipment(dataset, context)
    if "DimensionOrganizationSequence" in dataset:
        uid = derived_uid(dataset.SOPInstanceUID, "dimension organization")
        for item in (*dataset.DimensionOrganizationSequence, *dataset.DimensionIndexSequence):
            item.DimensionOrganizationUID = uid
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(dataset.SOPClassUID)
    meta.MediaStorageSOPInstanceUID = UID(dataset.SOPInstanceUID)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(derived_uid("CMRmap", "implementation"))
    meta.ImplementationVersionName = f"CMRMAP_{provenance.software_version}"[:_LONGEST_VERSION_NAME]
    dataset.file_meta = meta
    return dataset


def _set_equipment(dataset: Dataset, context: SourceContext) -> None:
    """Name the scanner.

    highdicom's own choice would be the maker of the map images, which are the objects' first sources: ourselves.
    """
    kept = []
    for item in dataset.get("ContributingEquipmentSequence", []):
        if item.PurposeOfReferenceCodeSequence[0].CodeValue != ACQUISITION_EQUIPMENT.value:
            item.ContributionDateTime = context.content_date + context.content_time
            kept.append(item)
    if context.manufacturer:
        scanner = ContributingEquipment(
            context.manufacturer,
            ACQUISITION_EQUIPMENT,
            manufacturer_model_name=context.manufacturer_model_name or None,
        )
        kept.insert(0, scanner)
    if kept:
        dataset.ContributingEquipmentSequence = kept
    elif "ContributingEquipmentSequence" in dataset:
        del dataset.ContributingEquipmentSequence


def to_bytes(dataset: Dataset) -> bytes:
    """Return the dataset as the bytes of a DICOM file (PS3.10).

    Parameters
    ----------
    dataset : from :func:`finish`

    Raises
    ------
    InputError
        the object cannot be encoded
    """
    _mark_items(dataset)
    buffer = BytesIO()
    try:
        dataset.save_as(buffer, enforce_file_format=True)
    except (TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"a DICOM object cannot be encoded ({type(error).__name__}); check the source images"
        ) from error
    return buffer.getvalue()


def _mark_items(dataset: Dataset) -> None:
    """Tell pydicom that the items of sequences are encoded as they will be written.

    It settles ambiguous value representations in a whole data set, and then once more in every item that is not marked
    so, with all that lies below: in a report of six levels most of the time of writing.
    """
    for element in dataset.values():
        if isinstance(element.value, Sequence):
            for item in element.value:
                item.set_original_encoding(False, True, item._character_set)
                _mark_items(item)
