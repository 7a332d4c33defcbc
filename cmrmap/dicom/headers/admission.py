"""Whether what a folder holds is one study of one patient with MR images; if not, why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydicom.dataset import Dataset
from pydicom.uid import UID, ParametricMapStorage, RTStructureSetStorage, SegmentationStorage

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.provenance import NAME
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.patient import PatientIdentity, count_patients
from cmrmap.dicom.headers.values import by_fault_kind, text

LABEL_MAP_STORAGE = UID("1.2.840.10008.5.1.4.1.1.66.7")  # Label Map Segmentation Storage (PS3.4 B.5)
#: objects that hold contours of images
CONTOUR_CLASSES = (SegmentationStorage, LABEL_MAP_STORAGE, RTStructureSetStorage)


def admission_fault(
    n_files: int,
    headers: Sequence[Dataset],
    identities: Iterable[PatientIdentity],
    lost: Sequence[LostImage],
    others: Mapping[str, int],
    n_broken_links: int = 0,
) -> NoMappingSeriesError | RefusedError | None:
    """Return why what was read of a folder is no study to work on; None where it is one.

    Parameters
    ----------
    n_files : all files in the folder
    headers : of the MR images
    identities : of every DICOM object that holds no contours
    lost : DICOM files that cannot be used
    others : number of objects that are no MR images, by class
    n_broken_links : links in the folder that lead nowhere
    """
    n_dicom = len(headers) + len(lost) + sum(others.values())
    if n_files == 0:
        holds = f"holds {n_broken_links} links that lead nowhere" if n_broken_links else "is empty"
        return NoMappingSeriesError(f"the input folder {holds}; expected the DICOM files of one study")
    if n_dicom == 0:
        return NoMappingSeriesError(f"none of the {n_files} files in the input folder is DICOM; expected one study")
    patients = count_patients(identities)
    if patients > 1:
        return RefusedError(f"the input folder holds {patients} patients; expected one; give one study per folder")
    if not headers:
        found = ", ".join([*(f"{count} {name}" for name, count in sorted(others.items())), _told(lost)])
        return NoMappingSeriesError(
            f"none of the {n_dicom} DICOM files in the input folder is a readable MR image ({found}); "
            "expected T1 or T2 weighted series"
        )
    studies = {text(header, "StudyInstanceUID") for header in headers}
    if len(studies) > 1:
        return RefusedError(f"the input folder holds {len(studies)} studies; expected one; give one study per folder")
    return None


def _told(lost: Sequence[LostImage]) -> str:
    """Return the number of lost images, and the most frequent reason."""
    kinds = by_fault_kind((image.reason, image) for image in lost)
    return f"{len(lost)} lost" + (f": {max(kinds, key=lambda reason: len(kinds[reason]))}" if kinds else "")


def is_parametric_map(header: Dataset) -> bool:
    """Tell whether an object is a parametric map of MR; those that this software writes are no input.

    Parameters
    ----------
    header : of any DICOM object
    """
    is_map = text(header, "SOPClassUID") == ParametricMapStorage and text(header, "Modality") == "MR"
    return is_map and text(header, "ManufacturerModelName") != NAME


def class_name(sop_class: str) -> str:
    """Return what objects of a SOP class are called, e.g. "CT Image"; one that the standard does not know has no name.

    Parameters
    ----------
    sop_class : UID
    """
    name = UID(sop_class).name
    return "object of an unknown class" if name == sop_class else name.removesuffix(" Storage")
