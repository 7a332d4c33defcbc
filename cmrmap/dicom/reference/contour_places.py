"""Which image of a mapped series a frame or a contour was drawn on, and whether its geometry is that image's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.dicom.reference.drawn import SAME_PLANE_MM, StudyImages
from cmrmap.dicom.reference.planar_contours import PlanarContour
from cmrmap.dicom.reference.segmentations import SegmentationFrame
from cmrmap.dicom.reference.structure_sets import filled

#: stack, slice, time; no time: the slice, without saying which of its images
Where = tuple[int, int, int | None]

_SAME_GRID_PX = 0.1  # what decimal strings and a viewer's single precision leave is far below
_SAME_SPACING = 1e-3
_SAME_DIRECTION = 1e-3
_PAIRS = 1 << 18  # of edges that are looked at together: memory
_NOWHERE = "it lies on no image of a mapped series"
#: what names images of the study, but none of a series that is mapped, has nothing to do with the maps
ELSEWHERE = "it was drawn on images of the study that are not mapped"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where something was drawn, or why that cannot be told; with a fault the places are those that it concerns."""

    places: tuple[Where, ...]
    fault: str = ""


def place_of_frame(frame: SegmentationFrame, frame_of_reference_uid: str, images: StudyImages) -> Placement:
    """Return the images that a frame of a segmentation was drawn on.

    Those that it names, or those under the maps that it names. Where these are frames of one object and nothing tells
    which, the slice that lies where it does. Where none of them is here, the slice of the one mapped series that lies
    there; with several such series nothing tells which one was meant.

    Parameters
    ----------
    frame : of a segmentation
    frame_of_reference_uid : of the segmentation; "" where it does not say
    images : of the study
    """
    named = images.named(frame.sources)
    if named:
        fault = next((one for place in named if (one := _fault(frame, frame_of_reference_uid, images, place))), "")
        return Placement(tuple(named), fault)
    among = images.series_of(frame.sources)
    if not among and images.holds(frame.sources):
        return Placement((), ELSEWHERE)
    if not frame.position_mm:
        return Placement((), _NOWHERE)
    slices = _slices(images, among)
    near = [one for one in slices if _in_plane(frame, images.stacks[one[0]].geometry[one[1]])]
    fits = [one for one in near if not _fault(frame, frame_of_reference_uid, images, one)]
    if not fits:
        return Placement((), _fault(frame, frame_of_reference_uid, images, near[0]) if near else _NOWHERE)
    return _only_series(fits, images)


def place_of_contour(contour: PlanarContour, images: StudyImages) -> Placement:
    """Return the images that a planar contour was drawn on; as for a frame, and it must lie in their plane.

    Parameters
    ----------
    contour : of a structure set
    images : of the study
    """
    named = images.named(contour.sources)
    if named:
        aside = any(_off(contour, images.stacks[place[0]].geometry[place[1]]) for place in named)
        return Placement(tuple(named), "a contour lies outside the plane of the image that it names" if aside else "")
    among = images.series_of(contour.sources)
    if not among and images.holds(contour.sources):
        return Placement((), ELSEWHERE)
    fits = [
        (index, s)
        for index, s in _slices(images, among)
        if _comparable(contour.frame_of_reference_uid, images.stacks[index].geometry[s])
        and not _off(contour, images.stacks[index].geometry[s])
    ]
    return _only_series(fits, images) if fits else Placement((), _NOWHERE)


def _slices(images: StudyImages, among: Collection[int]) -> list[tuple[int, int]]:
    """Return the slices of some stacks; of all where none is named."""
    chosen = among or range(len(images.stacks))
    return [(index, s) for index in sorted(chosen) for s in range(len(images.stacks[index].geometry))]


