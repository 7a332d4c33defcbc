"""Is a file DICOM, and is all of its pixel data there? Answered from a few bytes, without decoding."""

from __future__ import annotations

import math
import os
from typing import BinaryIO

from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from cmrmap.dicom.headers.values import number

_PIXEL_TAGS_LITTLE = (b"\xe0\x7f\x10\x00", b"\xe0\x7f\x08\x00", b"\xe0\x7f\x09\x00")
_PIXEL_TAGS_BIG = (b"\x7f\xe0\x00\x10", b"\x7f\xe0\x00\x08", b"\x7f\xe0\x00\x09")
_LONG_VRS = (b"OB", b"OW", b"OF", b"OD", b"UN")
_UNDEFINED_LENGTH = 0xFFFFFFFF
_MOST_BYTES = 1 << 63  # that any file has


def has_preamble(stream: BinaryIO) -> bool:
    """Tell whether the file begins with the 128-byte preamble and "DICM" (DICOM PS3.10 7.1).

    Parameters
    ----------
    stream : of the open file; left at its beginning
    """
    stream.seek(128)
    found = stream.read(4) == b"DICM"
    stream.seek(0)
    return found


def looks_like_bare_dataset(stream: BinaryIO) -> bool:
    """Tell whether the file begins like a little-endian data set without preamble: group 0002 or 0008.

    Parameters
    ----------
    stream : of the open file, at its beginning; left there
    """
    head = stream.read(8)
    stream.seek(0)
    if len(head) < 8 or head[:2] not in (b"\x02\x00", b"\x08\x00") or head[3] != 0:
        return False
    explicit = head[4:6].isalpha() and head[4:6].isupper()
    return explicit or int.from_bytes(head[4:8], "little") < 1024


def pixel_data_fault(stream: BinaryIO, header: Dataset) -> str | None:
    """Return what is wrong with the pixel data that should follow, or None where nothing is.

    Parameters
    ----------
    stream : the open file, positioned where ``dcmread(..., stop_before_pixels=True)`` left it
    header : what was read

    Notes
    -----
    Compressed data of undefined length is only checked for being there; a cut is found when it is decoded. A
    deflated data set cannot be checked here at all.
    """
    transfer_syntax = getattr(header, "file_meta", Dataset()).get("TransferSyntaxUID")
    if transfer_syntax == DeflatedExplicitVRLittleEndian:
        return None
    head = stream.read(12)
    little = head[:4] in _PIXEL_TAGS_LITTLE
    if not little and head[:4] not in _PIXEL_TAGS_BIG:
        return "the file ends before the pixel data"
    order = "little" if little else "big"
    if head[4:6] in _LONG_VRS:
        length = int.from_bytes(head[8:12], order)  # type: ignore[arg-type]
        start = stream.tell()
    else:
        length = int.from_bytes(head[4:8], order)  # type: ignore[arg-type]
        start = stream.tell() - 4
    if length == _UNDEFINED_LENGTH:
        return None
    present = os.fstat(stream.fileno()).st_size - start
    if present < length:
        return f"the file is cut: {max(present, 0)} of {length} bytes of pixel data are there"
    expected = _expected_length(header)
    if expected is not None and length < expected:
        return f"the pixel data holds {length} bytes; expected {expected}"
    return None


def _expected_length(header: Dataset) -> int | None:
    sizes = [number(header, name) for name in ("Rows", "Columns", "BitsAllocated")]
    if any(size is None for size in sizes):
        return None
    sizes += [number(header, name) or 1.0 for name in ("SamplesPerPixel", "NumberOfFrames")]
    bits = math.prod(int(size or 0.0) for size in sizes)  # whole numbers: none is too large for them
    return min(bits // 8, _MOST_BYTES)
