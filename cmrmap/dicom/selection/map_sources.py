"""The weighted images that a scanner's map was made from, and whether it lies where they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cmrmap.core.geometry import same_orientation
from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.headers.values import text, value
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.frame_group import FrameGroup
from cmrmap.dicom.selection.slices import Frame

_SAME_BREATH_S = 15.0  # between a map and the images that it was made from
_SAME_WIDTH = 0.02  # relative, of two fields of view


def elsewhere(group: FrameGroup, weighted: Sequence[Candidate], weighting: Weighting) -> str:
    """Say why a map cannot lie where it says: the images that it was made from lie otherwise; "" where it can.

    Parameters
    ----------
    group : the map
    weighted : the candidates with weighted images
    weighting : of the map
    """
    for frame in group.frames:
        for image in _own_images(frame, weighted, weighting):
            found = _otherwise(frame, image)
            if found:
                name = text(image.header, "SeriesNumber") or "without number"
                return f"{found} than the images that it was made from, in series {name}; export both again"
    return ""


def named_images(frame: Frame) -> set[str]:
    """Return the SOP instance UIDs of the images that a map says it was made from."""
    keywords = ("SourceImageSequence", "ReferencedImageSequence")
    items = [item for keyword in keywords for item in value(frame.header, keyword) or ()]
    return {uid for item in items if (uid := text(item, "ReferencedSOPInstanceUID"))}


def _own_images(frame: Frame, weighted: Sequence[Candidate], weighting: Weighting) -> list[Frame]:
    """Return the weighted images that a map was made from: those it names, of its series, or the nearest in time."""
    named = named_images(frame)
    images = [one for candidate in weighted if candidate.weighting is weighting for one in candidate.frames]
    told = [one for one in images if one.sop_instance_uid in named]
    told = told or [one for one in images if one.series == frame.series]
    moment = acquired_seconds(frame.header)
    if told or moment is None:
        return told
    apart = [(abs(at - moment), one) for one in images if (at := acquired_seconds(one.header)) is not None]
    nearest = min(apart, key=lambda pair: pair[0], default=None)
    return [] if nearest is None or nearest[0] > _SAME_BREATH_S else [nearest[1]]


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