def _only_series(fits: list[tuple[int, int]], images: StudyImages) -> Placement:
    series = {index for index, _ in fits}
    if len(series) == 1:
        return Placement(tuple((index, s, None) for index, s in fits))
    names = " and ".join(images.stacks[index].kind.spec.name for index in sorted(series))
    return Placement(
        (), f"it names no image in the folder, and {names} have slices there; send the images that it was drawn on too"
    )


def _fault(frame: SegmentationFrame, frame_of_reference_uid: str, images: StudyImages, place: tuple[int, ...]) -> str:
    """Say how a frame's geometry differs from that of a slice; "" where it does not, or the frame does not say."""
    stack = images.stacks[place[0]]
    plane, matrix = stack.geometry[place[1]], stack.images.shape[2:]
    if frame.shape != matrix:
        return f"its matrix is {frame.shape[0]} x {frame.shape[1]}; expected the image's {matrix[0]} x {matrix[1]}"
    if not _comparable(frame_of_reference_uid, plane):
        return "its frame of reference differs from the image's"
    if len(frame.spacing_mm) == 2 and not np.allclose(frame.spacing_mm, plane.pixel_spacing_mm, rtol=_SAME_SPACING):
        told = " x ".join(f"{one:.4g}" for one in frame.spacing_mm)
        return f"its pixels are {told} mm; expected {' x '.join(f'{one:.4g}' for one in plane.pixel_spacing_mm)} mm"
    if len(frame.orientation) == 6:
        expected = (*plane.row_cosines, *plane.column_cosines)
        if not np.allclose(frame.orientation, expected, atol=_SAME_DIRECTION):
            return "its orientation differs from the image's"
    if len(frame.position_mm) == 3:
        offset = np.subtract(frame.position_mm, plane.position_mm)
        along = (offset @ np.asarray(plane.column_cosines), offset @ np.asarray(plane.row_cosines))
        aside = np.abs(np.divide(along, plane.pixel_spacing_mm)).max()
        if aside > _SAME_GRID_PX or abs(offset @ plane.normal) > SAME_PLANE_MM:
            return f"it lies {np.linalg.norm(offset):.1f} mm from the image"
    return ""


def _comparable(frame_of_reference_uid: str, plane: SliceGeometry) -> bool:
    return len({frame_of_reference_uid, plane.frame_of_reference_uid} - {""}) < 2


def _in_plane(frame: SegmentationFrame, plane: SliceGeometry) -> bool:
    offset = np.subtract(frame.position_mm, plane.position_mm)
    return bool(abs(offset @ plane.normal) < SAME_PLANE_MM)


def _off(contour: PlanarContour, plane: SliceGeometry) -> bool:
    return filled(contour.points_mm, plane, (1, 1)) is None


def crosses_itself(points_mm: Float64Array) -> bool:
    """Tell whether the edges of a closed polygon cross; those that touch or run along each other do not.

    A keyhole (PS3.3 C.8.8.6.3) runs along itself.

    Parameters
    ----------
    points_mm : (point, xyz) of a planar polygon
    """
    middle = points_mm - points_mm.mean(axis=0)
    flat = middle @ np.linalg.svd(middle, full_matrices=False)[2][:2].T
    start, end = flat, np.roll(flat, -1, axis=0)
    scale = max(float(np.ptp(flat, axis=0).max(initial=0.0)), 1e-9)

    def side(a: Float64Array, b: Float64Array, c: Float64Array) -> Float64Array:
        """(edge, edge) on which side of the line from a to b the point c lies; 0 for on it."""
        ab = (b - a)[:, None]
        ac = c[None] - a[:, None]
        found = ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]
        return np.asarray(np.where(np.abs(found) < 1e-9 * scale**2, 0.0, np.sign(found)), dtype=np.float64)

    step = max(_PAIRS // len(flat), 1)
    for first in range(0, len(flat), step):
        a, b = start[first : first + step], end[first : first + step]
        apart = side(a, b, start) * side(a, b, end)
        others = side(start, end, a) * side(start, end, b)
        if bool(((apart < 0) & (others.T < 0)).any()):
            return True
    return False
