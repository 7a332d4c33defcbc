"""Slices that one series holds several times: the latest complete acquisition is taken, or none where none can be told.

A breath-hold that failed is often repeated within its series, and dynamics repeat a whole one. All images of all
acquisitions in one fit would mix heart positions; and where the positions are lost (an anonymiser sets them to 0),
different slices look like repeats of one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.values import number
from cmrmap.dicom.selection.frame_group import FrameGroup
from cmrmap.dicom.selection.slices import SLICE_TOLERANCE_MM, Frame
from cmrmap.dicom.selection.timing import Times

#: Two times this close are one: the epochs of MOLLI begin 80 ms apart (100, 180, 260 ms), echoes lie further apart.
_SAME_TIME, _SAME_TIME_MS = 0.1, 0.05
_FEW = 0.3  # share of the times that one acquisition may lack
_FEWEST_IMAGES = 2  # a single image is no acquisition
#: acquisitions of one slice that only follow each other; more of them at one place are rather slices without positions
_MOST_IN_ORDER = 3

#: where a header says which acquisition an image is of: name for the user, and how it is read
_COUNTERS: tuple[tuple[str, Callable[[Dataset], float | None]], ...] = (
    ("AcquisitionNumber (0020,0012)", lambda header: number(header, "AcquisitionNumber")),
    ("FrameAcquisitionNumber (0020,9156)", lambda header: number(header, "FrameAcquisitionNumber")),
    ("TemporalPositionIdentifier (0020,0100)", lambda header: number(header, "TemporalPositionIdentifier")),
    ("TemporalPositionIndex (0020,9128)", lambda header: number(header, "TemporalPositionIndex")),
    ("the acquisition times", acquired_seconds),
)


def latest_acquisitions(group: FrameGroup, times_of: Callable[[Sequence[Frame]], Times]) -> FrameGroup:
    """Return the group with one acquisition of every slice: of several the latest that is complete.

    Parameters
    ----------
    group : of one series, or of series that hold one image each
    times_of : weighting times of one slice's frames in ms; None where one says nothing

    Returns
    -------
    FrameGroup
        as it is where no slice is there twice; with a fault where acquisitions, or slices, cannot be told apart
    """
    kept: list[Frame] = []
    repeated: list[Frame] = []
    told_by: Counter[str] = Counter()
    for members in group.slices:
        times = times_of(members)
        n_times_there = _n_repeats(times)
        if n_times_there > 1 and (fault := _displaced(members, n_times_there, len(group.slices))):
            return replace(group, fault=group.fault or fault)
        name, runs = _runs(members, times, n_times_there)
        if not runs:
            if n_times_there > 1:
                fault = (
                    f"every image of a slice is present {n_times_there} times, and nothing tells the acquisitions "
                    "apart (acquisition number, temporal position, acquisition time)"
                )
                return replace(group, fault=group.fault or fault)
            kept += members
            continue
        most = max(len(run) for run in runs)
        latest = max(index for index, run in enumerate(runs) if len(run) == most)
        kept += runs[latest]
        repeated += [frame for index, run in enumerate(runs) if index != latest for frame in run]
        told_by[name] += 1
    if not repeated:
        return group
    n_repeated = sum(told_by.values())
    note = (
        f"{n_repeated} of {len(group.slices)} slices of {group.name} were acquired more than once, told apart by "
        f"{' and '.join(told_by)}: the latest complete acquisition of each is taken"
    )
    return replace(group, frames=tuple(kept), repeated=(*group.repeated, *repeated), note=note)


def _n_repeats(times: Times) -> int:
    """How often the acquisition is there: how often its two shortest times are, and most of the others.

    One acquisition may have some of its times more than once (SASHA's longest, averages of T2's first).
    """
    known = sorted(time for time in times if time is not None)
    counts: list[int] = []
    while known:
        alike = [time for time in known if _same(time, known[0])]
        counts.append(len(alike))
        known = known[len(alike) :]
    if len(counts) < 2:
        return 1
    return min(*counts[:2], sorted(counts)[int(_FEW * len(counts))])


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    return one == other or abs(one - other) <= max(_SAME_TIME * min(one, other), _SAME_TIME_MS)


def _displaced(members: Sequence[Frame], n_repeats: int, n_slices: int) -> str:
    """Say why the images cannot be of one slice although their positions agree; "" where they can."""
    heights = [found for frame in members if (found := number(frame.header, "SliceLocation")) is not None]
    places = {number(frame.header, "InStackPositionNumber") for frame in members} - {None}
    spread = max(heights, default=0.0) - min(heights, default=0.0)
    origin = n_slices == 1 and all(frame.geometry.position_mm == (0.0, 0.0, 0.0) for frame in members)
    if spread > SLICE_TOLERANCE_MM:
        sign = f"SliceLocation (0020,1041) spans {spread:.0f} mm"
    elif len(places) > 1:
        sign = f"InStackPositionNumber (0020,9057) has {len(places)} values"
    elif origin:
        sign = r"ImagePositionPatient is 0\0\0 in all of them"
    else:
        return ""
    return (
        f"every time is present {n_repeats} times at one position, but the images are of different slices: {sign}; "
        "export the original images with their positions"
    )


def _runs(members: Sequence[Frame], times: Times, n_repeats: int) -> tuple[str, list[list[Frame]]]:
    """Return the acquisitions of one slice in their order and what tells them apart; none where there is only one."""
    timed = list(zip(members, times, strict=True))
    for name, read in _COUNTERS:
        keyed = [(key, frame, time) for frame, time in timed if (key := read(frame.header)) is not None]
        if len(keyed) < len(timed) or len({key for key, _, _ in keyed}) < 2:
            continue
        keyed.sort(key=lambda entry: (entry[0], entry[1].tie_break))
        runs = _by_value(keyed) or (_by_order(keyed) if 1 < n_repeats <= _MOST_IN_ORDER else [])
        if runs:
            return name, runs
    return "", []


_Keyed = list[tuple[float, Frame, float | None]]


def _by_value(keyed: _Keyed) -> list[list[Frame]]:
    """Split by the values of a counter, if each value has an acquisition that begins at the same time."""
    groups: dict[float, list[tuple[Frame, float | None]]] = {}
    for key, frame, time in keyed:
        groups.setdefault(key, []).append((frame, time))
    firsts = [min((time for _, time in group if time is not None), default=None) for group in groups.values()]
    alike = all(_same(first, firsts[0]) for first in firsts)
    if not alike or min(len(group) for group in groups.values()) < _FEWEST_IMAGES:
        return []
    return [[frame for frame, _ in group] for group in groups.values()]


def _by_order(keyed: _Keyed) -> list[list[Frame]]:
    """Split where the time of the first image comes again, if the counter has gone up there."""
    runs: list[list[Frame]] = []
    last = -float("inf")
    for key, frame, time in keyed:
        if not runs or _same(time, keyed[0][2]):
            if key <= last:
                return []
            runs.append([])
        runs[-1].append(frame)
        last = key
    return runs if len(runs) > 1 and min(len(run) for run in runs) >= _FEWEST_IMAGES else []
