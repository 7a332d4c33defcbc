"""At what time of day the images of a phantom study are taken."""

from __future__ import annotations

from cmrmap.phantom.parameters import SeriesParameters

_STUDY_START_HOUR = 10
#: usual series: from image to image
_IMAGE_S = 2
#: simulated series: from the first image of a slice to that of the next
_BREATH_HOLD_S = 30.0


def clock(minute: int, image: int) -> str:
    """Time of day (DICOM TM) of an image of a series that starts ``minute`` minutes after ten."""
    return _time_of_day(60 * minute + _IMAGE_S * image)


def acquired_at(series: SeriesParameters, start_minute: int, slice_index: int, time: int, instance: int) -> str:
    """Time of day of an image; in a simulated series that of its beat, whatever its place by inversion time."""
    if series.protocol is None:
        return clock(start_minute, instance)
    images = series.images[slice_index]
    beat_ms = images.centres_ms[series.protocol.order(images)[time]] - images.centres_ms[0]
    microseconds = round(1e6 * _BREATH_HOLD_S * slice_index + 1e3 * beat_ms)
    whole, rest = divmod(microseconds, 1_000_000)
    return f"{_time_of_day(60 * start_minute + whole)}.{rest:06d}"


def _time_of_day(second: int) -> str:
    total = 3600 * _STUDY_START_HOUR + second
    return f"{total // 3600:02d}{total // 60 % 60:02d}{total % 60:02d}"
