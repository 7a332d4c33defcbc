"""Which T1 series is native and which was acquired after the contrast agent: by words, injection, agent, then order.

What is decided here is checked later against the T1 that is measured (``cmrmap.quality.t1_label``); a finding says
whether it gives way to it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.clock import SECONDS_A_DAY, clock_seconds
from cmrmap.dicom.headers.values import number, text, value
from cmrmap.dicom.headers.words import folded
from cmrmap.dicom.selection.contrast_rules import contrast_words
from cmrmap.dicom.selection.exam_words import NO_EXAM_WORDS, ExamWords
from cmrmap.dicom.selection.series_rules import is_motion_corrected, stress_words

#: Two series further apart than this, one of them undecided, lie before and after the injection. Native maps are
#: acquired together; post-contrast T1 mapping waits 10 minutes and more (Kellman, JCMR 2014;16:2).
LEAST_GAP_S = 300.0
_LONGEST_EXAM_S = 6 * 3600.0  # further apart are only dates that were shifted
_SAME_MOMENT_S = 1.0  # two T1 series take longer than this: their times were removed, or one is a copy
_NO_AGENT = {"none", "no", "n/a", "na", "0", "without", "nein", "non", "ohne", "sans"}


@dataclass(frozen=True, slots=True)
class T1Group:
    """One T1 series: a header that stands for it, when it began (seconds; None where unknown), whether it is usable.

    ``is_map``: it is the scanner's map, which has the time of the series that it was made from.
    """

    header: Dataset
    start_s: float | None
    usable: bool = True
    is_map: bool = False

    @property
    def copy(self) -> tuple[bool, bool]:
        """What tells a series from those that only repeat it: motion-corrected, or a map of it."""
        return is_motion_corrected(self.header), self.is_map


@dataclass(frozen=True, slots=True)
class Finding:
    """What was decided, and why in words for the results.

    Attributes
    ----------
    answer : "native" or "post"; None where a rule cannot tell
    reason : why
    caution : what speaks against it; "" where nothing does
    gives_way : whether nobody has said it: the T1 that is measured may overrule it
    """

    answer: str | None
    reason: str
    caution: str = ""
    gives_way: bool = False


def assign_contrast(groups: Sequence[T1Group], exam: ExamWords = NO_EXAM_WORDS) -> list[Finding]:
    """Decide "native" or "post" for every T1 series.

    The first that can tell decides: (1) words in the description, (2) the time of the injection, where any T1 series
    of the study states it, (3) the contrast agent, (4) the order of acquisition. A series about which nothing is said
    is native, unless it began 5 minutes or more after a native or equally undecided series, or after a post-contrast
    one. Where no time tells the order, the undecided series of the highest number is taken as post-contrast: its T1
    will tell. An agent that every one of several series names decides nothing. Words that the injection time or the
    agent contradict still decide, and the contradiction is told.

    Parameters
    ----------
    groups : the T1 series
    exam : words that are about the exam and decide nothing
    """
    groups = _without_idle_times(groups)
    injection = _first_injection(groups)
    findings = [_by_header(group, injection, exam) for group in groups]
    if len(groups) > 1 and all(found.reason == _AGENT_REASON for found in findings):
        findings = [Finding(None, "every T1 series names a contrast agent") for _ in findings]  # entered for the exam
    undecided = [index for index, finding in enumerate(findings) if finding.answer is None]
    post_starts = _starts(groups, findings, "post")
    native_starts = _starts(groups, findings, "native")
    # rest is acquired some minutes after stress, without any agent
    references = native_starts + [
        start
        for index in undecided
        if (start := groups[index].start_s) is not None and not stress_words(groups[index].header)
    ]
    first = min(references, default=math.inf)
    for index in undecided:
        findings[index] = _by_order(groups[index].start_s, first, min(post_starts, default=math.inf))
    for index in _presumed_post(groups, findings, undecided):
        findings[index] = Finding("post", "nothing else decides; it has the highest number of the T1 series", "", True)
    return findings


def _description(header: Dataset) -> str:
    return folded(text(header, "SeriesDescription"))


def _without_idle_times(groups: Sequence[T1Group]) -> list[T1Group]:
    """Return the groups without the times that tell no order: all alike, or further apart than an exam lasts."""
    starts = [group.start_s for group in groups if group.start_s is not None]
    for copy in sorted({group.copy for group in groups}):  # a motion-corrected copy has the time of its series
        own = [g.start_s for g in groups if g.start_s is not None and g.copy == copy]
        if len(own) > 1 and max(own) - min(own) < _SAME_MOMENT_S:
            return [replace(group, start_s=None) for group in groups]
    if starts and max(starts) - min(starts) > _LONGEST_EXAM_S:  # dates are shifted by days, times of day are kept
        ofday = [None if group.start_s is None else group.start_s % SECONDS_A_DAY for group in groups]
        known = [start for start in ofday if start is not None]
        idle = max(known) - min(known) > _LONGEST_EXAM_S
        return [replace(g, start_s=None if idle else start) for g, start in zip(groups, ofday, strict=True)]
    return list(groups)


def _presumed_post(groups: Sequence[T1Group], findings: Sequence[Finding], undecided: Sequence[int]) -> list[int]:
    """Return which undecided series without a time stand for post-contrast, where no series is that."""
    if any(found.answer == "post" for found in findings):
        return []
    presumed = []
    for copy in sorted({group.copy for group in groups}):
        alike = [index for index, group in enumerate(groups) if group.usable and group.copy == copy]
        open_ones = [index for index in alike if index in undecided and groups[index].start_s is None]
        if len(alike) > 1 and open_ones:
            presumed.append(
                max(open_ones, key=lambda index: (number(groups[index].header, "SeriesNumber") or 0, index))
            )
    return presumed


def _by_header(group: T1Group, injection_s: float | None, exam: ExamWords) -> Finding:
    by_words, by_agent = contrast_by_words(group.header, exam), contrast_by_agent(group.header)
    by_injection = contrast_by_injection(group.start_s, injection_s)
    if by_words.answer is not None:
        for other in (by_injection, by_agent):
            registered_early = other is by_agent and other.answer == "post"  # agents are often entered beforehand
            if other.answer not in (None, by_words.answer) and not registered_early:
                return replace(by_words, caution=f"but {other.reason}")
        return by_words
    return by_injection if by_injection.answer is not None else by_agent


def contrast_by_words(frame: Dataset, exam: ExamWords = NO_EXAM_WORDS) -> Finding:
    """Decide by SeriesDescription, else by ProtocolName (:mod:`cmrmap.dicom.selection.contrast_rules`)."""
    for words, what in exam.about_series(frame):
        native, post = contrast_words(words)
        if native and post:
            break  # it says both, and what else is written does not help
        if native or post:
            return Finding("native" if native else "post", f'the {what} says "{native or post}"')
    return Finding(None, "the description says neither native nor post-contrast")


def contrast_by_injection(start_s: float | None, injection_s: float | None) -> Finding:
    """Decide by when the series began and when the contrast agent was injected (0018,1042)."""
    if start_s is None or injection_s is None:
        return Finding(None, "no injection time is stated")
    minutes = abs(start_s - injection_s) / 60.0
    if start_s >= injection_s:
        return Finding("post", f"acquired {minutes:.0f} minutes after the injection (0018,1042)")
    return Finding("native", f"acquired {minutes:.0f} minutes before the injection (0018,1042)")


_AGENT_REASON = "ContrastBolusAgent (0018,0010) names an agent"


def contrast_by_agent(frame: Dataset) -> Finding:
    """Decide by the Contrast/Bolus module (DICOM PS3.3 C.7.6.4); an agent may have been entered before it was given."""
    agent = text(frame, "ContrastBolusAgent").lower()
    if agent in _NO_AGENT:
        return Finding("native", "ContrastBolusAgent (0018,0010) says none")
    if agent or value(frame, "ContrastBolusAgentSequence") is not None:
        return Finding("post", _AGENT_REASON, gives_way=True)
    if (number(frame, "ContrastBolusVolume") or 0.0) > 0.0:
        return Finding("post", "ContrastBolusVolume (0018,1041) is above 0", gives_way=True)
    return Finding(None, "no contrast agent is named")


def _first_injection(groups: Sequence[T1Group]) -> float | None:
    """When the agent was injected, on the groups' time scale; None where no T1 series says."""
    found = []
    for group in groups:
        clock = clock_seconds(text(group.header, "ContrastBolusStartTime"))
        if clock is None or group.start_s is None:
            continue
        injected = math.floor(group.start_s / SECONDS_A_DAY) * SECONDS_A_DAY + clock
        if injected - group.start_s > SECONDS_A_DAY / 2:  # the scan crossed midnight
            injected -= SECONDS_A_DAY
        found.append(injected)
    return min(found, default=None)


def _starts(groups: Sequence[T1Group], findings: Sequence[Finding], answer: str) -> list[float]:
    pairs = zip(groups, findings, strict=True)
    return [group.start_s for group, found in pairs if found.answer == answer and group.start_s is not None]


def _by_order(start: float | None, first: float, first_post: float) -> Finding:
    if start is None:
        return Finding("native", "no sign of a contrast agent and no acquisition time", gives_way=True)
    if start >= first_post:
        return Finding("post", "acquired after a post-contrast series", gives_way=True)
    if start - first >= LEAST_GAP_S:
        return Finding("post", f"acquired {(start - first) / 60.0:.0f} minutes after the first T1 series", "", True)
    return Finding("native", "no sign of a contrast agent, and acquired first", gives_way=True)
