"""The time each frame was weighted with: a table of small named rules, tried in order.

A rule is accepted only if it gives different times within every slice; the accepted rule's name is recorded. Where
no rule is accepted the series is refused: a guessed time would give a plausible, wrong map.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from pydicom.dataset import Dataset

from cmrmap.dicom._values import number, numbers, text

_T2_PREP_TEXT = re.compile(
    r"t2[\s_-]*prep\w*\.?\s*duration\s*=?\s*(inf(?:inity|inite)?|\d+(?:\.\d+)?)\s*ms", re.IGNORECASE
)
_TI_TEXT = re.compile(r"(?<![a-z])ti(?:eff)?\s*=?\s*(\d+(?:\.\d+)?)\s*ms", re.IGNORECASE)
_LONGEST_MS = 1e6  # some scanners write the largest double for "none"
_LEAST_SHARE_TIMED = 0.7  # of a slice's frames; the rest is dropped


class Weighting(str, Enum):
    """What the frames of a mapping series differ in."""

    T1 = "t1"
    T2 = "t2"


@dataclass(frozen=True, slots=True)
class TimingRule:
    """One place where a time may be stored.

    Attributes
    ----------
    source : recorded text: the attribute's name and tag
    weighting : which kind of series it times
    read : time in ms of one flat frame header (inf = saturated), or None where it does not say
    certain : False where it says what varies only together with other signs (an echo train may also be T2*)
    """

    source: str
    weighting: Weighting
    read: Callable[[Dataset], float | None]
    certain: bool = True


@dataclass(frozen=True, slots=True)
class Timing:
    """The accepted rule and the time of every frame: [slice][frame], None where the frame does not say."""

    rule: TimingRule
    times_ms: tuple[tuple[float | None, ...], ...]


def _positive(frame: Dataset, keyword: str) -> float | None:
    found = number(frame, keyword)
    return found if found is not None and 0.0 < found < _LONGEST_MS else None


def inversion_time_ms(frame: Dataset) -> float | None:
    """(0018,0082); 0 means "not stated" to several scanners, so it is no time. 30000 = no inversion stays 30000."""
    return _positive(frame, "InversionTime")


def inversion_times_ms(frame: Dataset) -> float | None:
    """(0018,9079) of the MR Modifier functional group; only where exactly one of its values is a time."""
    plausible = [found for found in numbers(frame, "InversionTimes") if 0.0 < found < _LONGEST_MS]
    return plausible[0] if len(plausible) == 1 else None


def inversion_comment_ms(keyword: str) -> Callable[[Dataset], float | None]:
    """Siemens: "TIeff 100 ms" in a comment."""

    def read(frame: Dataset) -> float | None:
        match = _TI_TEXT.search(text(frame, keyword))
        return float(match.group(1)) if match else None

    return read


def t2_preparation_comment_ms(keyword: str) -> Callable[[Dataset], float | None]:
    """Siemens: "T2 prep. duration = 25 ms" in a comment; "inf ms" marks the saturation-prepared image."""

    def read(frame: Dataset) -> float | None:
        match = _T2_PREP_TEXT.search(text(frame, keyword))
        if match is None:
            return None
        return math.inf if match.group(1).lower().startswith("inf") else float(match.group(1))

    return read


def echo_time_ms(keyword: str) -> Callable[[Dataset], float | None]:
    """(0018,0081) or (0018,9082), of a multi-echo series."""

    def read(frame: Dataset) -> float | None:
        return _positive(frame, keyword)

    return read


#: Tried from top to bottom.
TIMING_RULES: tuple[TimingRule, ...] = (
    TimingRule("InversionTime (0018,0082)", Weighting.T1, inversion_time_ms),
    TimingRule("InversionTimes (0018,9079)", Weighting.T1, inversion_times_ms),
    TimingRule("ImageComments (0020,4000), TI", Weighting.T1, inversion_comment_ms("ImageComments")),
    TimingRule("FrameComments (0020,9158), TI", Weighting.T1, inversion_comment_ms("FrameComments")),
    TimingRule(
        "ImageComments (0020,4000), T2 prep. duration", Weighting.T2, t2_preparation_comment_ms("ImageComments")
    ),
    TimingRule(
        "FrameComments (0020,9158), T2 prep. duration", Weighting.T2, t2_preparation_comment_ms("FrameComments")
    ),
    TimingRule("EchoTime (0018,0081)", Weighting.T2, echo_time_ms("EchoTime"), certain=False),
    TimingRule("EffectiveEchoTime (0018,9082)", Weighting.T2, echo_time_ms("EffectiveEchoTime"), certain=False),
)


def find_timing(slices: Sequence[Sequence[Dataset]], weighting: Weighting) -> Timing | None:
    """Return the first rule that times the slices, or None.

    Parameters
    ----------
    slices : flat frame headers, [slice][frame]
    weighting : only its rules are tried

    Notes
    -----
    A slice is timed when at least 70 % of its frames have a time and more than half of these times are distinct:
    fewer would mean that every image is there twice (raw and corrected, magnitude and phase). Slices with a single
    frame decide nothing, but at least one slice must be timed.
    """
    for rule in TIMING_RULES:
        if rule.weighting is not weighting:
            continue
        times = tuple(tuple(rule.read(frame) for frame in frames) for frames in slices)
        deciding = [row for row in times if len(row) > 1]
        if deciding and all(_is_timed(row) for row in deciding):
            return Timing(rule, times)
    return None


def _is_timed(row: Sequence[float | None]) -> bool:
    found = [time for time in row if time is not None]
    distinct = len(set(found))
    return len(found) >= _LEAST_SHARE_TIMED * len(row) and distinct >= 2 and 2 * distinct > len(found)
