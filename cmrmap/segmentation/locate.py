"""Where the left ventricle is: places that the coarse network proposes, and what the slices of a stack agree on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from torch import Tensor

from cmrmap.core.arrays import Float64Array
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.segmentation.network import StackUNet, class_probabilities
from cmrmap.segmentation.preprocess import COARSE_PIXEL_MM, normalise, pad_about, resample

#: (row, column) as fractions of the field of view
Place = tuple[float, float]

_COARSE_SIZE = 96  # rows and columns of the training views: smaller images are padded to it
_MIN_LV_PROBABILITY = 0.2  # below this, nothing in the field of view resembles a left ventricle
_APART_MM = 25.0  # of two proposals at least
_WIDTH_MM = 8.0  # about a small ventricle's radius: proposals are the peaks of probability added up over it
_LEAST_OF_FIRST = 0.1
_MOST_PLACES = 4
_ASIDE_MM = 40.0  # of one slice's heart from the others': more than an oblique long axis explains
_FEWEST_SLICES = 3


def ventricle_places(images: Tensor, spacing: tuple[float, float], network: StackUNet) -> tuple[Place, ...]:
    """Where the left ventricle may be, agreed on by all images; the likeliest first, none where nothing resembles one.

    The first is the middle of the largest object, the others are peaks elsewhere.

    Parameters
    ----------
    images : (image, row, column) of one slice
    spacing : (row, column) mm
    network : the coarse one
    """
    probability = look_at_all(images, spacing, network).mean(0).numpy()
    smooth = ndimage.gaussian_filter(probability, 1.0)
    if smooth.max() < _MIN_LV_PROBABILITY:
        return ()
    objects, _ = ndimage.label(smooth > 0.5 * smooth.max())
    masses = ndimage.sum_labels(smooth, objects, np.arange(1, objects.max() + 1))
    found = [np.asarray(ndimage.center_of_mass(smooth, objects, int(np.argmax(masses)) + 1))]
    found += _peaks(ndimage.gaussian_filter(probability, _WIDTH_MM / COARSE_PIXEL_MM), found[0])
    size = np.array(probability.shape)
    return tuple((float(row), float(column)) for row, column in ((place + 0.5) / size for place in found))


def look_at_all(images: Tensor, spacing: tuple[float, float], network: StackUNet) -> Tensor:
    """Return the probability (image, row, column) of the left ventricle over the field of view, at ``COARSE_PIXEL_MM``.

    Parameters
    ----------
    images, spacing, network : as in :func:`ventricle_places`
    """
    small = resample(images, spacing, COARSE_PIXEL_MM)
    # in the middle, where the training has seen hearts: at an edge those of small fields of view are missed
    stride = network.stride
    padded, inside = pad_about(small, *(max(_COARSE_SIZE, -(-count // stride) * stride) for count in small.shape[-2:]))
    seen = class_probabilities(network, normalise(padded))[:, [Label.MYOCARDIUM, Label.CAVITY]].sum(1)
    return seen[(slice(None), *inside)]


def _peaks(wide: Float64Array, first: Float64Array) -> list[Float64Array]:
    """Peaks (row, column) of ``wide`` apart from ``first`` and from each other, highest first."""
    rows, columns = np.indices(wide.shape)
    # the slope of a peak already taken is none
    left = np.where(wide == ndimage.maximum_filter(wide, 3), wide, 0)
    least = _LEAST_OF_FIRST * wide.max()
    peaks: list[Float64Array] = []
    place = first
    while len(peaks) + 1 < _MOST_PLACES:
        left[np.hypot(rows - place[0], columns - place[1]) * COARSE_PIXEL_MM < _APART_MM] = 0
        if left.max() <= least:
            break
        place = np.array(np.unravel_index(int(left.argmax()), left.shape), dtype=np.float64)
        peaks.append(place)
    return peaks


def places_by_the_others(
    places: Sequence[Place | None], shapes: Sequence[tuple[int, int]], geometry: Sequence[SliceGeometry]
) -> tuple[Place | None, ...]:
    """For each slice of a stack None, or the place of the others' heart where its own lies aside.

    A heart runs through its short-axis slices: seen along their normal, it stays within ``_ASIDE_MM``. Under three
    slices nothing tells which of them is wrong.

    Parameters
    ----------
    places : of each slice's heart; None where it was not found
    shapes : (rows, columns) of the slices
    geometry : of the slices
    """
    none: tuple[Place | None, ...] = (None,) * len(places)
    known, points = [], []
    for index, place in enumerate(places):
        if place is not None:
            known.append(index)
            row, column = (fraction * count - 0.5 for fraction, count in zip(place, shapes[index], strict=True))
            points.append(geometry[index].in_patient(row, column))
    if len(known) < _FEWEST_SLICES:
        return none
    normal = geometry[known[0]].normal
    flat = np.array(points) - np.outer(np.array(points) @ normal, normal)
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    middle = int(np.minimum(distances, _ASIDE_MM).sum(1).argmin())
    if 2 * np.count_nonzero(distances[middle] <= _ASIDE_MM) <= len(known):
        return none
    found = list(none)
    for index, distance in zip(known, distances[middle], strict=True):
        if distance > _ASIDE_MM:
            found[index] = _in_slice(points[middle], shapes[index], geometry[index])
    return tuple(found)


def _in_slice(point: Float64Array, shape: tuple[int, int], geometry: SliceGeometry) -> Place | None:
    """Place of a point (LPS, mm) seen along the slice's normal; None outside its field of view."""
    offset = point - np.asarray(geometry.position_mm)
    row, column = offset @ np.asarray(geometry.column_cosines), offset @ np.asarray(geometry.row_cosines)
    spacing = geometry.pixel_spacing_mm
    place = (float((row / spacing[0] + 0.5) / shape[0]), float((column / spacing[1] + 0.5) / shape[1]))
    return place if all(0 < fraction < 1 for fraction in place) else None
