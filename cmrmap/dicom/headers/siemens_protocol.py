"""T2-preparation times from the measurement protocol that Siemens scanners store in every image.

The series header (0029,xx20) of the creator "SIEMENS CSA HEADER" holds the protocol as text between the marks
``### ASCCONV BEGIN`` and ``### ASCCONV END ###``, one ``name = value`` a line; a value of 0 has no line. It lists the
times of the whole series and not which image has which, so that they are given out in the order of acquisition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.private_tags import SIEMENS_SERIES_HEADER, private_value
from cmrmap.dicom.headers.values import number

_PROTOCOL = re.compile(r"### ASCCONV BEGIN.*?###(.*?)### ASCCONV END ###", re.DOTALL)
_ENTRY = re.compile(r"^\s*([\w.]+)\[(\d+)\]\s*=\s*([0-9.eE+-]+)\s*$", re.MULTILINE)
_PREPARATIONS = "sPrepPulses.adT2PrepDuration"
_WIP_TIMES, _WIP_COUNTS, _COUNT_INDEX = "sWiPMemBlock.adFree", "sWiPMemBlock.alFree", 2
_LONGEST_MS = 1000.0


def preparation_list_ms(frames: Sequence[Dataset]) -> tuple[float | None, ...]:
    """VE11B: ``sPrepPulses.adT2PrepDuration[]``, one entry an image but for the preparation of 0 ms, which is first.

    Parameters
    ----------
    frames : of one slice of a series

    Returns
    -------
    tuple of float or None
        one a frame, ms; all None where the protocol has no such list or leaves a doubt
    """
    listed = _in_index_order(_entries(frames, _PREPARATIONS))
    if len(listed) == len(frames) - 1:
        listed = (0.0, *listed)
    return _given_out(frames, listed)


def work_in_progress_list_ms(frames: Sequence[Dataset]) -> tuple[float | None, ...]:
    """VB17: the first ``sWiPMemBlock.alFree[2]`` entries of ``sWiPMemBlock.adFree[]``; 0 ms is written as 0.001.

    Parameters
    ----------
    frames : of one slice of a series

    Returns
    -------
    tuple of float or None
        one a frame, ms; all None where the protocol has no such list or leaves a doubt
    """
    count = _entries(frames, _WIP_COUNTS).get(_COUNT_INDEX, 0.0)
    return _given_out(frames, _in_index_order(_entries(frames, _WIP_TIMES))[: round(count)])


def _entries(frames: Sequence[Dataset], name: str) -> dict[int, float]:
    """One list of the protocol in the first frame's header, by index; empty where there is none."""
    stored = private_value(frames[0], SIEMENS_SERIES_HEADER) if frames else None
    match = _PROTOCOL.search(stored.decode("latin-1")) if isinstance(stored, bytes) else None
    found = _ENTRY.findall(match.group(1)) if match else []
    try:
        return {int(index): float(given) for entry, index, given in found if entry == name}
    except ValueError:
        return {}


def _in_index_order(entries: dict[int, float]) -> tuple[float, ...]:
    """Values, to 0.01 ms; none at all where an index between two others is missing: that might be any image's."""
    indices = sorted(entries)
    if not indices or indices[-1] - indices[0] != len(indices) - 1:
        return ()
    return tuple(round(entries[index], 2) for index in indices)


def _given_out(frames: Sequence[Dataset], times_ms: Sequence[float]) -> tuple[float | None, ...]:
    """Give the times to the images in the order of acquisition; to none where count or order leave a doubt."""
    nothing = (None,) * len(frames)
    if len(times_ms) != len(frames) or not all(0.0 <= time < _LONGEST_MS for time in times_ms):
        return nothing
    numbers = [number(frame, "InstanceNumber") for frame in frames]
    known = [found for found in numbers if found is not None]
    if len(set(known)) != len(frames):
        return nothing
    order = sorted(range(len(frames)), key=known.__getitem__)
    clocks = [clock for index in order if (clock := acquired_seconds(frames[index])) is not None]
    if clocks != sorted(clocks):
        return nothing
    given = dict(zip(order, times_ms, strict=True))
    return tuple(given[index] for index in range(len(frames)))
