"""What varying echo times mean in a series that is called T2: a spin-echo train, or something that must be refused."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.values import number, text
from cmrmap.dicom.headers.words import description_words
from cmrmap.dicom.selection.given_times import SOURCE as GIVEN
from cmrmap.dicom.selection.timing import Timing
from cmrmap.dicom.selection.timing_rules import t2_preparation_comment_ms

_ECHO_SOURCES = ("EchoTime (0018,0081)", "EffectiveEchoTime (0018,9082)")
_SPIN_ECHO_WORDS = re.compile(r"(?<![a-z])(t?grase|mese|mse|tse|spin ?echo)(?![a-z])")
#: echoes of one gradient-echo excitation are over by then (18-25 ms at 1.5 T); T2 preparations reach 45 ms and more
_LATEST_GRADIENT_ECHO_MS = 30.0
#: by which echo times may differ in a T2-prepared series: a readout's own rounding
_SAME_MS = 0.5


def is_spin_echo(frame: Dataset) -> bool:
    """Tell whether echoes are refocused: by ScanningSequence, EchoPulseSequence (0018,9008) or the description."""
    kinds = text(frame, "ScanningSequence").upper().split("\\")
    stated = "SE" in kinds or text(frame, "EchoPulseSequence").upper() in ("SPIN", "BOTH")
    return stated or _SPIN_ECHO_WORDS.search(description_words(frame)) is not None


def is_echo_train(weighting: Weighting, timing: Timing | None, frame: Dataset) -> bool:
    """Tell whether the images of a T2 series are the echoes of one train, by where their times stand.

    Parameters
    ----------
    weighting, timing : of the series
    frame : a flat header of it
    """
    if weighting is not Weighting.T2 or timing is None:
        return False
    by_echo = timing.source in _ECHO_SOURCES
    return by_echo or (timing.source == GIVEN and is_spin_echo(frame))


def echo_time_fault(slices: Sequence[Sequence[Dataset]], weighting: Weighting, timing: Timing | None) -> str | None:
    """Say why the times of a T2 series cannot be what it is weighted by; None where they can.

    Parameters
    ----------
    slices : flat headers, [slice][frame]
    weighting, timing : of the series
    """
    if weighting is not Weighting.T2 or timing is None:
        return None
    return _mixed(slices) or _gradient_echoes(slices[0][0], timing)


def _mixed(slices: Sequence[Sequence[Dataset]]) -> str | None:
    """T2 preparations AND echo times that vary, and not as one: which of them weights the images is open."""
    for frames in slices:
        prepared = [_preparation_ms(frame) for frame in frames]
        echoes = [_echo_ms(frame) for frame in frames]
        known = [echo for echo in echoes if echo is not None]
        if not known or max(known) - min(known) <= _SAME_MS or all(time is None for time in prepared):
            continue
        both = [(e, t) for e, t in zip(echoes, prepared, strict=True) if e is not None and t is not None]
        apart = [echo - time for echo, time in both if math.isfinite(time)]
        if len(both) < len(known) or (apart and max(apart) - min(apart) > _SAME_MS):
            n_prepared = sum(time is not None for time in prepared)
            return (
                f"{n_prepared} of {len(frames)} images of a slice have a T2-preparation time, and their echo times run "
                f"from {min(known):g} to {max(known):g} ms; expected only one of the two to vary; give the "
                "times by --times"
            )
    return None


def _gradient_echoes(frame: Dataset, timing: Timing) -> str | None:
    if timing.source not in _ECHO_SOURCES or is_spin_echo(frame):
        return None
    gradient = text(frame, "ScanningSequence").upper() == "GR" or text(frame, "EchoPulseSequence").upper() == "GRADIENT"
    last = max(time for row in timing.times_ms for time in row if time is not None)
    repetition_ms = number(frame, "RepetitionTime")
    if not gradient or last > _LATEST_GRADIENT_ECHO_MS or (repetition_ms is not None and last >= repetition_ms):
        return None
    return (
        f"its images are gradient echoes of up to {last:g} ms, which decay with T2*, not with T2; expected spin echoes "
        "or T2 preparations"
    )


def _preparation_ms(frame: Dataset) -> float | None:
    told = (t2_preparation_comment_ms(keyword)(frame) for keyword in ("ImageComments", "FrameComments"))
    return next((time for time in told if time is not None), None)


def _echo_ms(frame: Dataset) -> float | None:
    found = number(frame, "EchoTime")
    return number(frame, "EffectiveEchoTime") if found is None else found
