"""Which T1 series is native and which was acquired after the contrast agent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from pydicom.dataset import Dataset

from cmrmap.dicom._values import text
from cmrmap.dicom.series_rules import Finding, contrast_by_agent, contrast_by_words

#: Two series further apart than this, one of them undecided, lie before and after the injection. Native maps are
#: acquired together; post-contrast T1 mapping waits 10 minutes and more (Kellman, JCMR 2014;16:2).
LEAST_GAP_S = 300.0


@dataclass(frozen=True, slots=True)
class T1Group:
    """One T1 series: a header that stands for it and when it began (seconds; None where unknown)."""

    header: Dataset
    start_s: float | None


def assign_contrast(groups: Sequence[T1Group]) -> list[Finding]:
    """Decide "native" or "post" for every T1 series, by words, then by the agent, then by order of acquisition.

    A series about which nothing is said is native, unless it began 5 minutes or more after a native or equally
    undecided series, or after a post-contrast one.
    """
    findings = [_by_header(group.header) for group in groups]
    undecided = [index for index, finding in enumerate(findings) if finding.answer is None]
    post_starts = _starts(groups, findings, "post")
    native_starts = _starts(groups, findings, "native")
    references = native_starts + [start for index in undecided if (start := groups[index].start_s) is not None]
    first = min(references, default=math.inf)
    for index in undecided:
        findings[index] = _by_order(groups[index].start_s, first, min(post_starts, default=math.inf))
    return findings


def _by_header(header: Dataset) -> Finding:
    by_words = contrast_by_words(header)
    return by_words if by_words.answer is not None else contrast_by_agent(header)


def _starts(groups: Sequence[T1Group], findings: Sequence[Finding], answer: str) -> list[float]:
    pairs = zip(groups, findings, strict=True)
    return [group.start_s for group, found in pairs if found.answer == answer and group.start_s is not None]


def _by_order(start: float | None, first: float, first_post: float) -> Finding:
    if start is None:
        return Finding("native", "no sign of a contrast agent and no acquisition time")
    if start >= first_post:
        return Finding("post", "acquired after a post-contrast series")
    if start - first >= LEAST_GAP_S:
        return Finding("post", f"acquired {(start - first) / 60.0:.0f} minutes after the first T1 series")
    return Finding("native", "no sign of a contrast agent, and acquired first")


def start_seconds(headers: Iterable[Dataset]) -> float | None:
    """Return when the earliest image was acquired, in seconds; None where no image says."""
    return min((start for header in headers if (start := acquired_seconds(header)) is not None), default=None)


def acquired_seconds(header: Dataset) -> float | None:
    """Return the acquisition's date and time as seconds; comparable within a study only."""
    stamp = text(header, "AcquisitionDateTime") or text(header, "FrameAcquisitionDateTime")
    day, clock = (stamp[:8], stamp[8:]) if stamp else ("", "")
    if not clock:
        day = text(header, "AcquisitionDate") or text(header, "SeriesDate") or text(header, "StudyDate")
        clock = text(header, "AcquisitionTime") or text(header, "SeriesTime")
    clock = clock.split("+")[0].split("-")[0]
    if len(clock) < 4 or not clock[:4].isdigit():
        return None
    try:
        days = date(int(day[:4]), int(day[4:6]), int(day[6:8])).toordinal() if len(day) >= 8 else 0
        seconds = float(clock[4:] or 0.0)
    except ValueError:
        return None
    return days * 86400.0 + int(clock[:2]) * 3600.0 + int(clock[2:4]) * 60.0 + seconds
