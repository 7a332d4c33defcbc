"""What decoded pixels will take, before they are decoded: by the header, and by the first bytes of each codestream.

A decoder makes an image as large as the codestream says, whatever the DICOM header has; so does run-length decoding,
whose output no header limits. A codestream of other rows, columns or samples than the header's is not decoded.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from pydicom.dataset import Dataset
from pydicom.encaps import generate_fragments, generate_frames
from pydicom.uid import JPEG2000TransferSyntaxes, JPEGLSTransferSyntaxes, JPEGTransferSyntaxes, RLELossless

from cmrmap.dicom.headers.values import number, text, value

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_J2K_START, _J2K_SIZE = b"\xff\x4f\xff\x51", struct.Struct(">HHIIIIIIIIH")  # ISO/IEC 15444-1 A.5.1, after its marker
_JP2_START = b"\x00\x00\x00\x0cjP  "
_STARTS = (_J2K_START, _JP2_START, b"\xff\xd8\xff")
_MOST_TILES = 4096  # of an image; each takes memory whatever it holds
#: frame headers of JPEG and JPEG-LS (ISO/IEC 10918-1 B.1.1.3, 14495-1 C.1.1): all but tables, restarts and the like
_JPEG_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
_START_OF_SCAN = 0xDA
_MOST_PER_RUN = 65  # bytes that a byte of run-length code may become: 2 make 128
#: memory while a file is decoded, over its decoded pixels: the decoder's copies, and those by which bits are set apart
_COPIES = 5
_OFFSET_BYTES = 8  # of a frame in the extended offset table
_MOST_COUNTED = 1_000_000  # frames


@dataclass(frozen=True, slots=True)
class _Size:
    """Rows, columns and samples of a codestream, and the number of tiles that it is cut into."""

    rows: int
    columns: int
    samples: int
    tiles: int = field(default=1, compare=False)


def decoding_fault(dataset: Dataset, memory_bytes: int) -> str:
    """Say why pixels must not be decoded: they would take too much memory; "" where they may.

    A codestream that is not understood is left to its decoder, which tells it by the same bytes.

    Parameters
    ----------
    dataset : with its file meta information and its pixel data
    memory_bytes : that decoding may take
    """
    syntax = text(getattr(dataset, "file_meta", Dataset()), "TransferSyntaxUID")
    rows, columns, allocated = (number(dataset, name) or 0.0 for name in ("Rows", "Columns", "BitsAllocated"))
    samples, n_frames = (max(number(dataset, name) or 1.0, 1.0) for name in ("SamplesPerPixel", "NumberOfFrames"))
    encoded = next((found for name in PIXELS if isinstance(found := value(dataset, name), bytes)), b"")
    per_frame = _COPIES * rows * columns * samples * max(allocated, 8.0) / 8.0
    if syntax in (RLELossless, *JPEG2000TransferSyntaxes, *JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes):
        most = int(min(memory_bytes / max(per_frame, 1.0), _MOST_COUNTED)) + 1
        n_frames = max(n_frames, _n_found(dataset, encoded, most))
    needed = len(encoded) + per_frame * n_frames
    if syntax == RLELossless:
        needed += _MOST_PER_RUN * max(map(len, _frames(dataset, encoded)), default=0)
    if needed > memory_bytes:
        return (
            f"decoding its {n_frames:.4g} frames of {rows:.6g} x {columns:.6g} pixels takes {_megabytes(needed)}; "
            f"expected at most {_megabytes(memory_bytes)} (analysis.decoding.memory_mb); allow more if they are real"
        )
    declared = _Size(int(rows), int(columns), int(samples))
    if syntax in JPEG2000TransferSyntaxes:
        return _codestream_fault("JPEG 2000", _jpeg_2000_size, declared, _frames(dataset, encoded))
    if syntax in (*JPEGTransferSyntaxes, *JPEGLSTransferSyntaxes):
        return _codestream_fault("JPEG", _jpeg_size, declared, _frames(dataset, encoded))
    return ""


def _megabytes(size: float) -> str:
    if math.isinf(size):
        return "more memory than there is"
    return f"{size / 1e6:.0f} MB" if size < 1e12 else f"{size / 1e6:.3g} MB"


def _codestream_fault(
    name: str, read: Callable[[bytes], _Size | None], declared: _Size, streams: Iterable[bytes]
) -> str:
    for stream in streams:
        try:
            found = read(stream)
        except (struct.error, IndexError, ValueError):
            continue
        if found is not None and found != declared:
            return (
                f"its {name} codestream has {_told(found)}; expected {_told(declared)}, as its header states; "
                "export it again"
            )
        if found is not None and found.tiles > _MOST_TILES:
            return f"its {name} codestream has {found.tiles} tiles; expected at most {_MOST_TILES}; export it again"
    return ""


def _told(size: _Size) -> str:
    samples = "" if size.samples == 1 else f" of {size.samples} samples"
    return f"{size.rows} x {size.columns} pixels{samples}"


def _frames(dataset: Dataset, encoded: bytes) -> Iterator[bytes]:
    """Yield each frame's codestream; what is broken ends it, and is found again when it is decoded."""
    offsets, lengths = (value(dataset, name) for name in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"))
    try:
        yield from generate_frames(
            encoded,
            number_of_frames=int(number(dataset, "NumberOfFrames") or 1),
            extended_offsets=(offsets, lengths) if offsets and lengths else None,
        )
    except Exception:  # a foreign file raises whatever its parser raises
        return


def _n_found(dataset: Dataset, encoded: bytes, most: int) -> int:
    """Return how many frames there may be, whatever NumberOfFrames says: each may be cut into any number of fragments.

    Counted are the offsets, what a decoder finds (up to ``most``), and the fragments that begin a codestream.
    """
    offsets = value(dataset, "ExtendedOffsetTable")
    listed = len(offsets) // _OFFSET_BYTES if isinstance(offsets, bytes) else 0
    begun = sum(fragment.startswith(_STARTS) for fragment in _fragments(encoded))
    return max(listed, begun, sum(1 for _ in islice(_frames(dataset, encoded), most)))


def _fragments(encoded: bytes) -> Iterator[bytes]:
    try:
        yield from generate_fragments(encoded)
    except Exception:  # as above
        return


def _jpeg_2000_size(stream: bytes) -> _Size | None:
    """Return the size of a JPEG 2000 codestream, alone or in the JP2 file that some archives store."""
    start = _codestream_of_jp2(stream) if stream.startswith(_JP2_START) else 0
    if stream[start : start + 4] != _J2K_START:
        return None
    _, _, right, bottom, left, top, wide, high, tile_left, tile_top, samples = _J2K_SIZE.unpack_from(stream, start + 4)
    tiles = -(-(right - tile_left) // max(wide, 1)) * -(-(bottom - tile_top) // max(high, 1))
    return _Size(bottom - top, right - left, samples, tiles)


def _codestream_of_jp2(stream: bytes) -> int:
    """Return where the codestream begins in a JP2 file (ISO/IEC 15444-1 I.4): in its first box of that name."""
    place = 0
    while True:
        length, name = struct.unpack_from(">I4s", stream, place)
        header = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", stream, place + 8)
            header = 16
        if name == b"jp2c":
            return place + header
        if length < header:
            raise ValueError("a box without an end")
        place += length


def _jpeg_size(stream: bytes) -> _Size | None:
    """Return the size in the frame header of a JPEG or JPEG-LS codestream."""
    if stream[:2] != b"\xff\xd8":
        return None
    place = 2
    while True:
        if stream[place] != 0xFF:
            return None
        marker = stream[place + 1]
        if marker == 0xFF:  # a fill byte
            place += 1
            continue
        if marker in _JPEG_FRAMES:
            rows, columns, samples = struct.unpack_from(">HHB", stream, place + 5)
            return _Size(rows, columns, samples)
        if marker == _START_OF_SCAN:
            return None
        place += 2 if marker in _JPEG_ALONE else 2 + struct.unpack_from(">H", stream, place + 2)[0]
