"""The table of places where scanners store the time of a weighted image; tried from top to bottom.

docs/dicom-input.md is this table in words. What is "verified" was seen in files of that scanner or in published
descriptions that name it; what is not, is used all the same where nothing else is there, with a warning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.private_tags import (
    PHILIPS_INVERSION_DELAY,
    SIEMENS_XA_INVERSION_TIME,
    PrivateTag,
    private_number,
)
from cmrmap.dicom.headers.siemens_protocol import preparation_list_ms, work_in_progress_list_ms
from cmrmap.dicom.headers.values import number, numbers, text
from cmrmap.dicom.headers.words import description_words
from cmrmap.dicom.selection.timing import LONGEST_MS, Times, TimingRule

_T2_PREP_TEXT = re.compile(
    r"t2[\s_-]*prep\w*[\s._:=-]*(?:(?:duration|dur|time|te)(?![a-z]))?[\s.:=]*(inf(?:inity|inite)?|\d+(?:\.\d+)?)\s*ms",
    re.IGNORECASE,
)
_TI_TEXT = re.compile(r"(?<![a-z])ti(?:eff)?\s*=?\s*(\d+(?:\.\d+)?)\s*ms", re.IGNORECASE)
_LOOK_LOCKER = re.compile(r"look ?locker|(?<![a-z0-9])ll(?![a-z0-9])")
#: A trigger delay also varies with the heart's rhythm, but by a few percent; an inversion series spans much more.
_LEAST_TRIGGER_RATIO = 3.0

FrameReader = Callable[[Dataset], float | None]


def _each(read: FrameReader) -> Callable[[Sequence[Dataset]], Times]:
    """Lift a reader of frames to one of slices."""

    def read_slice(frames: Sequence[Dataset]) -> Times:
        return tuple(read(frame) for frame in frames)

    return read_slice


def _plausible(time_ms: float | None) -> float | None:
    return time_ms if time_ms is not None and 0.0 < time_ms < LONGEST_MS else None


def attribute_ms(keyword: str) -> FrameReader:
    """Read a standard attribute; 0 means "not stated" to several scanners, so it is no time. 30000 ms stays 30000."""

    def read(frame: Dataset) -> float | None:
        return _plausible(number(frame, keyword))

    return read


def private_ms(tag: PrivateTag) -> FrameReader:
    """Read a private attribute, found by its creator.

    Parameters
    ----------
    tag : group, creator and element

    Returns
    -------
    callable
        takes a frame's dataset, returns the time in ms; None where it has none, or none that can be
    """

    def read(frame: Dataset) -> float | None:
        return _plausible(private_number(frame, tag))

    return read


def inversion_times_ms(frame: Dataset) -> float | None:
    """(0018,9079) of the MR Modifier functional group; only where exactly one of its values is a time.

    A frame that is flagged as not inverted, (0018,9009) = NO, has recovered for ever (DICOM PS3.3 C.8.13.5.7).
    """
    times = [time for given in numbers(frame, "InversionTimes") if (time := _plausible(given)) is not None]
    if len(times) == 1:
        return times[0]
    return math.inf if not times and text(frame, "InversionRecovery").upper() == "NO" else None


def inversion_comment_ms(keyword: str) -> FrameReader:
    """Siemens: "TIeff 100 ms" in a comment."""

    def read(frame: Dataset) -> float | None:
        match = _TI_TEXT.search(text(frame, keyword))
        return float(match.group(1)) if match else None

    return read


def t2_preparation_comment_ms(keyword: str) -> FrameReader:
    """Siemens: "T2 prep. duration = 25 ms" in a comment; "inf ms" marks the saturation-prepared image."""

    def read(frame: Dataset) -> float | None:
        match = _T2_PREP_TEXT.search(text(frame, keyword))
        if match is None:
            return None
        return math.inf if match.group(1).lower().startswith("inf") else float(match.group(1))

    return read


def t2_echo_times_ms(frames: Sequence[Dataset]) -> Times:
    """EchoTime of a T2 series; 0 in one image of a slice is the one without T2 preparation, in several "not stated"."""
    times = tuple(number(frame, "EchoTime") for frame in frames)
    plausible = tuple(map(_plausible, times))
    if times.count(0.0) == 1 and sum(time is not None for time in plausible) == len(frames) - 1:
        return tuple(0.0 if time == 0.0 else time for time in times)
    return plausible


def _made_by(*names: str) -> Callable[[Dataset], bool]:
    def applies(frame: Dataset) -> bool:
        return text(frame, "Manufacturer").upper().startswith(names)

    return applies


def _not_made_by(*names: str) -> Callable[[Dataset], bool]:
    made_by = _made_by(*names)
    return lambda frame: not made_by(frame)


def _is_philips_look_locker(frame: Dataset) -> bool:
    return _made_by("PHILIPS")(frame) and _LOOK_LOCKER.search(description_words(frame)) is not None


_STANDARD = "the DICOM standard"
_SIEMENS_VE11 = "Siemens VE11"
_SIEMENS_XA = "Siemens XA30 MyoMaps"
_PHILIPS = "Philips, classic export"

TIMING_RULES: tuple[TimingRule, ...] = (
    TimingRule(
        "InversionTime (0018,0082)",
        Weighting.T1,
        _each(attribute_ms("InversionTime")),
        verified="",
        applies=_made_by("GE "),
    ),
    TimingRule(
        "InversionTime (0018,0082)",
        Weighting.T1,
        _each(attribute_ms("InversionTime")),
        verified=_STANDARD,
        applies=_not_made_by("GE "),
    ),
    TimingRule(
        "private (0021,xx89) SIEMENS MR SDI 02",
        Weighting.T1,
        _each(private_ms(SIEMENS_XA_INVERSION_TIME)),
        verified=_SIEMENS_XA,
    ),
    TimingRule(
        "private (2005,xx72) Philips MR Imaging DD 006",
        Weighting.T1,
        _each(private_ms(PHILIPS_INVERSION_DELAY)),
        verified=_PHILIPS,
    ),
    TimingRule("InversionTimes (0018,9079)", Weighting.T1, _each(inversion_times_ms), verified=_STANDARD),
    TimingRule(
        "ImageComments (0020,4000), TI",
        Weighting.T1,
        _each(inversion_comment_ms("ImageComments")),
        verified=_SIEMENS_VE11,
    ),
    TimingRule(
        "FrameComments (0020,9158), TI",
        Weighting.T1,
        _each(inversion_comment_ms("FrameComments")),
        verified=_SIEMENS_XA,
    ),
    TimingRule(
        "TriggerTime (0018,1060), Look-Locker",
        Weighting.T1,
        _each(attribute_ms("TriggerTime")),
        verified=_PHILIPS,
        applies=_is_philips_look_locker,
        least_ratio=_LEAST_TRIGGER_RATIO,
    ),
    TimingRule(
        "TriggerTime (0018,1060)",
        Weighting.T1,
        _each(attribute_ms("TriggerTime")),
        verified="",
        applies=_made_by("GE "),
        certain=False,
        least_ratio=_LEAST_TRIGGER_RATIO,
    ),
    TimingRule(
        "ImageComments (0020,4000), T2 prep. duration",
        Weighting.T2,
        _each(t2_preparation_comment_ms("ImageComments")),
        verified=_SIEMENS_VE11,
    ),
    TimingRule(
        "FrameComments (0020,9158), T2 prep. duration",
        Weighting.T2,
        _each(t2_preparation_comment_ms("FrameComments")),
        verified=_SIEMENS_XA,
    ),
    TimingRule(
        "private (0029,xx20) SIEMENS CSA HEADER, sPrepPulses.adT2PrepDuration",
        Weighting.T2,
        preparation_list_ms,
        verified="Siemens VE11B",
        certain=False,  # every Siemens protocol has such a list, prepared or not
        by_order=True,
    ),
    TimingRule(
        "private (0029,xx20) SIEMENS CSA HEADER, sWiPMemBlock.adFree",
        Weighting.T2,
        work_in_progress_list_ms,
        verified="Siemens VB17",
        certain=False,
        by_order=True,
    ),
    TimingRule("EchoTime (0018,0081)", Weighting.T2, t2_echo_times_ms, verified=_STANDARD, certain=False),
    TimingRule(
        "EffectiveEchoTime (0018,9082)",
        Weighting.T2,
        _each(attribute_ms("EffectiveEchoTime")),
        verified=_STANDARD,
        certain=False,
    ),
    TimingRule(
        "EchoTime (0018,0081)", Weighting.T2_STAR, _each(attribute_ms("EchoTime")), verified=_STANDARD, certain=False
    ),
    TimingRule(
        "EffectiveEchoTime (0018,9082)",
        Weighting.T2_STAR,
        _each(attribute_ms("EffectiveEchoTime")),
        verified=_STANDARD,
        certain=False,
    ),
)
