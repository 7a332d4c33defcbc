"""Where an image plane lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array

#: Cosine between the axes of two image planes down to which they show the same tissue: 2.6 degrees, which is 1.3 mm, a
#: pixel, at a wall 30 mm from the centre of the turn.
_SAME_PLANE_COSINE = 0.999
#: By how much the direction cosines, and the pixel spacings in mm, of slices may differ that one object states once for
#: all of them: what differs more would be stated wrongly. Rounding in the source's decimal strings stays below it.
_STATED_ONCE = 1e-4


@dataclass(frozen=True, slots=True)
class SliceGeometry:
    """Where one image plane lies in the patient (DICOM PS3.3 C.7.6.2).

    Attributes
    ----------
    position_mm : centre of the first pixel, LPS, mm (ImagePositionPatient)
    row_cosines, column_cosines : first and last three values of ImageOrientationPatient
    pixel_spacing_mm : (row spacing, column spacing) as in PixelSpacing
    slice_thickness_mm : None where the source does not say
    frame_of_reference_uid : where it is the same, positions of planes can be compared (DICOM PS3.3 C.7.4.1); ""
        where the source does not say
    """

    position_mm: tuple[float, float, float]
    row_cosines: tuple[float, float, float]
    column_cosines: tuple[float, float, float]
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None = None
    frame_of_reference_uid: str = ""

    @property
    def normal(self) -> Float64Array:
        """Unit normal of the plane, shape (3,), finite."""
        cross = np.cross(np.asarray(self.row_cosines), np.asarray(self.column_cosines))
        return np.asarray(cross / np.linalg.norm(cross), dtype=np.float64)

    def in_patient(self, row: float, column: float) -> Float64Array:
        """Return where a place of the image lies: LPS, mm, shape (3,) (DICOM PS3.3 C.7.6.2.1.1).

        Parameters
        ----------
        row, column : pixels, 0 is the centre of the first; fractions are allowed

        Returns
        -------
        (3,) finite, mm

        Examples
        --------
        >>> plane = SliceGeometry((10.0, 20.0, 30.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.5, 1.5))
        >>> plane.in_patient(row=2, column=4)
        array([16., 23., 30.])
        """
        down, right = row * self.pixel_spacing_mm[0], column * self.pixel_spacing_mm[1]
        offset = right * np.asarray(self.row_cosines) + down * np.asarray(self.column_cosines)
        return np.asarray(np.asarray(self.position_mm) + offset, dtype=np.float64)


def orientation_cosine(one: SliceGeometry, other: SliceGeometry) -> float:
    """Return the cosine between the rows or the columns of two images, whichever differ more.

    Parameters
    ----------
    one, other : the planes; where they lie plays no part

    Returns
    -------
    1 where rows and columns run the same ways, -1 where one of them runs against the other's
    """
    return min(
        sum(p * q for p, q in zip(one.row_cosines, other.row_cosines, strict=True)),
        sum(p * q for p, q in zip(one.column_cosines, other.column_cosines, strict=True)),
    )


def same_orientation(one: SliceGeometry, other: SliceGeometry) -> bool:
    """Tell whether two images are oriented alike: their planes parallel, and their rows running the same way.

    Parameters
    ----------
    one, other : the planes; where they lie plays no part

    Returns
    -------
    bool
        True for angles of up to 2.6 degrees
    """
    return orientation_cosine(one, other) >= _SAME_PLANE_COSINE


def same_frame_of_reference(one: SliceGeometry, other: SliceGeometry) -> bool:
    """Tell whether the positions of two planes can be compared; planes that do not say are taken to agree.

    Parameters
    ----------
    one, other : the planes

    Returns
    -------
    bool
        False only for planes that name two frames of reference
    """
    uids = {one.frame_of_reference_uid, other.frame_of_reference_uid} - {""}
    return len(uids) < 2


def stated_once(one: SliceGeometry, other: SliceGeometry) -> bool:
    """Tell whether one statement of orientation and pixel spacing is true of two slices: much closer than alike.

    Parameters
    ----------
    one, other : the planes; where they lie plays no part

    Returns
    -------
    bool
        True where cosines and spacings agree within 0.0001
    """
    pairs = (
        (one.row_cosines, other.row_cosines),
        (one.column_cosines, other.column_cosines),
        (one.pixel_spacing_mm, other.pixel_spacing_mm),
    )
    return all(abs(p - q) <= _STATED_ONCE for a, b in pairs for p, q in zip(a, b, strict=True))
