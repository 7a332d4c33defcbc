"""Who drew a segmentation: a reader, or software whose output nobody edited.

Viewers keep a segment's algorithm type when they save an edited segmentation, so "AUTOMATIC" does not tell. 3D Slicer
keeps label, codes, type and name of the algorithm; OHIF keeps label, type and name of the algorithm and replaces the
codes. Neither keeps the sequence that identifies the algorithm, in which this software writes a digest of the pixels.
"""

from __future__ import annotations

import re
from enum import Enum

from pydicom.dataset import Dataset

from cmrmap.core.provenance import NAME
from cmrmap.dicom.headers.values import text, value
from cmrmap.dicom.loading.stored_pixels import decoded
from cmrmap.dicom.writing.pixel_digest import PIXELS_KEY, pixel_digest

_STATED = re.compile(rf"{PIXELS_KEY}=([0-9a-f]{{64}})")


class ContourOrigin(Enum):
    """Who drew a segmentation."""

    READER = "reader"
    UNEDITED = "it is unedited output of this software"
    OTHER_SOFTWARE = (
        "all its segments are labelled AUTOMATIC: it is another software's output; save it as MANUAL or SEMIAUTOMATIC "
        "once a reader has checked it"
    )


def contour_origin(segmentation: Dataset, memory_bytes: int) -> ContourOrigin:
    """Return who drew a segmentation.

    Parameters
    ----------
    segmentation : the whole object
    memory_bytes : that decoding its pixels may take

    Raises
    ------
    LostPixelsError
        its pixels are damaged, or take more memory than they may
    """
    segments = value(segmentation, "SegmentSequence") or []
    identified = [(value(item, "SegmentationAlgorithmIdentificationSequence") or [None])[0] for item in segments]
    parameters = [text(one, "AlgorithmParameters") for one in identified if one]
    stated = {found.group(1) for one in parameters if (found := _STATED.search(one))}
    if stated:
        decoded(segmentation, memory_bytes)  # it keeps them; decoded unasked they may be of any size
        return ContourOrigin.UNEDITED if stated == {pixel_digest(segmentation)} else ContourOrigin.READER
    if any(text(item, "SegmentAlgorithmType") != "AUTOMATIC" for item in segments):
        return ContourOrigin.READER
    # an output without the digest is of an earlier version; saved anew by a viewer, it has other equipment
    if text(segmentation, "Manufacturer") == text(segmentation, "ManufacturerModelName") == NAME and all(identified):
        return ContourOrigin.UNEDITED
    if all(text(item, "SegmentAlgorithmName").startswith(NAME) for item in segments):
        return ContourOrigin.READER
    return ContourOrigin.OTHER_SOFTWARE
