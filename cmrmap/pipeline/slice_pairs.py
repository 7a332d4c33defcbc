"""Which post-contrast slice lies at the place of a native one, or why none does."""

from __future__ import annotations

import numpy as np

from cmrmap.core.arrays import Float64Array, IntArray
from cmrmap.core.geometry import SliceGeometry, orientation_cosine, same_frame_of_reference, same_orientation

_SAME_PLACE_MM = 4.0  # half a usual slice thickness; used where the source gives none


def frames_apart(native: tuple[SliceGeometry, ...], post: tuple[SliceGeometry, ...]) -> str:
    """Say why no position of one series can be compared with one of the other; "" where they can be.

    The patient has left the table in between, or was registered anew (DICOM PS3.3 C.7.4.1).
    """
    if any(same_frame_of_reference(plane, other) for plane in native for other in post):
        return ""
    return (
        "native and post-contrast T1 have different frames of reference (0020,0052): their positions cannot be "
        "compared; if the patient did not move, set analysis.selection.across_frames_of_reference"
    )


def pair_slices(native: tuple[SliceGeometry, ...], post: tuple[SliceGeometry, ...]) -> IntArray:
    """Index of the post-contrast slice at the place of each native slice; -1 where there is none.

    Planes must be parallel, their rows must run the same way (the polar angle is measured from the image's axes),
    and they must lie within half a slice thickness of each other along the normal.
    """
    out = np.full(len(native), -1, dtype=np.intp)
    for index, plane in enumerate(native):
        offsets = _offsets_mm(plane, post)
        nearest_index = int(offsets.argmin()) if len(post) else -1
        if nearest_index >= 0 and offsets[nearest_index] <= _tolerance_mm(plane):
            out[index] = nearest_index
    return out


def unpaired_reason(plane: SliceGeometry, post: tuple[SliceGeometry, ...]) -> str:
    """Say why a native slice has no post-contrast slice at its place; "" where it has one."""
    offsets = _offsets_mm(plane, post)
    nearest_mm = float(offsets.min(initial=np.inf))
    if nearest_mm <= _tolerance_mm(plane):
        return ""
    if np.isfinite(nearest_mm):
        return (
            f"the nearest post-contrast T1 slice lies {nearest_mm:.1f} mm away; expected at most "
            f"{_tolerance_mm(plane):.1f} mm"
        )
    cosine = max((orientation_cosine(plane, other) for other in post), default=np.nan)
    turned = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    return f"the post-contrast T1 slices are rotated by {turned:.0f} degrees against it; expected the same orientation"


def _tolerance_mm(plane: SliceGeometry) -> float:
    return plane.slice_thickness_mm / 2 if plane.slice_thickness_mm else _SAME_PLACE_MM


def _offsets_mm(plane: SliceGeometry, others: tuple[SliceGeometry, ...]) -> Float64Array:
    """Return how far along the normal each other slice lies; infinity where it is turned."""
    out = np.full(len(others), np.inf)
    for index, other in enumerate(others):
        if same_orientation(plane, other):
            shift = np.asarray(other.position_mm) - np.asarray(plane.position_mm)
            out[index] = abs(float(shift @ plane.normal))
    return out
