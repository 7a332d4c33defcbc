"""Which T1 series is native and which was acquired after the contrast agent: by words, injection, agent, then order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.clock import SECONDS_A_DAY, clock_seconds
from cmrmap.dicom.headers.values import number, text, value
from cmrmap.dicom.headers.words import description_words
from cmrmap.dicom.selection.contrast_rules import contrast_words

#: Two series further apart than this, one of them undecided, lie before and after the injection. Native maps are
#: acquired together; post-contrast T1 mapping waits 10 minutes and more (Kellman, JCMR 2014;16:2).
LEAST_GAP_S = 300.0
_NO_AGENT = {"none", "no", "n/a", "na", "0", "without", "nein", "non", "ohne", "sans"}


@dataclass(frozen=True, slots=True)
class T1Group:
    """One T1 series: a header that stands for it and when it began (seconds; None where unknown)."""

    header: Dataset
    start_s: float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What was decided, and why in words for the results.

    Attributes
    ----------
    answer : "native" or "post"; None where a rule cannot tell
    reason : why
    caution : what speaks against it; "" where nothing does
    """

    answer: str | None
    reason: str
    caution: str = ""


def assign_contrast(groups: Sequence[T1Group]) -> list[Finding]:
    """Decide "native" or "post" for every T1 series.

    The first that can tell decides: (1) words in the description, (2) the time of the injection, where any T1 series
    of the study states it, (3) the contrast agent, (4) the order of acquisition. A series about which nothing is said
    is native, unless it began 5 minutes or more after a native or equally undecided series, or after a post-contrast
    one. Words that the injection time or the agent contradict still decide, and the contradiction is told.
    """
    injection = _first_injection(groups)
    findings = [_by_header(group, injection) for group in groups]
    if len(groups) > 1 and all(found.reason == _AGENT_REASON for found in findings):
        caution = "every T1 series names a contrast agent; if one is native, name it in its description or in app.yaml"
        findings = [Finding(found.answer, found.reason, caution) for found in findings]
    undecided = [index for index, finding in enumerate(findings) if finding.answer is None]
    post_starts = _starts(groups, findings, "post")
    native_starts = _starts(groups, findings, "native")
    references = native_starts + [start for index in undecided if (start := groups[index].start_s) is not None]
    first = min(references, default=math.inf)
    for index in undecided:
        findings[index] = _by_order(groups[index].start_s, first, min(post_starts, default=math.inf))
    return findings


def _by_header(group: T1Group, injection_s: float | None) -> Finding:
    by_words, by_agent = contrast_by_words(group.header), contrast_by_agent(group.header)
    by_injection = contrast_by_injection(group.start_s, injection_s)
    if by_words.answer is not None:
        for other in (by_injection, by_agent):
            registered_early = other is by_agent and other.answer == "post"  # agents are often entered beforehand
            if other.answer not in (None, by_words.answer) and not registered_early:
                return Finding(by_words.answer, by_words.reason, f"but {other.reason}")
        return by_words
    return by_injection if by_injection.answer is not None else by_agent


def contrast_by_words(frame: Dataset) -> Finding:
    """Decide by the description (:mod:`cmrmap.dicom.selection.contrast_rules`)."""
    native, post = contrast_words(description_words(frame))
    if native and not post:
        return Finding("native", f'the description says "{native}"')
    if post and not native:
        return Finding("post", f'the description says "{post}"')
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
    """Decide by the Contrast/Bolus module (DICOM PS3.3 C.7.6.4)."""
    agent = text(frame, "ContrastBolusAgent").lower()
    if agent in _NO_AGENT:
        return Finding("native", "ContrastBolusAgent (0018,0010) says none")
    if agent or value(frame, "ContrastBolusAgentSequence") is not None:
        return Finding("post", _AGENT_REASON)
    if (number(frame, "ContrastBolusVolume") or 0.0) > 0.0:
        return Finding("post", "ContrastBolusVolume (0018,1041) is above 0")
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
        return Finding("native", "no sign of a contrast agent and no acquisition time")
    if start >= first_post:
        return Finding("post", "acquired after a post-contrast series")
    if start - first >= LEAST_GAP_S:
        return Finding("post", f"acquired {(start - first) / 60.0:.0f} minutes after the first T1 series")
    return Finding("native", "no sign of a contrast agent, and acquired first")
