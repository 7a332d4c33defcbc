"""Images that are present but cannot be used, with the identifiers that messages may name."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.cleaning import clean_uid
from cmrmap.dicom.headers.values import number, text


@dataclass(frozen=True, slots=True)
class LostImage:
    """An image that is present but cannot be used.

    Attributes
    ----------
    file_name : relative to the input folder; may contain the patient's name
    reason : in words, with what was found
    series_instance_uid, sop_instance_uid, instance_number : "" if they cannot be read or are not valid
    """

    file_name: str
    reason: str
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    instance_number: str = ""


def lost_image(file_name: str, reason: str, header: Dataset) -> LostImage:
    """Return an image as lost, with the UIDs and the number of its header if they are valid.

    What a damaged file has in their place may be all that follows in it, the patient's name too.

    Parameters
    ----------
    file_name, reason : as of :class:`LostImage`
    header : what could be read of it
    """
    series, uid = (clean_uid(text(header, keyword)) for keyword in ("SeriesInstanceUID", "SOPInstanceUID"))
    counted = number(header, "InstanceNumber")
    whole = counted is not None and counted.is_integer() and 0 <= counted < 2**31
    return LostImage(file_name, reason, series, uid, f"{counted:.0f}" if whole else "")
