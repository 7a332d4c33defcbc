"""The objects below a folder that hold contours: Segmentations and RT Structure Sets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.admission import CONTOUR_CLASSES, class_name
from cmrmap.dicom.headers.bounded import TooLargeError, open_bounded, read_bounded, read_meta
from cmrmap.dicom.headers.cleaning import clean_uid
from cmrmap.dicom.headers.folder import list_files
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import text

#: the last of them follow the patient's attributes: a header that is cut before them says nothing of the patient
_ALWAYS_THERE = ("SOPClassUID", "StudyInstanceUID", "SeriesInstanceUID")
_DAMAGED = "the file is damaged and cannot be read; send it again"


@dataclass(frozen=True, slots=True)
class ContourFile:
    """A file that holds contours.

    Attributes
    ----------
    sop_instance_uid : "" where it cannot be read, or is none: messages name the object by it
    contours : the object; None where the file is damaged, or too large
    fault : why there is no object; "" where there is one
    """

    sop_instance_uid: str
    contours: Dataset | None
    fault: str = ""


def may_hold_contours(study: SourceStudy) -> bool:
    """Tell whether what was read of a folder may hold contours: an object of their classes, or one that is lost.

    Parameters
    ----------
    study : as read
    """
    return any(class_name(one) in study.others for one in CONTOUR_CLASSES) or bool(study.lost)


def contour_files(folder: Path, memory_bytes: int | None = None) -> Iterator[ContourFile]:
    """Yield the segmentations and structure sets below a folder, in the order of their paths.

    Parameters
    ----------
    folder : searched with all its subfolders, links followed
    memory_bytes : that reading each may take; None: as :func:`cmrmap.core.memory.image_memory_bytes`
    """
    for path in list_files(folder).files:
        told = _told_by_head(path, memory_bytes)
        if told is None:
            continue
        try:
            with open_bounded(path, memory_bytes) as stream:
                contours = read_bounded(stream, force=False)
        except TooLargeError as error:
            yield ContourFile(clean_uid(told), None, str(error))
            continue
        except Exception:  # a broken file raises whatever the parser stumbles over
            yield ContourFile(clean_uid(told), None, _DAMAGED)
            continue
        whole = all(text(contours, keyword) for keyword in _ALWAYS_THERE)
        uid = clean_uid(text(contours, "SOPInstanceUID") or told)
        yield ContourFile(uid, contours) if whole else ContourFile(uid, None, _DAMAGED)


def _told_by_head(path: Path, memory_bytes: int | None) -> str | None:
    """Return the SOP instance UID of a file with contours, "" where it does not say; None for any other file."""
    try:
        with open_bounded(path, memory_bytes) as stream:
            head = read_bounded(stream, force=False, stop_before_pixels=True, only=["SOPClassUID", "SOPInstanceUID"])
        if "SOPClassUID" in head:
            return text(head, "SOPInstanceUID") if head.SOPClassUID in CONTOUR_CLASSES else None
    except Exception:  # no DICOM, or a damaged file, whose first bytes may still say what it was
        pass
    try:
        with open_bounded(path, memory_bytes) as stream:
            meta = read_meta(stream)
    except Exception:
        return None
    is_one = text(meta, "MediaStorageSOPClassUID") in CONTOUR_CLASSES
    return text(meta, "MediaStorageSOPInstanceUID") if is_one else None
