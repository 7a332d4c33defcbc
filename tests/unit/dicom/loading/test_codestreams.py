"""The size of a codestream is read where each standard has it, and what is not understood is left to its decoder."""

from __future__ import annotations

import struct

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    JPEGBaseline8Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from cmrmap.dicom.loading.codestreams import decoding_fault

MB = 1_000_000


def _image(syntax: UID, *frames: bytes, rows: int = 256, columns: int = 192, **changes: object) -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = syntax
    image.Rows, image.Columns, image.BitsAllocated, image.SamplesPerPixel = rows, columns, 16, 1
    image.NumberOfFrames = len(frames)
    image.PixelData = encapsulate(list(frames))
    for keyword, given in changes.items():
        setattr(image, keyword, given)
    return image


def _j2k(rows: int, columns: int, *, left: int = 0, tile: int = 1024, samples: int = 1) -> bytes:
    size = struct.pack(">HHIIIIIIIIH", 41, 0, left + columns, rows, left, 0, tile, tile, 0, 0, samples)
    return b"\xff\x4f\xff\x51" + size + b"\x0f\x01\x01"


def _jpeg(rows: int, columns: int, marker: int = 0xC3, samples: int = 1) -> bytes:
    comment = b"\xff\xfe" + struct.pack(">H", 2 + 8) + b"\xff\xc3\x00\x0b\x08\x10\x10\x10"  # no frame header
    frame = b"\xff" + bytes([marker]) + struct.pack(">HBHHB", 11, 16, rows, columns, samples) + b"\x01\x11\x00"
    return b"\xff\xd8" + comment + b"\xff\xff" + frame[1:] + b"\xff\xda\x00\x02"


def _jp2(stream: bytes, *, wide: bool) -> bytes:
    if wide:
        box = struct.pack(">I4sQ", 1, b"jp2c", 16 + len(stream)) + stream
    else:
        box = struct.pack(">I4s", 0, b"jp2c") + stream
    return b"\x00\x00\x00\x0cjP  \r\n\x87\n" + struct.pack(">I4s", 20, b"ftyp") + b"jp2 \0\0\0\0jp2 " + box


@pytest.mark.parametrize(
    ("syntax", "stream"),
    [
        (JPEG2000, _j2k(256, 192)),
        (HTJ2KLossless, _j2k(256, 192, left=8)),
        (JPEG2000, _jp2(_j2k(256, 192), wide=False)),
        (JPEG2000, _jp2(_j2k(256, 192), wide=True)),
        (JPEGBaseline8Bit, _jpeg(256, 192, 0xC0)),
        (JPEGLosslessSV1, _jpeg(256, 192)),
        (JPEGLSLossless, _jpeg(256, 192, 0xF7)),
    ],
)
def test_only_a_codestream_of_the_declared_size_is_decoded(syntax: UID, stream: bytes) -> None:
    assert decoding_fault(_image(syntax, stream), 10 * MB) == ""
    assert decoding_fault(_image(syntax, stream, stream), 10 * MB) == ""
    told = decoding_fault(_image(syntax, stream, rows=192, columns=256), 10 * MB)
    assert "codestream has 256 x 192 pixels; expected 192 x 256 pixels, as its header states" in told
    assert decoding_fault(_image(syntax, stream[: len(stream) // 2]), 10 * MB) == ""  # its decoder will say so


def test_every_frame_counts() -> None:
    frames = [_j2k(256, 192)] * 3 + [_j2k(256, 193)]
    assert "256 x 193" in decoding_fault(_image(JPEG2000, *frames), 10 * MB)


def test_samples_and_tiles_take_memory_too() -> None:
    assert "256 x 192 pixels of 16000 samples" in decoding_fault(_image(JPEG2000, _j2k(256, 192, samples=16000)), MB)
    assert "49152 tiles; expected at most 4096" in decoding_fault(_image(JPEG2000, _j2k(256, 192, tile=1)), MB)
    assert "49152 tiles" in decoding_fault(_image(JPEG2000, _j2k(256, 192, tile=0)), MB)


@pytest.mark.parametrize("stream", [b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xc3\x00", b"\xff\xd8no marker", b"\x00" * 64])
@pytest.mark.parametrize("syntax", [JPEG2000, JPEGLosslessSV1, RLELossless])
def test_what_is_not_understood_is_left_to_its_decoder(syntax: UID, stream: bytes) -> None:
    assert decoding_fault(_image(syntax, stream + b"\0" * (len(stream) % 2)), 10 * MB) == ""


def test_a_box_without_an_end_ends_the_search() -> None:
    start = _jp2(b"", wide=False)[:12]
    assert decoding_fault(_image(JPEG2000, start + struct.pack(">I4s", 0, b"free")), MB) == ""
    assert decoding_fault(_image(JPEG2000, start + struct.pack(">I4s", 7, b"free")), MB) == ""


@pytest.mark.parametrize("size", [65535.0, 1e30, 1e308])
def test_whatever_the_header_declares_is_counted(size: float) -> None:
    image = _image(RLELossless, bytes(64))
    image.add_new("Rows", "FD", size)
    image.add_new("Columns", "FD", size)
    told = decoding_fault(image, 100 * MB)
    assert told.startswith("decoding its 1 frames of")
    assert len(told) < 250


def test_run_lengths_may_become_65_times_as_much() -> None:
    code = bytes(64) + b"\x81\x00" * 100_000  # 25 MB once decoded
    assert "takes" in decoding_fault(_image(RLELossless, code), 10 * MB)
    assert decoding_fault(_image(RLELossless, code), 20 * MB) == ""


@pytest.mark.parametrize("has_table", [True, False])
@pytest.mark.parametrize(("n_frames", "n_fragments"), [(1, 200), (300, 4)])
def test_fragments_are_no_frames(n_frames: int, n_fragments: int, has_table: bool) -> None:
    """Some archives cut what they compress into small pieces: an ordinary image must not count for hundreds."""
    stream = _jpeg(256, 192) + bytes(1000) + b"\xff\xd9"
    image = _image(JPEGLosslessSV1, *[stream] * n_frames)
    image.PixelData = encapsulate([stream] * n_frames, fragments_per_frame=n_fragments, has_bot=has_table)
    needed = n_frames * 256 * 192 * 2 * 5 + len(image.PixelData)
    assert decoding_fault(image, needed + 1) == ""
    image.NumberOfFrames = 1
    assert f"decoding its {n_frames} frames" in decoding_fault(image, needed // 2)


def test_offsets_may_name_one_frame_many_times() -> None:
    image = _image(JPEG2000, _j2k(256, 192))
    image.ExtendedOffsetTable, image.ExtendedOffsetTableLengths = bytes(8 * 1000), struct.pack("<Q", 64) * 1000
    assert "decoding its 1000 frames" in decoding_fault(image, 100 * MB)


def test_pixels_that_are_not_compressed_are_counted_by_what_is_there() -> None:
    image = _image(ExplicitVRLittleEndian, rows=64, columns=64)
    image.NumberOfFrames = 1
    image.PixelData = bytes(2 * MB)
    assert decoding_fault(image, 3 * MB) == ""
    assert "takes 2 MB; expected at most 1 MB" in decoding_fault(image, MB)
