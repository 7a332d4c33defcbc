"""When an image was acquired, as far as its header says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydicom.dataset import Dataset

from cmrmap.dicom.headers.values import text

SECONDS_A_DAY = 86400.0


def start_seconds(headers: Iterable[Dataset]) -> float | None:
    """Return when the earliest image was acquired, in seconds; None where no image says.

    Parameters
    ----------
    headers : of images
    """
    return min((start for header in headers if (start := acquired_seconds(header)) is not None), default=None)


def acquired_seconds(header: Dataset) -> float | None:
    """Return the acquisition's date and time as seconds; comparable within a study only.

    Parameters
    ----------
    header : of an image, or of one frame

    Returns
    -------
    float or None
        None where no time is stated; without a date the seconds of the day
    """
    stamp = text(header, "FrameAcquisitionDateTime") or text(header, "AcquisitionDateTime")
    day, clock = (stamp[:8], stamp[8:]) if stamp else ("", "")
    if not clock:
        day = text(header, "AcquisitionDate") or text(header, "SeriesDate") or text(header, "StudyDate")
        clock = text(header, "AcquisitionTime") or text(header, "SeriesTime")
    seconds = clock_seconds(clock)
    if seconds is None:
        return None
    try:
        days = date(int(day[:4]), int(day[4:6]), int(day[6:8])).toordinal() if len(day) >= 8 else 0
    except ValueError:
        return None
    return days * SECONDS_A_DAY + seconds


def clock_seconds(clock: str) -> float | None:
    """Return a time of day (DICOM TM, or the end of a DT) as seconds; None where it is none.

    Parameters
    ----------
    clock : HHMM, HHMMSS or HHMMSS.ffffff; an offset from UTC behind it is left out
    """
    clock = clock.split("+")[0].split("-")[0].strip()
    if len(clock) < 4 or not clock[:4].isdigit():
        return None
    try:
        seconds = float(clock[4:] or 0.0)
    except ValueError:
        return None
    return int(clock[:2]) * 3600.0 + int(clock[2:4]) * 60.0 + seconds
