"""Which of several series for one map is the best, and in words why."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.clock import start_seconds
from cmrmap.dicom.headers.values import number
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.series_rules import is_motion_corrected


def rank(candidate: Candidate, kind: MapKind, motion_corrected: bool) -> tuple[bool, int, int, float, float, str]:
    """Return what sorts the best candidate first.

    Of several post-contrast series the last is taken, whose contrast agent is nearest to its equilibrium (Kellman,
    JCMR 2014;16:2); of others the first, which no contrast agent can have changed.
    """
    series_number = number(candidate.first.header, "SeriesNumber")
    start = start_seconds(candidate.headers)
    start = math.inf if start is None else -start if kind is MapKind.POSTCONTRAST_T1 else start
    return (
        is_motion_corrected(candidate.first.header) is not motion_corrected,
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
            f"; {best.name} taken before {', '.join(c.name for c in others)} "
            f"(order: {copy}, most slices, most images, {when}, lowest series number)"
        )
    if best.n_series > 1:
        words += f"; joined from {best.n_series} series that hold one acquisition in parts"
    return words
