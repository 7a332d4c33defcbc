"""Tolerant access to header values: strict when writing, tolerant when reading."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import pydicom.config
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

_Member = TypeVar("_Member")
#: not the digits of names such as T1
_NUMBER = re.compile(r"(?<![\w.])-?\d[\d.]*(e[-+]?\d+)?")


@contextmanager
def tolerant_reading() -> Iterator[None]:
    """Read headers that break the standard's value rules without a warning per value.

    Hospitals' files hold dates, UIDs and texts that are not conformant; what matters to this package is checked
    where it is used. The setting is restored on leaving, and writing stays strict.
    """
    before = pydicom.config.settings.reading_validation_mode
    pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
    try:
        with warnings.catch_warnings():
            # unknown character sets and odd encodings of OTHER people's files: nothing that a user could act on
            warnings.simplefilter("ignore")
            yield
    finally:
        pydicom.config.settings.reading_validation_mode = before


@cache
def _tag(keyword: str) -> BaseTag:
    return Tag(keyword)


def value(header: Dataset, keyword: str) -> Any:
    """Return the value of ``keyword``, or None where it is absent, empty or cannot be decoded.

    Parameters
    ----------
    header : of any DICOM object
    keyword : of the standard's dictionary
    """
    tag = _tag(keyword)
    try:
        found = header[tag].value if tag in header else None
    except Exception:  # a malformed element of a foreign file raises whatever its converter raises
        return None
    return None if found is None or (hasattr(found, "__len__") and len(found) == 0) else found


def text(header: Dataset, keyword: str) -> str:
    """Return the value as stripped text (several values joined by a backslash); "" where there is none.

    Parameters
    ----------
    header, keyword : as for :func:`value`
    """
    found = value(header, keyword)
    if found is None:
        return ""
    if isinstance(found, (str, bytes)) or not hasattr(found, "__iter__") or hasattr(found, "components"):
        return str(found).strip()
    return "\\".join(str(item).strip() for item in found)


def numbers(header: Dataset, keyword: str) -> tuple[float, ...]:
    """Return all values as finite floats; an empty tuple where there is none or one of them is not a number.

    Parameters
    ----------
    header, keyword : as for :func:`value`
    """
    found = value(header, keyword)
    if found is None:
        return ()
    items = found if hasattr(found, "__iter__") and not isinstance(found, (str, bytes)) else (found,)
    try:
        result = tuple(float(item) for item in items)
    except (TypeError, ValueError):
        return ()
    return result if all(math.isfinite(number) for number in result) else ()


def number(header: Dataset, keyword: str) -> float | None:
    """Return the only value as a finite float, else None.

    Parameters
    ----------
    header, keyword : as for :func:`value`
    """
    found = numbers(header, keyword)
    return found[0] if len(found) == 1 else None


def series_name(header: Dataset) -> str:
    """Return how messages call an image's series, e.g. "series 7"; a SeriesNumber that is none is not quoted.

    Parameters
    ----------
    header : of one of its images
    """
    found = number(header, "SeriesNumber")
    return "series without number" if found is None else f"series {found:.10g}"


def fault_kind(reason: str) -> str:
    """Return what a fault's reason says but for its numbers: each of many images with one fault has its own.

    Parameters
    ----------
    reason : e.g. "PixelSpacing is 0 x 0 mm; expected 0.05 to 10 mm"
    """
    return _NUMBER.sub("#", reason)


def by_fault_kind(found: Iterable[tuple[str, _Member]]) -> dict[str, list[_Member]]:
    """Return members by the reason of their fault, those of one kind under the reason of the first.

    Parameters
    ----------
    found : reasons and members
    """
    kinds: dict[str, list[tuple[str, _Member]]] = {}
    for reason, member in found:
        kinds.setdefault(fault_kind(reason), []).append((reason, member))
    return {
        pairs[0][0] + ("; the others alike" if len({reason for reason, _ in pairs}) > 1 else ""): [
            member for _, member in pairs
        ]
        for pairs in kinds.values()
    }
