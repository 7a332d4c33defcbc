"""Arrays as text in a page: bytes put in an order that compresses well, deflated, in base64; a browser undoes it.

Nothing is lost but what `images` says. The way back is templates/viewer/arrays.js.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cmrmap.core.memo import remembered

_LEVEL = 6
_LARGEST = 65534  # of an image; 65535 stands for no value


@dataclass(frozen=True, slots=True)
class Packed:
    """An array or a list on its way into a page.

    Attributes
    ----------
    form : how a browser undoes it: type and shape of the array, and what was done to it
    text : base64 of a zlib stream
    """

    form: dict[str, Any]
    text: str


@remembered
def packed(values: npt.NDArray[Any], kind: str) -> Packed:
    """Pack an array without loss but that of its type.

    Parameters
    ----------
    values : any shape
    kind : "f4", "u4", "u2", "i2" or "u1", little-endian in the page
    """
    plain = np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<"))
    return Packed({"type": kind, "shape": list(plain.shape)}, _deflated(_planes(plain)))


def significant(values: npt.NDArray[Any], digits: int = 6) -> npt.NDArray[Any]:
    """Round to so many digits; the last bits differ from one processor to another, and a page does not.

    Parameters
    ----------
    values : any shape; NaN stays
    digits : kept
    """
    size = np.floor(np.log10(np.abs(values), out=np.zeros(values.shape), where=np.nan_to_num(values) != 0))
    step = 10.0 ** (size - (digits - 1))
    return np.asarray(np.rint(values / step) * step)


@remembered
def packed_images(images: npt.NDArray[Any], step: float | None = None) -> Packed:
    """Pack images as 16-bit numbers: whole numbers exactly, others to 1/65534 of their span, or to steps.

    Parameters
    ----------
    images : (..., column); NaN where there is no value
    step : that the values are rounded to, where their span has no more than 65534 of them; None: none is asked for
    """
    known = np.isfinite(images)
    found = images[known].astype(np.float64)
    low, high = (float(found.min()), float(found.max())) if found.size else (0.0, 0.0)
    whole = high - low <= _LARGEST and bool((found == np.rint(found)).all())
    if step is not None and high - low <= (_LARGEST - 1) * step:
        low = step * float(np.floor(low / step))
    else:
        step = 1.0 if whole else (high - low) / _LARGEST or 1.0  # all of one value: any step will do
    codes = np.full(images.shape, _LARGEST + 1, dtype=np.int64)
    codes[known] = np.rint((found - low) / step)
    # neighbours differ little: small numbers of either sign, folded to positive ones
    change = np.diff(codes, axis=-1, prepend=0)
    change = (change + 32768) % 65536 - 32768
    folded = np.where(change >= 0, 2 * change, -2 * change - 1).astype("<u2")
    form = {"type": "u2", "shape": list(images.shape), "folded": True, "low": low, "step": step}
    return Packed(form, _deflated(_planes(folded)))


def packed_list(values: Any) -> Packed:
    """Pack what JSON can hold.

    Parameters
    ----------
    values : lists, mappings, numbers and words
    """
    words = json.dumps(values, separators=(",", ":"), allow_nan=False)
    return Packed({"type": "json"}, _deflated(words.encode("utf-8")))


def _planes(values: npt.NDArray[Any]) -> bytes:
    """Return all first bytes, then all second bytes, and so on."""
    return values.reshape(-1).view(np.uint8).reshape(-1, values.dtype.itemsize).T.tobytes()


def _deflated(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, _LEVEL)).decode("ascii")
