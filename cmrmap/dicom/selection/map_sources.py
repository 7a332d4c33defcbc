"""The weighted images that a scanner's map was made from, and whether it lies where they do."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from cmrmap.core.geometry import same_orientation
from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.values import series_name, text, value
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.frame_group import FrameGroup
from cmrmap.dicom.selection.slices import Frame

_SAME_BREATH_S = 15.0  # between a map and the images that it was made from
_SAME_WIDTH = 0.02  # relative, of two fields of view


class SourceImages:
    """The weighted images of one weighting, found by what a map says of those that it was made from."""

    def __init__(self, weighted: Sequence[Candidate], weighting: Weighting) -> None:
        """Read every image's UID, series and time once.

        Parameters
        ----------
        weighted : the candidates with weighted images
        weighting : of the maps
        """
        self._by_uid: dict[str, list[Frame]] = {}
        self._by_series: dict[str, list[Frame]] = {}
        timed = []
        for image in (one for candidate in weighted if candidate.weighting is weighting for one in candidate.frames):
            self._by_uid.setdefault(image.sop_instance_uid, []).append(image)
            self._by_series.setdefault(image.series, []).append(image)
            if (clock := acquired_seconds(image.header)) is not None:
                timed.append((clock, image))
        timed.sort(key=lambda pair: pair[0])
        self._clocks = [clock for clock, _ in timed]
        self._in_time = [image for _, image in timed]

    def of_map(self, frame: Frame) -> list[Frame]:
        """Return the images that a map was made from: those it names, of its series, or the nearest in time.

        Parameters
        ----------
        frame : of a map
        """
        told = [image for uid in sorted(named_images(frame)) for image in self._by_uid.get(uid, ())]
        told = told or self._by_series.get(frame.series, [])
        moment = acquired_seconds(frame.header)
        if told or moment is None or not self._clocks:
            return told
        place = bisect_left(self._clocks, moment)
        nearest = min(self._clocks[max(place - 1, 0) : place + 1], key=lambda clock: abs(clock - moment))
        return [self._in_time[bisect_left(self._clocks, nearest)]] if abs(nearest - moment) <= _SAME_BREATH_S else []


def elsewhere(group: FrameGroup, sources: SourceImages) -> str:
    """Say why a map cannot lie where it says: the images that it was made from lie otherwise; "" where it can.

    Parameters
    ----------
    group : the map
    sources : the weighted images of its weighting
    """
    for frame in group.frames:
        for image in sources.of_map(frame):
            found = _otherwise(frame, image)
            if found:
                name = series_name(image.header)
                return f"{found} than the images that it was made from, in {name}; export both again"
    return ""


def named_images(frame: Frame) -> set[str]:
    """Return the SOP instance UIDs of the images that a map says it was made from."""
    keywords = ("SourceImageSequence", "ReferencedImageSequence")
    items = [item for keyword in keywords for item in value(frame.header, keyword) or ()]
    return {uid for item in items if (uid := text(item, "ReferencedSOPInstanceUID"))}


def off_plane_mm(frame: Frame, image: Frame) -> float:
    """Return how far a frame lies off the plane of an image, in mm."""
    way = np.asarray(frame.geometry.position_mm) - np.asarray(image.geometry.position_mm)
    return abs(float(way @ image.geometry.normal))


def _otherwise(frame: Frame, image: Frame) -> str:
    if not same_orientation(frame.geometry, image.geometry):
        return "it has another orientation"
    if off_plane_mm(frame, image) > max(image.geometry.slice_thickness_mm or 0.0, 1.0):
        return ""  # of another slice
    widths = [
        [size * step for size, step in zip(one.matrix, one.geometry.pixel_spacing_mm, strict=True)]
        for one in (frame, image)
    ]
    if any(abs(a - b) > _SAME_WIDTH * b for a, b in zip(*widths, strict=True)):
        shown = [f"{rows:.0f} x {columns:.0f} mm" for rows, columns in widths]
        return f"it covers {shown[0]}, another grid ({shown[1]})"
    return ""
