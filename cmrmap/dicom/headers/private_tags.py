"""Vendors' private attributes, found by their creator wherever its block lies (DICOM PS3.5 7.8.1)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

_FIRST_BLOCK, _LAST_BLOCK = 0x10, 0xFF
_FORMATS = {"FL": "<f", "FD": "<d", "SS": "<h", "US": "<H", "SL": "<i", "UL": "<I"}


@dataclass(frozen=True, slots=True)
class PrivateTag:
    """One private attribute.

    Attributes
    ----------
    group, offset : (group, block + offset) is its tag, once the creator's block is known
    creator : as the vendor writes it
    vr : value representation, for files that do not state it (implicit VR, or UN after an archive has touched it)
    """

    group: int
    offset: int
    creator: str
    vr: str


SIEMENS_SERIES_HEADER = PrivateTag(0x0029, 0x20, "SIEMENS CSA HEADER", "OB")
SIEMENS_XA_INVERSION_TIME = PrivateTag(0x0021, 0x89, "SIEMENS MR SDI 02", "FD")
PHILIPS_INVERSION_DELAY = PrivateTag(0x2005, 0x72, "Philips MR Imaging DD 006", "FL")
#: the scale of the signal itself, beside that of its display: "precise value" FP = DV / (RescaleSlope * scale slope)
#: (Chenevert et al., Transl Oncol 2014;7:65-71)
PHILIPS_SCALE_SLOPE = PrivateTag(0x2005, 0x0E, "Philips MR Imaging DD 001", "FL")
GE_IMAGE_PART = PrivateTag(0x0043, 0x2F, "GEMS_PARM_01", "SS")


def private_value(frame: Dataset, wanted: PrivateTag) -> Any:
    """Return the value, or None where there is none.

    It is looked for in the header itself, then in the private sequences of the same group, where enhanced images
    keep what classic ones have in the header.

    Parameters
    ----------
    frame : a classic header, or one of :func:`cmrmap.dicom.headers.frames.frames_of`
    wanted : which attribute
    """
    for place in _places(frame, wanted.group):
        for tag in _tags_of(place, wanted.group):
            block = tag & 0xFFFF
            if not _FIRST_BLOCK <= block <= _LAST_BLOCK or _creator(place, tag) != wanted.creator:
                continue
            found = _element_value(place, (wanted.group << 16) | (block << 8) | wanted.offset)
            if found is not None:
                return found
    return None


def private_number(frame: Dataset, wanted: PrivateTag) -> float | None:
    """Return the value as one finite number, decoded from its bytes where the file does not tell its type.

    Parameters
    ----------
    frame, wanted : as for :func:`private_value`

    Returns
    -------
    float or None
        None where there is none, or where it is not one finite number
    """
    found = private_value(frame, wanted)
    if isinstance(found, bytes):
        code = _FORMATS.get(wanted.vr, "")
        found = struct.unpack(code, found)[0] if code and len(found) == struct.calcsize(code) else None
    if found is None:
        return None
    try:
        number = float(found)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _creator(place: Dataset, tag: int) -> str:
    found = _element_value(place, tag)
    return (found.decode("latin-1") if isinstance(found, bytes) else str(found)).strip(" \0")


def _places(frame: Dataset, group: int) -> Iterator[Dataset]:
    yield frame
    for tag in _tags_of(frame, group):
        if tag & 0xFFFF > _LAST_BLOCK and _is_sequence(frame, tag):
            yield from frame[tag].value


def _tags_of(place: Dataset, group: int) -> list[int]:
    return [tag for tag in place.keys() if tag >> 16 == group]  # noqa: SIM118  (a Dataset's own iterator converts)


def _is_sequence(frame: Dataset, tag: int) -> bool:
    try:
        return bool(frame[tag].VR == "SQ")
    except Exception:  # a malformed element of a foreign file raises whatever its converter raises
        return False


def _element_value(place: Dataset, tag: int) -> Any:
    try:
        return place[tag].value if tag in place else None
    except Exception:  # as above
        return None
