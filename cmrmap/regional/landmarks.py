"""Right-ventricular insertion points from the labels, named anterior and inferior by the patient's axes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import Label
from cmrmap.regional.circle import circular_median, patient_direction, patient_way, wrapped
from cmrmap.regional.insertion_points import InsertionPoints, PointSource

# From inferior to anterior wall in a heart of usual axis (apex to the left, forward and down), LPS: forward and up.
_ANTERIOR = np.array([0.0, -0.6, 0.8])
_CLEAR = 0.3  # cosine from which the torso's axes alone decide which end is anterior
_CONTACT_PIXELS = 2.5
_LEAST_CONTACT = 5
_ARC_RANGE_RAD = (np.deg2rad(20.0), np.deg2rad(175.0))
_STRAY_RAD = np.deg2rad(60.0)


def angle_of(point: tuple[float, float], centre: tuple[float, float]) -> float:
    """Return the image angle of a point about a centre, rad; for points marked by hand.

    Parameters
    ----------
    point, centre : (row, column), px

    Returns
    -------
    float
        rad, -pi to pi, from the +column axis towards +row

    Examples
    --------
    >>> import math
    >>> angle_of((40.0, 30.0), centre=(30.0, 30.0)) == math.pi / 2
    True
    """
    return float(np.arctan2(point[0] - centre[0], point[1] - centre[1]))


def marked_fault(anterior_rad: float, inferior_rad: float, geometry: SliceGeometry) -> str:
    """Say why insertion points that were marked by hand cannot be right; "" where they may be.

    The torso's axes tell which one is anterior wherever the heart lies in it; planes in which they tell nothing are
    believed.

    Parameters
    ----------
    anterior_rad, inferior_rad : image angles, see ``angle_of``
    geometry : of the slice
    """
    apart = abs(float(wrapped(inferior_rad - anterior_rad)))
    if not _ARC_RANGE_RAD[0] <= apart <= _ARC_RANGE_RAD[1]:
        least, most = np.rad2deg(_ARC_RANGE_RAD)
        return f"lie {np.rad2deg(apart):.0f} degrees apart about the ventricle; expected {least:.0f} to {most:.0f}"
    if float(patient_way(inferior_rad, anterior_rad, geometry) @ _ANTERIOR) <= -_CLEAR:
        return "are swapped: the one labelled anterior lies below and behind the other"
    return ""


def apex_direction(geometry: tuple[SliceGeometry, ...]) -> Float64Array | None:
    """Return the unit vector (LPS) from the first slice (base) to the last (apex); None where they do not differ.

    Parameters
    ----------
    geometry : one per slice

    Returns
    -------
    (3,) finite, or None
    """
    if len(geometry) < 2:
        return None
    normal = geometry[0].normal
    way = float(normal @ (np.asarray(geometry[-1].position_mm) - np.asarray(geometry[0].position_mm)))
    return None if abs(way) < 1e-3 else np.asarray(np.sign(way) * normal, dtype=np.float64)


def find_insertion_points(
    labels: LabelArray,
    usable: BoolArray,
    geometry: tuple[SliceGeometry, ...],
    *,
    apex: Float64Array | None = None,
    manual: Mapping[int, tuple[float, float]] | None = None,
) -> InsertionPoints:
    """Find the insertion points of every slice.

    In each usable image the arc over which the right ventricle lies on the left one's epicardium (within 2.5
    pixels) is measured; the median of each end over the slice's images is taken. Its anterior end is the one further
    forward and up in the patient. In planes where that decides nothing, the heart's handedness does: seen with the
    septum and the apex known, there is one side left for the anterior wall.

    A slice in which no arc is found, or one turned by more than 60 degrees against the others, takes the angles of
    the slices beside it (interpolated between two). Where no slice has any, none is reported, with the reason.

    Parameters
    ----------
    labels : (slice, time, row, column) uint8 of ``Label``
    usable : (slice, time)
    geometry : one per slice
    apex : (3,) unit vector from base to apex, see ``apex_direction``; None where the order is not sure
    manual : slice index -> (anterior, inferior) image angles, see ``angle_of``; go before everything else

    Returns
    -------
    InsertionPoints
        of every slice, with its source; NaN where none are known

    Raises
    ------
    InputError
        shapes that do not match, or a manual slice that does not exist
    """
    n_slices = labels.shape[0]
    given = dict(manual or {})
    if len(geometry) != n_slices or usable.shape != labels.shape[:2]:
        raise InputError(
            f"labels, usable and geometry must share their {n_slices} slices; found {usable.shape[0]} and "
            f"{len(geometry)}"
        )
    if not set(given) <= set(range(n_slices)):
        raise InputError(f"manual insertion points name slices {sorted(given)}; expected 0 to {n_slices - 1}")
    ends = np.full((n_slices, 2), np.nan)
    reasons = [""] * n_slices
    for s in range(n_slices):
        found = _measured_ends(labels[s], usable[s], geometry[s], apex)
        if isinstance(found, str):
            reasons[s] = found
        else:
            ends[s] = found
    for s in _strays(ends):
        ends[s] = np.nan
        reasons[s] = "the right ventricle found is rotated by more than 60 degrees from the other slices"
    measured = np.isfinite(ends).all(axis=1)
    sources = [PointSource.MEASURED if m else PointSource.NONE for m in measured]
    for s, angles in given.items():
        ends[s], sources[s], reasons[s] = angles, PointSource.MANUAL, ""
    known = np.flatnonzero(np.isfinite(ends).all(axis=1))
    filled = ends.copy()
    for s in range(n_slices):
        if s not in known and known.size:
            filled[s] = _between_neighbours(ends, known, s)
            sources[s] = PointSource.NEIGHBOUR
    return InsertionPoints(filled[:, 0], filled[:, 1], tuple(sources), tuple(reasons))


@remembered
def _measured_ends(
    labels: LabelArray, usable: BoolArray, geometry: SliceGeometry, apex: Float64Array | None
) -> tuple[float, float] | str:
    """(anterior, inferior) of one slice, labels (time, row, column); or why there is none."""
    arcs = [arc for t in np.flatnonzero(usable) if (arc := _contact_arc(labels[t])) is not None]
    if not arcs:
        return "no right ventricle beside the left one in any image of the slice"
    first = circular_median(np.array([a[0] for a in arcs]))
    second = circular_median(np.array([a[1] for a in arcs]))
    septum = first + float(np.mod(second - first, 2 * np.pi)) / 2
    direction = patient_way(first, second, geometry)
    forward = float(direction @ _ANTERIOR)
    if abs(forward) < _CLEAR and apex is not None:
        # Septum (right), anterior and apex form a right-handed frame in a heart of usual situs.
        forward = float(direction @ np.cross(patient_direction(septum, geometry), apex))
    if abs(forward) < _CLEAR:
        return "the image plane does not show which insertion point is anterior"
    return (second, first) if forward > 0 else (first, second)


def _contact_arc(labels: LabelArray) -> tuple[float, float] | None:
    """First and last image angle, in the sense of rising angle, of the right ventricle's contact with the left."""
    body = (labels == Label.MYOCARDIUM) | (labels == Label.CAVITY)
    ventricle = labels == Label.RIGHT_VENTRICLE
    if not body.any() or not ventricle.any():
        return None
    rows, columns = ndimage.find_objects(body.astype(np.uint8))[0]
    margin = int(np.ceil(_CONTACT_PIXELS)) + 1
    window = (
        slice(max(rows.start - margin, 0), rows.stop + margin),
        slice(max(columns.start - margin, 0), columns.stop + margin),
    )
    body, ventricle = body[window], ventricle[window]
    body = np.asarray(ndimage.binary_fill_holes(body), dtype=np.bool_)
    centre = [axis.mean() for axis in np.nonzero(body)]
    contact = ventricle & (ndimage.distance_transform_edt(~body) <= _CONTACT_PIXELS)
    if np.count_nonzero(contact) < _LEAST_CONTACT:
        return None
    y, x = np.nonzero(contact)
    angles = np.sort(np.arctan2(y - centre[0], x - centre[1]))
    gaps = np.diff(np.append(angles, angles[0] + 2 * np.pi))
    widest = int(gaps.argmax())
    extent = 2 * np.pi - float(gaps[widest])
    if not _ARC_RANGE_RAD[0] <= extent <= _ARC_RANGE_RAD[1]:
        return None
    return float(angles[(widest + 1) % angles.size]), float(angles[widest])


def _strays(ends: Float64Array) -> list[int]:
    """Slices whose septum points elsewhere than that of the others; needs three to tell."""
    known = np.flatnonzero(np.isfinite(ends).all(axis=1))
    if known.size < 3:
        return []
    middle = ends[known, 0] + wrapped(ends[known, 1] - ends[known, 0]) / 2
    away = np.abs(wrapped(middle - circular_median(middle))) > _STRAY_RAD
    return [int(s) for s in known[away]]


def _between_neighbours(ends: Float64Array, known: np.typing.NDArray[np.intp], s: int) -> Float64Array:
    """Angles of the slice beside, or interpolated between the nearest on either side."""
    before, after = known[known < s], known[known > s]
    if before.size and after.size:
        low, high = int(before[-1]), int(after[0])
        share = (s - low) / (high - low)
        return wrapped(ends[low] + share * wrapped(ends[high] - ends[low]))
    return np.asarray(ends[int(before[-1] if before.size else after[0])], dtype=np.float64)
