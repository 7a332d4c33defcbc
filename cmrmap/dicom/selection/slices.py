"""Group the frames of a series by slice and order the slices from base to apex."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from cmrmap.core.geometry import SliceGeometry, same_frame_of_reference, same_orientation
from cmrmap.core.heart_axis import base_to_apex
from cmrmap.dicom.headers.values import number, text

SLICE_TOLERANCE_MM = 0.5  # frames closer than this along the normal are one slice
_SPACING_TOLERANCE = 1e-3  # relative


@dataclass(frozen=True, slots=True)
class Frame:
    """One usable frame with its flat header.

    Attributes
    ----------
    matrix : (rows, columns)
    tie_break : order of frames that are alike in everything else: instance number, then UID and frame
    """

    sop_instance_uid: str
    path: str
    frame_index: int
    header: Dataset
    geometry: SliceGeometry
    series: str = field(init=False)
    matrix: tuple[int, int] = field(init=False)
    tie_break: tuple[float, str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Take from the header, once, what is compared over and over."""
        header = self.header
        matrix = int(number(header, "Rows") or 0), int(number(header, "Columns") or 0)
        stated = number(header, "InstanceNumber")
        # one that is not stated must not come before those that are: the first counts, where images are alike
        tie_break = math.inf if stated is None else stated, self.sop_instance_uid, self.frame_index
        object.__setattr__(self, "series", text(header, "SeriesInstanceUID"))
        object.__setattr__(self, "matrix", matrix)
        object.__setattr__(self, "tie_break", tie_break)


def same_grid(one: Frame, other: Frame) -> bool:
    """Tell whether two frames have the same orientation, matrix and pixel spacing in one frame of reference."""
    a, b = one.geometry, other.geometry
    if one.matrix != other.matrix or not same_frame_of_reference(a, b):
        return False
    if any(abs(p - q) > _SPACING_TOLERANCE * p for p, q in zip(a.pixel_spacing_mm, b.pixel_spacing_mm, strict=True)):
        return False
    return same_orientation(a, b)


def split_by_grid(frames: Iterable[Frame]) -> list[list[Frame]]:
    """Split frames into lists of one orientation, matrix and spacing, in the order of first appearance."""
    groups: list[list[Frame]] = []
    for frame in frames:
        home = next((group for group in groups if same_grid(group[0], frame)), None)
        if home is None:
            groups.append([frame])
        else:
            home.append(frame)
    return groups


def group_slices(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Return the frames slice by slice, base first, each slice in the order of its instance numbers.

    Parameters
    ----------
    frames : of one grid (see :func:`split_by_grid`); file order does not matter
    """
    reference = min(frames, key=lambda frame: frame.sop_instance_uid)
    axis = [float(component) for component in base_to_apex(reference.geometry)[0]]

    def along(frame: Frame) -> float:
        return sum(p * q for p, q in zip(frame.geometry.position_mm, axis, strict=True))

    slices: list[list[Frame]] = []
    last = -math.inf
    for position, frame in sorted(
        ((along(frame), frame) for frame in frames), key=lambda pair: (pair[0], pair[1].tie_break)
    ):
        if position - last > SLICE_TOLERANCE_MM:
            slices.append([])
        slices[-1].append(frame)
        last = position
    return [sorted(members, key=lambda frame: frame.tie_break) for members in slices]
