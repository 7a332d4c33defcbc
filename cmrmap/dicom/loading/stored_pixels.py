"""Decode one file to the stored values of its frames, after a check that it is still the file that was selected.

Which bits of a sample hold the value is told by BitsStored and HighBit (DICOM PS3.5 8.1.1); what lies in the other bits
(overlays of old equipment, padding) is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, ParametricMapStorage

from cmrmap.core.memory import image_memory_bytes
from cmrmap.dicom.headers.bounded import TooLargeError, open_bounded, read_bounded
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.loading.codestreams import PIXELS, decoding_fault
from cmrmap.dicom.loading.lossy import lossy_compression
from cmrmap.dicom.selection.image_rules import inverted_polarity

#: whole numbers of the width in which they are stored
WholeValues: TypeAlias = npt.NDArray[np.integer[Any]]
#: the same, or the floating-point numbers of a parametric map
StoredValues: TypeAlias = WholeValues | npt.NDArray[np.floating[Any]]
#: what a file must share with the header by which it was selected: its pixels are understood by these
_BINDING = ("SOPInstanceUID", "Rows", "Columns", "NumberOfFrames", "BitsAllocated", "BitsStored", "HighBit")
_BINDING_VALUES = ("PixelRepresentation", "PhotometricInterpretation", "RescaleSlope", "RescaleIntercept")
_WIDEST_BITS = 32
#: all that is read of a file when it is decoded: private blocks may be large
_DECODED = (
    *_BINDING,
    *_BINDING_VALUES,
    *("SOPClassUID", "SamplesPerPixel", "PlanarConfiguration", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
    *("LossyImageCompression", "LossyImageCompressionMethod", "DerivationCodeSequence", "DerivationDescription"),
    *PIXELS,
)


class LostPixelsError(ValueError):
    """The pixels of a file cannot be used; the message is the reason."""


class UndecodedPixelsError(LostPixelsError):
    """Nobody has tried to decode the pixels: they would take too much memory, or are not those of their header."""


@dataclass(frozen=True, slots=True)
class StoredImage:
    """The decoded frames of one file.

    Attributes
    ----------
    values : (frame, row, column) stored values, signed where PixelRepresentation says so
    bits : BitsStored
    lossy : by what the pixels were compressed with loss; "" where they were not
    """

    values: StoredValues
    bits: int
    lossy: str


def decode(path: str, header: Dataset, memory_bytes: int | None = None) -> StoredImage:
    """Return the stored values of a file.

    Parameters
    ----------
    path : of the file
    header : as it was read when the file was selected
    memory_bytes : that decoding may take; None: as :func:`cmrmap.core.memory.image_memory_bytes`

    Raises
    ------
    LostPixelsError
        the file is another one by now, its pixels cannot be decoded or not in that memory, or their bits or polarity
        cannot be right
    """
    memory_bytes = image_memory_bytes() if memory_bytes is None else memory_bytes
    dataset = read_encoded(path, memory_bytes, _DECODED)
    changed = [name for name in (*_BINDING, *_BINDING_VALUES) if text(dataset, name) != text(header, name)]
    if changed and text(dataset, "SOPInstanceUID"):
        raise LostPixelsError(
            f"the file has changed since its header was read ({', '.join(changed)} differ); run again when nothing "
            "writes to the folder"
        )
    polarity = inverted_polarity(header)
    if polarity:
        raise LostPixelsError(polarity)
    floating = [name for name in ("FloatPixelData", "DoubleFloatPixelData") if name in dataset]
    bits, shift = (64, 0) if floating else _layout(header)
    dataset.pixel_array_options(correct_unused_bits=False)
    raw = decoded(dataset, memory_bytes)
    allowed = "f" if floating and text(header, "SOPClassUID") == ParametricMapStorage else "iu"
    if raw.dtype.kind not in allowed:
        raise LostPixelsError(f"the pixels are {raw.dtype.name} numbers; expected integers, as in MR images")
    expected = (int(number(header, "Rows") or 0), int(number(header, "Columns") or 0))
    if raw.ndim not in (2, 3) or raw.shape[-2:] != expected:
        raise LostPixelsError(f"the pixels decode to {raw.shape}; expected {expected[0]} x {expected[1]}")
    frames = raw if raw.ndim == 3 else raw[np.newaxis]
    values = frames if floating else _value_bits(frames, bits, shift)
    return StoredImage(values, bits, lossy_compression(dataset))


def read_encoded(path: str, memory_bytes: int, only: Sequence[str] | None = None) -> FileDataset:
    """Return a file with its pixels as they are stored.

    Parameters
    ----------
    path : of the file
    memory_bytes : that reading may take
    only : keywords of what is read; None: everything

    Raises
    ------
    LostPixelsError
        it cannot be read, or not in that memory
    """
    try:
        with open_bounded(path, memory_bytes) as stream:
            return read_bounded(stream, force=True, only=only)
    except TooLargeError as error:
        raise LostPixelsError(str(error)) from error
    except Exception as error:  # a broken file raises whatever the parser stumbles over
        raise LostPixelsError(f"the pixels cannot be decoded ({_why(error)})") from error


def decoded(dataset: Dataset, memory_bytes: int) -> np.ndarray:
    """Return the decoded pixels, once it is known that they will not take more memory than they may.

    Parameters
    ----------
    dataset : of :func:`read_encoded`
    memory_bytes : that decoding may take

    Raises
    ------
    LostPixelsError
        they cannot be decoded
    UndecodedPixelsError
        not in that memory
    """
    fault = decoding_fault(dataset, memory_bytes)
    if fault:
        raise UndecodedPixelsError(fault)
    _assume_syntax(dataset)
    try:
        return dataset.pixel_array
    except Exception as error:  # decoders raise whatever they stumble over
        raise LostPixelsError(f"the pixels cannot be decoded ({_why(error)})") from error


def _assume_syntax(dataset: Dataset) -> None:
    """Take pixels of a file without file meta information for what the rest of it was read as (PS3.10 7.1)."""
    meta = getattr(dataset, "file_meta", None)
    encapsulated = "PixelData" in dataset and dataset["PixelData"].is_undefined_length
    if meta is None or "TransferSyntaxUID" in meta or encapsulated:
        return
    implicit, little = dataset.original_encoding
    plain = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
    meta.TransferSyntaxUID = plain if little else ExplicitVRBigEndian


def _layout(header: Dataset) -> tuple[int, int]:
    """Return BitsStored, and how many bits lie below the value."""
    allocated = int(number(header, "BitsAllocated") or 16)
    stored = int(number(header, "BitsStored") or allocated)
    given = number(header, "HighBit")
    high = stored - 1 if given is None else int(given)
    if not 0 < stored <= allocated <= _WIDEST_BITS or not stored - 1 <= high < allocated:
        raise LostPixelsError(
            f"BitsAllocated {allocated}, BitsStored {stored} and HighBit {high} contradict each other; expected "
            "HighBit between BitsStored - 1 and BitsAllocated - 1; export it again"
        )
    return stored, high + 1 - stored


def _value_bits(raw: WholeValues, bits: int, shift: int) -> WholeValues:
    """Return the value that lies in ``bits`` bits above ``shift`` others, with its sign extended."""
    unused = 8 * raw.dtype.itemsize - bits
    if not unused:
        return raw
    signed = raw.dtype.kind == "i"
    low = (1 << shift) - 1
    if shift and (raw & low).any() and not any(_beyond(frame, bits - signed) for frame in raw):
        shift = 0  # nothing above the lowest bits, and something in them: an encoder has moved the values down
    # up to the end of the word and down again: a signed word brings its sign along
    values = np.right_shift(np.left_shift(raw, unused - shift), unused)
    whole = np.right_shift(raw, shift)
    # graphics above the value make the whole words jump; where the value alone jumps more it does not end at its bits.
    # One step too far is a phase of a whole turn, which its bits turn back
    apart = whole != values
    if (
        apart.any()
        and max(_largest(one[where]) for one, where in zip(whole, apart, strict=True)) > 1 << (bits - signed)
        and _variation(whole) < _variation(values)
    ):
        raise LostPixelsError(f"its values go on above what BitsStored {bits} can hold; export it again")
    return values


def _beyond(frame: WholeValues, bits: int) -> bool:
    return bool((np.abs(frame.astype(np.int64)) >> bits).any())


def _largest(words: WholeValues) -> int:
    return int(np.abs(words.astype(np.int64)).max(initial=0))


def _variation(images: WholeValues) -> int:
    """Return the sum of the steps between neighbours; frame by frame, since each takes four times its memory."""
    return sum(int(np.abs(np.diff(image.astype(np.int64), axis=axis)).sum()) for image in images for axis in (-1, -2))


def _why(error: Exception) -> str:
    """First line of what a decoder says; of a file that cannot be read without its path, which may hold a name."""
    if isinstance(error, MemoryError):
        return "there is not enough memory for them"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    first_line = str(error).strip().split("\n")[0]
    return (first_line or type(error).__name__)[:160]
