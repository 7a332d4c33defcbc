"""Numbers as text, and a finished table of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cmrmap.evaluation.bland_altman import Estimate
from cmrmap.evaluation.rates import Rate

NONE = "-"


@dataclass(frozen=True, slots=True)
class TextTable:
    """A finished table.

    Attributes
    ----------
    name : of its files
    title : above it
    rows : each as long as ``header``
    notes : below it
    """

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def number(value: float, digits: int) -> str:
    """Return a number as text; a dash for NaN."""
    return NONE if math.isnan(value) else f"{value:.{digits}f}"


def estimate_text(estimate: Estimate, digits: int) -> str:
    """Return "value [low, high]"."""
    if math.isnan(estimate.low):
        return number(estimate.value, digits)
    return f"{estimate.value:.{digits}f} [{estimate.low:.{digits}f}, {estimate.high:.{digits}f}]"


def rate_text(found: Rate) -> str:
    """Return "count/total (percent) [low, high]"."""
    if not found.total:
        return f"{found.count}/0"
    low, high = 100 * found.share.low, 100 * found.share.high
    return f"{found.count}/{found.total} ({100 * found.share.value:.1f} %) [{low:.1f}, {high:.1f}]"


def safe_name(name: str) -> str:
    """Return a name that may be part of a file's name."""
    return "".join(letter if letter.isalnum() else "-" for letter in name)
