"""What one object says of an image that it was made from (DICOM PS3.3 10.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydicom.dataset import Dataset


@dataclass(frozen=True, slots=True)
class ImageReference:
    """What another object needs to know to refer to an image."""

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str


def reference_items(references: Iterable[ImageReference]) -> list[Dataset]:
    """Return items of ReferencedSOPClassUID and ReferencedSOPInstanceUID (DICOM PS3.3 10.3).

    Parameters
    ----------
    references : in the order in which they are listed
    """
    items = []
    for reference in references:
        item = Dataset()
        item.ReferencedSOPClassUID = reference.sop_class_uid
        item.ReferencedSOPInstanceUID = reference.sop_instance_uid
        items.append(item)
    return items
