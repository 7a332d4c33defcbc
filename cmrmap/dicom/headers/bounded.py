"""Read a DICOM file within a memory limit: what would take more is told before it is read, whatever its lengths say.

A few bytes of a file can become gigabytes of memory: a deflated data set, a private attribute of half a gigabyte, a
sequence of a million empty items. So every byte that the parser asks for passes one counter.
"""

from __future__ import annotations

import io
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag, Tag
from pydicom.uid import DeflatedExplicitVRLittleEndian

from cmrmap.core.memory import image_memory_bytes
from cmrmap.dicom.headers.values import text

#: bytes of memory that an element, and an item of a sequence, take beside their value: measured in CPython 3.11
_PER_READ, _PER_ITEM = 160, 2000
#: memory of a sequence over its length in the file, once it is parsed
_PARSED = 16
#: copies of a data set that is inflated: the bytes, and the values of its elements
_INFLATED = 2
_ITEMS = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")  # the tag (FFFE,E000), little and big endian
_DEFER_BYTES = 65536  # vendors' private blocks of this size and more are not kept in memory
_LARGEST_BLOCK = 4 << 20  # one of this size is never looked at
_CHUNK = 1 << 20
_PREAMBLE_BYTES = 132


class TooLargeError(ValueError):
    """Reading a file would take more memory than it may; the message is the reason."""


class BoundedReader(io.BufferedReader):
    """A file that counts the memory which what is read of it takes.

    Parameters
    ----------
    raw : the file
    most_bytes : of memory; what would take more raises `TooLargeError`
    """

    def __init__(self, raw: io.RawIOBase, most_bytes: int) -> None:
        super().__init__(raw)
        self.most_bytes = most_bytes
        self.taken = 0

    def read(self, size: int | None = -1) -> bytes:
        """Read as a file does."""
        if size is None or size < 0 or size > _DEFER_BYTES:  # a length that a header states may be any
            here = self.tell()
            left = self.seek(0, os.SEEK_END) - here
            self.seek(here)
            self._take(left if size is None or size < 0 else min(size, left), counted=False)
        found = super().read(size)
        self._take(len(found) + _PER_READ + _PER_ITEM * _count_items(found))
        return found

    def _take(self, amount: int, *, counted: bool = True) -> None:
        if self.taken + amount > self.most_bytes:
            raise TooLargeError(
                f"reading it takes more than the {self.most_bytes / 1e6:.0f} MB of memory that are left for it ("
                "analysis.decoding.memory_mb); export it without what a mapping image does not need, or allow more"
            )
        if counted:
            self.taken += amount


def open_bounded(path: str | Path, memory_bytes: int | None = None) -> BoundedReader:
    """Open a file for :func:`read_bounded`.

    Parameters
    ----------
    path : of the file
    memory_bytes : that reading it may take; None: as :func:`cmrmap.core.memory.image_memory_bytes`
    """
    most = image_memory_bytes() if memory_bytes is None else memory_bytes
    return BoundedReader(io.FileIO(str(path)), most)


def read_bounded(
    stream: BoundedReader, *, force: bool, stop_before_pixels: bool = False, only: Sequence[str] | None = None
) -> FileDataset:
    """Return a file's data set, as ``dcmread`` does.

    Parameters
    ----------
    stream : at its beginning
    force : whether a file without the preamble is read, too
    stop_before_pixels : whether the pixels stay unread
    only : keywords of the elements that are read; None: all. Large private blocks are left in the file, and those of
        which no part is ever used are left out

    Raises
    ------
    TooLargeError
        it would take more memory than the stream may
    """
    deflated = _inflated(stream)
    if deflated is not None:
        meta, body = deflated
        # of what was inflated nothing can be read later
        stop = _pixels if stop_before_pixels else None
        found = read_dataset(body, False, True, stop_when=stop, specific_tags=_tags(only))
        stream.taken += body.taken
        return FileDataset(str(stream.name), found, None, meta, False, True)
    header = pydicom.dcmread(
        stream,
        stop_before_pixels=stop_before_pixels,
        force=force,
        defer_size=_DEFER_BYTES if stop_before_pixels else None,
        specific_tags=None if only is None else list(only),
    )
    if stop_before_pixels and os.fstat(stream.fileno()).st_size > _DEFER_BYTES:
        _settle_deferred(stream, header)
    return header


def read_meta(stream: BoundedReader) -> Dataset:
    """Return the file meta information (PS3.10 7.1); empty where there is none.

    Parameters
    ----------
    stream : left behind it

    Raises
    ------
    TooLargeError
        it would take more memory than the stream may
    """
    stream.seek(128)
    start = _PREAMBLE_BYTES if stream.read(4) == b"DICM" else 0
    stream.seek(start)
    try:
        return read_dataset(stream, False, True, stop_when=_no_meta)
    except (EOFError, NotImplementedError):
        return Dataset()


def _inflated(stream: BoundedReader) -> tuple[FileMetaDataset, BoundedReader] | None:
    """Return the meta information and the inflated data set of a deflated file; None for any other."""
    meta = read_meta(stream)
    syntax = text(meta, "TransferSyntaxUID")
    if syntax != DeflatedExplicitVRLittleEndian:
        stream.seek(0)
        return None
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    body = bytearray()
    most = (stream.most_bytes - stream.taken) // _INFLATED
    while not engine.eof:
        piece = engine.unconsumed_tail or stream.read(_DEFER_BYTES)
        if not piece:
            raise zlib.error("the deflated data set ends too early")
        body += engine.decompress(piece, _CHUNK)
        if len(body) > most:
            raise TooLargeError(
                f"its deflated data set is larger than {most / 1e6:.0f} MB once inflated, which the limit of memory "
                "allows (analysis.decoding.memory_mb); export it in another transfer syntax, or give more memory"
            )
    stream.taken += len(body)
    reader = BoundedReader(io.BytesIO(body), stream.most_bytes - stream.taken)  # type: ignore[arg-type]
    return FileMetaDataset(meta), reader


def _settle_deferred(stream: BoundedReader, header: FileDataset) -> None:
    """Count what a later look at a sequence will take, and leave large blocks out of the header altogether."""
    end = stream.tell()
    for tag in list(header.keys()):
        element = header.get_item(tag, keep_deferred=True)
        if not isinstance(element, RawDataElement) or element.value is not None or not element.length:
            continue
        stream.seek(element.value_tell)
        if element.VR == "SQ" or (element.VR in (None, "UN") and stream.read(4) in _ITEMS):
            stream.seek(element.value_tell)
            stream.most_bytes -= _PARSED * element.length  # before it is looked through
            try:
                _count_through(stream, element.length)
            finally:
                stream.most_bytes += _PARSED * element.length
            stream.taken += _PARSED * element.length
        elif element.length > _LARGEST_BLOCK:
            del header[tag]
    stream.seek(end)


def _count_through(stream: BoundedReader, length: int) -> None:
    while length > 0:
        piece = io.BufferedReader.read(stream, min(length, _CHUNK))  # not counted: nothing of it is kept
        if not piece:
            return
        length -= len(piece)
        stream._take(_PER_ITEM * _count_items(piece))


def _count_items(content: bytes) -> int:
    return sum(content.count(mark) for mark in _ITEMS)


def _tags(keywords: Sequence[str] | None) -> list[BaseTag | int] | None:
    return None if keywords is None else [Tag(keyword) for keyword in keywords]


def _no_meta(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag.group != 2


def _pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag in (0x7FE00010, 0x7FE00008, 0x7FE00009)
