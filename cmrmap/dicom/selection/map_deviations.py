"""The standard deviations that a scanner sent beside its maps: which of them are those of a map."""

from __future__ import annotations

from collections.abc import Sequence

from cmrmap.core.selected_series import FrameReference
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.map_sources import named_images, off_plane_mm
from cmrmap.dicom.selection.slices import SLICE_TOLERANCE_MM, Frame, same_grid
from cmrmap.dicom.selection.study_frames import MapFrame

#: the one "time" of a map: it has none of its own
NO_TIME_MS = 0.0
#: s: images that are made of one acquisition lie no further apart
SAME_MOMENT_S = 1.0


def deviations_of(chosen: Candidate, deviations: Sequence[MapFrame]) -> tuple[FrameReference, ...]:
    """Return the standard deviations that go with a map, at most one a slice: of its quantity, place, grid and moment.

    Where one of the two does not say when it was acquired, they go together only if they are of one series, if one
    names the other, or if both name the same images as their sources.

    Parameters
    ----------
    chosen : the map
    deviations : all that the study has
    """
    own = [one.frame for one in deviations if one.statement.weighting is chosen.weighting]
    found = []
    for index, members in enumerate(chosen.slices):
        frame = members[0]
        here = [one for one in own if same_grid(frame, one) and off_plane_mm(frame, one) <= SLICE_TOLERANCE_MM]
        here = [one for one in here if _of_one_acquisition(frame, one)]
        if len(here) == 1:  # two that fit are a doubt
            one = here[0]
            found.append(
                FrameReference(one.sop_instance_uid, one.path, one.frame_index, index, 0, NO_TIME_MS, one.geometry)
            )
    return tuple(found)


def _of_one_acquisition(frame: Frame, other: Frame) -> bool:
    moment, at = acquired_seconds(frame.header), acquired_seconds(other.header)
    if moment is not None and at is not None:
        return abs(at - moment) <= SAME_MOMENT_S
    if frame.series == other.series:
        return True
    named, named_there = named_images(frame), named_images(other)
    return bool(named & named_there) or frame.sop_instance_uid in named_there or other.sop_instance_uid in named
