"""Which time each frame was weighted with: how a place in the header is tried, accepted, or refused with its reason.

The places themselves are the table in :mod:`cmrmap.dicom.selection.timing_rules`. A place is accepted only if it gives
different times within every slice; its name is recorded. Where none is accepted the series is refused: a guessed time
would give a plausible, wrong map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.core.selected_series import ListOrder
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.values import number

LONGEST_MS = 1e9  # some scanners write the largest double for "none"; 4 s in microseconds is 4e6
_LEAST_SHARE_TIMED = 0.7  # of a slice's frames; the rest is dropped


Times = Sequence[float | None]


def _always(_: Dataset) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class TimingRule:
    """One place where times may be stored.

    Attributes
    ----------
    source : recorded text: the attribute's name and tag
    weighting : which kind of series it times
    read : times in ms of one slice's flat frame headers (inf = saturated, or not inverted), None where one says nothing
    verified : on what the rule was seen to hold; "" where it never was, which the results then say
    applies : whether a header is of the kind that the rule is for
    certain : False where it says what varies only together with other signs (an echo train may also be T2*)
    least_ratio : the longest time must be that many times the shortest; above 1 for attributes that also vary with
        the heart's rhythm
    by_order : whether the times are a list that is given out in the order of InstanceNumber
    """

    source: str
    weighting: Weighting
    read: Callable[[Sequence[Dataset]], Times]
    verified: str
    applies: Callable[[Dataset], bool] = _always
    certain: bool = True
    least_ratio: float = 1.0
    by_order: bool = False


@dataclass(frozen=True, slots=True)
class Timing:
    """The accepted rule's recorded name and the time of every frame: [slice][frame], None where a frame does not say.

    Attributes
    ----------
    certain : whether it alone tells that the series is a mapping series
    caution : what the user should know about these times; "" where there is nothing
    list_order : see :class:`cmrmap.core.selected_series.SelectedSeries`
    """

    source: str
    times_ms: tuple[tuple[float | None, ...], ...]
    certain: bool = True
    caution: str = ""
    list_order: ListOrder = ""


def find_timing(
    slices: Sequence[Sequence[Dataset]], weighting: Weighting, rules: Sequence[TimingRule]
) -> Timing | None:
    """Return the first rule's timing of the slices that is accepted, or None.

    Parameters
    ----------
    slices : flat frame headers, [slice][frame]
    weighting : only its rules are tried
    rules : tried from first to last

    Notes
    -----
    A slice is timed when at least 70 % of its frames have a time and more than half of these times are distinct:
    fewer would mean that every image occurs twice (raw and corrected, magnitude and phase). Slices with a single
    frame decide nothing, but at least one slice must be timed.
    """
    for rule, times in _tried(slices, weighting, rules):
        if _fault(times, rule) is None:
            caution = "" if rule.verified else f"times from {rule.source}: not verified on any study"
            return Timing(rule.source, times, rule.certain, caution, _order(slices) if rule.by_order else "")
    return None


def _order(slices: Sequence[Sequence[Dataset]]) -> ListOrder:
    """Tell whether every image of every slice was acquired after the one before it by InstanceNumber."""
    for frames in slices:
        ordered = sorted(frames, key=lambda frame: number(frame, "InstanceNumber") or 0.0)
        clocks = [acquired_seconds(frame) for frame in ordered]
        known = [clock for clock in clocks if clock is not None]
        if len(known) < len(clocks) or any(after <= before for before, after in pairwise(known)):
            return "assumed"
    return "confirmed"


def stated_times(frames: Sequence[Dataset], weightings: Collection[Weighting], rules: Sequence[TimingRule]) -> Times:
    """Return the times of one slice's frames by the first rule that times most of them, repeats included.

    Parameters
    ----------
    frames : flat headers of one slice
    weightings : only their rules are tried
    rules : tried from first to last

    Returns
    -------
    Times
        None for every frame where no rule gives two different times
    """
    for rule in rules:
        if rule.weighting not in weightings or not frames or not rule.applies(frames[0]):
            continue
        times = rule.read(frames)
        found = [time for time in times if time is not None]
        if len(set(found)) > 1 and len(found) >= _LEAST_SHARE_TIMED * len(frames):
            return times
    return (None,) * len(frames)


def explain_no_timing(slices: Sequence[Sequence[Dataset]], weighting: Weighting, rules: Sequence[TimingRule]) -> str:
    """Say why no rule is accepted: what was found and why it will not do."""
    faults = [
        f"{rule.source} {fault}"
        for rule, times in _tried(slices, weighting, rules)
        if (fault := _fault(times, rule)) is not None and any(time is not None for row in times for time in row)
    ]
    found = f" ({'; '.join(faults)})" if faults else ""
    return (
        f"no known attribute gives {weighting.time_name} that differs between the images of every slice{found}; "
        "give the times with --times (docs/dicom-input.md)"
    )


def _tried(
    slices: Sequence[Sequence[Dataset]], weighting: Weighting, rules: Sequence[TimingRule]
) -> list[tuple[TimingRule, tuple[tuple[float | None, ...], ...]]]:
    return [
        (rule, tuple(tuple(rule.read(frames)) for frames in slices))
        for rule in rules
        if rule.weighting is weighting and slices and rule.applies(slices[0][0])
    ]


def _fault(times: Sequence[Times], rule: TimingRule) -> str | None:
    """Why a rule's times are not accepted; None where they are."""
    deciding = [row for row in times if len(row) > 1]
    if not deciding:
        return "is present in only one image per slice"
    for row in deciding:
        found = [time for time in row if time is not None]
        if len(found) < _LEAST_SHARE_TIMED * len(row):
            return f"is present in {len(found)} of {len(row)} images of a slice"
        distinct = set(found)
        if len(distinct) < 2:
            return f"is {found[0]:g} ms in every image of a slice"
        if 2 * len(distinct) <= len(found):
            return f"has {len(distinct)} different values in {len(found)} images of a slice: every image occurs twice"
        finite = [time for time in found if math.isfinite(time)]
        if max(finite) < rule.least_ratio * min(finite):
            return (
                f"runs from {min(finite):g} to {max(finite):g} ms only: these follow the heartbeat, not a preparation"
            )
    return None
