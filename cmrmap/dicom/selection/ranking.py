"""Which of several series for one map is the best, and in words why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.clock import start_seconds
from cmrmap.dicom.headers.values import number
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.series_rules import (
    is_motion_corrected,
    names_a_look_locker_only,
    names_a_map,
    names_a_short_axis,
)

#: what puts one series of a study before another, smallest first
Rank: TypeAlias = tuple[bool, int, bool, bool, int, int, float, float, str]


def _how_named(header: Dataset) -> int:
    """0 for the name of a mapping sequence, 1 for Look-Locker, which scouts are called too, 2 for neither."""
    return 2 if not names_a_map(header) else 1 if names_a_look_locker_only(header) else 0


def rank(candidate: Candidate, kind: MapKind, motion_corrected: bool) -> Rank:
    """Return what sorts the best candidate first.

    A series that says what it is goes before one that does not, whatever their sizes. Of several post-contrast series
    the last is taken, whose contrast agent is nearest to its equilibrium (Kellman, JCMR 2014;16:2); of others the
    first, which no contrast agent can have changed.
    """
    header = candidate.first.header
    series_number = number(header, "SeriesNumber")
    start = start_seconds(candidate.headers)
    start = math.inf if start is None else -start if kind is MapKind.POSTCONTRAST_T1 else start
    return (
        candidate.is_superseded,
        _how_named(header),
        not names_a_short_axis(header),
        is_motion_corrected(header) is not motion_corrected,
        -len(candidate.slices),
        -candidate.n_images,
        start,
        math.inf if series_number is None else series_number,
        candidate.first.series,
    )


def rank_words(best: Candidate, others: Sequence[Candidate], kind: MapKind, motion_corrected: bool) -> str:
    """Return what the choice says of its rivals and parts, to be appended to its reason; "" where it has none."""
    words = ""
    if others:
        copy = "motion-corrected" if motion_corrected else "not motion-corrected"
        when = "acquired last" if kind is MapKind.POSTCONTRAST_T1 else "acquired first"
        words += (
            f"; {best.name} preferred to {', '.join(dict.fromkeys(_rival(c, best) for c in others))} "
            f"(order: not repeated later, named as mapping, as short axis, {copy}, most slices, most images, {when}, "
            "lowest series number)"
        )
    return f"{words}; {best.note}" if best.note else words


def _rival(other: Candidate, best: Candidate) -> str:
    return f"other images of {other.name}" if other.name == best.name else other.name
