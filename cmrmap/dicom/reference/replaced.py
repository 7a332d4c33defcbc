"""Which contour objects a newer one stands in the place of: those that it names among the instances it refers to.

The Common Instance Reference module (PS3.3 C.12.2) lists what an object refers to. Contours that refer to others
were drawn with these at hand: on a slice that both draw, the newer counts.
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import RTStructureSetStorage, SegmentationStorage

from cmrmap.dicom.headers.admission import LABEL_MAP_STORAGE
from cmrmap.dicom.headers.values import text, value

_CONTOURS = (SegmentationStorage, LABEL_MAP_STORAGE, RTStructureSetStorage)


def replaced_objects(contours: Dataset | None) -> frozenset[str]:
    """Return the SOP instance UIDs of the contour objects that one refers to.

    Parameters
    ----------
    contours : a Segmentation or RT Structure Set; None: an object that could not be read
    """
    if contours is None:
        return frozenset()
    return frozenset(
        text(instance, "ReferencedSOPInstanceUID")
        for series in value(contours, "ReferencedSeriesSequence") or []
        for instance in value(series, "ReferencedInstanceSequence") or []
        if text(instance, "ReferencedSOPClassUID") in _CONTOURS
    )


def refer_to_replaced(contours: Dataset, replaced: dict[str, tuple[str, str]]) -> None:
    """Let an object say in whose place it stands.

    Parameters
    ----------
    contours : changed
    replaced : SOP instance UID to SOP class UID and series instance UID of each
    """
    for uid, (class_uid, series_uid) in sorted(replaced.items()):
        instance, series = Dataset(), Dataset()
        instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = class_uid, uid
        series.SeriesInstanceUID, series.ReferencedInstanceSequence = series_uid, [instance]
        contours.ReferencedSeriesSequence = [*contours.get("ReferencedSeriesSequence", []), series]
