"""Slices of a series that the map of the series does not hold, because they lie on another grid than the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from cmrmap.core.geometry import same_orientation
from cmrmap.core.heart_axis import base_to_apex
from cmrmap.dicom.selection.candidates import Candidate
from cmrmap.dicom.selection.series_rules import is_motion_corrected
from cmrmap.dicom.selection.slices import SLICE_TOLERANCE_MM, Frame


def told_set_aside(best: Candidate, others: Iterable[Candidate]) -> str:
    """Say how many slices of the chosen series are not in its map; "" where none is missing.

    One object states orientation, matrix and pixel spacing once, so that slices which differ in these are candidates of
    their own. A long axis among them is another view, a copy of a slice is no other slice, and neither is missing.

    Parameters
    ----------
    best : the candidate that is mapped
    others : the usable ones beside it
    """
    series = {frame.series for frame in best.frames}
    corrected = is_motion_corrected(best.first.header)
    parts = [
        other
        for other in others
        if not other.is_superseded
        and series & {frame.series for frame in other.frames}
        and is_motion_corrected(other.first.header) is corrected
        and same_orientation(best.first.geometry, other.first.geometry)
    ]
    missing = [members for part in parts for members in part.slices if not _is_there(members[0], best.slices)]
    if not missing:
        return ""
    n_slices = f"{len(missing)} slices of {best.name} are" if len(missing) > 1 else f"1 slice of {best.name} is"
    return (
        f"{n_slices} not mapped: orientation, matrix, pixel spacing or frame of reference differ from the "
        f"{len(best.slices)} that {'are' if len(best.slices) > 1 else 'is'}"
    )


def _is_there(one: Frame, slices: Sequence[Sequence[Frame]]) -> bool:
    """Tell whether the map has a slice at this place along its normal."""
    axis = base_to_apex(slices[0][0].geometry)[0]
    near = max(SLICE_TOLERANCE_MM, (one.geometry.slice_thickness_mm or 0.0) / 2.0)
    return any(
        abs(float(axis @ (np.asarray(one.geometry.position_mm) - np.asarray(members[0].geometry.position_mm)))) < near
        for members in slices
    )
