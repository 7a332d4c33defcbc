"""The left ventricle of one image as a shape: largest object, holes, Euler number, eccentricity (Zhu 2020)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.outlines import Label

# Foreground joins across corners and background does not: a wall one pixel thin that runs diagonally stays closed.
_EIGHT = np.ones((3, 3), dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class HeartShape:
    """The left ventricle of one image after largest object and pinholes.

    Attributes
    ----------
    wall : (row, column) bool, the largest object of the myocardium label; may be empty
    cavity : (row, column) bool, the wall's largest hole; where it has none, the cavity label's largest object
    right_ventricle : (row, column) bool, largest object outside wall and cavity
    euler_number : objects minus holes of the wall; 0 for a closed ring, 1 for an open one
    eccentricity : in the patient, of the ellipse with the wall's second moments; NaN where there is no wall
    pixel_aspect : row spacing over column spacing
    """

    wall: BoolArray
    cavity: BoolArray
    right_ventricle: BoolArray
    euler_number: int
    eccentricity: float
    pixel_aspect: float = 1.0

    @property
    def body(self) -> BoolArray:
        """Wall and cavity together."""
        return np.asarray(self.wall | self.cavity, dtype=np.bool_)

    def passes(self, eccentricity_limit: float) -> bool:
        """Whether the wall is one ring, round enough (Zhu 2020, "Processing Pipeline")."""
        return self.euler_number == 0 and self.eccentricity < eccentricity_limit

    def labels(self) -> LabelArray:
        """(row, column) uint8 of ``Label``; the left ventricle goes over the right."""
        out = np.zeros(self.wall.shape, dtype=np.uint8)
        out[self.right_ventricle] = Label.RIGHT_VENTRICLE
        out[self.cavity] = Label.CAVITY
        out[self.wall] = Label.MYOCARDIUM
        return out


def dice(one: BoolArray, other: BoolArray) -> float:
    """Return twice the intersection over the sum of both areas; NaN where both are empty."""
    total = int(np.count_nonzero(one)) + int(np.count_nonzero(other))
    return 2.0 * int(np.count_nonzero(one & other)) / total if total else float("nan")


def largest_object(mask: BoolArray) -> BoolArray:
    """Return the largest 8-connected object of a mask, the first of equals; empty stays empty."""
    labelled, count = ndimage.label(mask, structure=_EIGHT)
    if count <= 1:
        return mask
    sizes = np.bincount(labelled.ravel())
    sizes[0] = 0
    return np.asarray(labelled == int(sizes.argmax()), dtype=np.bool_)


def eccentricity(mask: BoolArray, pixel_aspect: float = 1.0) -> float:
    """Return the eccentricity of the ellipse with the mask's second central moments; NaN for an empty mask.

    ``pixel_aspect`` is row spacing over column spacing: a heart is as round as it is in the patient.

    Each pixel counts as a square (1/12 on the diagonal), as in MATLAB's regionprops; scikit-image's counts points.
    """
    if not mask.any():
        return float("nan")
    to_square = np.array([pixel_aspect, 1.0])
    minor, major = np.linalg.eigvalsh(second_moments(mask) * np.outer(to_square, to_square))
    return float(np.sqrt(max(0.0, 1.0 - minor / major)))


def second_moments(mask: BoolArray) -> Float64Array:
    """Return the (2, 2) second central moments in (row, column), pixels squared, of a mask that is not empty."""
    points = np.stack(np.nonzero(mask)).astype(np.float64)
    points -= points.mean(axis=1, keepdims=True)
    return np.asarray(points @ points.T / points.shape[1] + np.eye(2) / 12.0, dtype=np.float64)


def heart_shape(labels: LabelArray, pinhole_pixels: int, pixel_aspect: float = 1.0) -> HeartShape:
    """Take one label image apart.

    The wall's holes are its 4-connected background regions that do not reach the outside. A hole of at most
    ``pinhole_pixels`` that holds no cavity label is a speck of the network, not anatomy, and is filled before the
    check. The cavity is the whole largest hole: papillary muscles and specks in it belong to it.

    Parameters
    ----------
    labels : (row, column) uint8 of ``Label``
    pinhole_pixels : largest hole, in pixels, that is filled
    pixel_aspect : row spacing over column spacing
    """
    heart = labels > 0
    box = ndimage.find_objects(heart.astype(np.uint8))
    if not box or box[0] is None:
        empty = np.zeros(labels.shape, dtype=np.bool_)
        return HeartShape(empty, empty, empty, 0, float("nan"), pixel_aspect)
    rows, columns = box[0]
    part = np.pad(labels[rows, columns], 1)
    wall = largest_object(part == Label.MYOCARDIUM)
    blood = part == Label.CAVITY
    holes, n_holes = _holes(wall)
    real: list[int] = []
    for hole in range(1, n_holes + 1):
        region = holes == hole
        if np.count_nonzero(region) <= pinhole_pixels and not (region & blood).any():
            wall = wall | region
        else:
            real.append(hole)
    if real:
        sizes = [np.count_nonzero(holes == hole) for hole in real]
        cavity = holes == real[int(np.argmax(sizes))]
    else:
        cavity = largest_object(blood)
    outside = (part == Label.RIGHT_VENTRICLE) & ~wall & ~cavity & ~np.isin(holes, real)
    euler = 1 - len(real) if wall.any() else 0
    parts = []
    for mask in (wall, cavity, largest_object(outside)):
        whole = np.zeros(labels.shape, dtype=np.bool_)
        whole[rows, columns] = mask[1:-1, 1:-1]
        parts.append(whole)
    return HeartShape(parts[0], parts[1], parts[2], euler, eccentricity(wall, pixel_aspect), pixel_aspect)


def _holes(wall: BoolArray) -> tuple[npt.NDArray[np.int32], int]:
    """Return the holes of a wall that is padded by one pixel: (row, column) labels from 1, and their count."""
    background, _ = ndimage.label(~wall)
    outside = background[0, 0]
    holes, count = ndimage.label((background != outside) & ~wall)
    return np.asarray(holes), int(count)
