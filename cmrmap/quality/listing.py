"""Numbers as people list them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise


def runs(numbers: Iterable[int]) -> str:
    """Return "1-3, 7" of 1, 2, 3, 7; the numbers rise."""
    listed = list(numbers)
    breaks = [0, *(place + 1 for place, (a, b) in enumerate(pairwise(listed)) if b != a + 1), len(listed)]
    found = [(listed[start], listed[stop - 1]) for start, stop in pairwise(breaks)]
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in found)
