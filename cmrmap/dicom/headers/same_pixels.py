"""Whether several files hold the same pixels, or the same in everything, bit by bit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.bounded import open_bounded, read_bounded
from cmrmap.dicom.headers.values import tolerant_reading

_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def hold_same_pixels(paths: Sequence[str]) -> bool:
    """Tell whether all files hold the same stored pixels; False where one cannot be read or has none.

    Parameters
    ----------
    paths : of files; one that is there twice holds several frames, which are not compared: then it is False
    """
    if len(set(paths)) < len(paths):
        return False
    found = {_digest(path) for path in paths}
    return len(found) == 1 and None not in found


def _digest(path: str) -> str | None:
    try:
        with tolerant_reading():
            held = _read(path, _PIXELS)
            pixels = next((bytes(held[name].value) for name in _PIXELS if name in held), None)
    except Exception:  # a foreign file raises whatever its converter raises
        return None
    return hashlib.sha256(pixels).hexdigest() if pixels else None


def hold_same_content(one: str, other: str) -> bool:
    """Tell whether two files hold the same data set; False where that cannot be known.

    Parameters
    ----------
    one, other : paths
    """
    try:
        return bool(_read(one) == _read(other))
    except Exception:  # what cannot be compared is not known to be the same
        return False


def _read(path: str, only: Sequence[str] | None = None) -> Dataset:
    with open_bounded(path) as stream:
        return read_bounded(stream, force=True, only=only)
