"""Where an image plane lies in the patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array


@dataclass(frozen=True, slots=True)
class SliceGeometry:
    """Where one image plane lies in the patient (DICOM PS3.3 C.7.6.2).

    Attributes
    ----------
    position_mm : centre of the first pixel, LPS, mm (ImagePositionPatient)
    row_cosines, column_cosines : first and last three values of ImageOrientationPatient
    pixel_spacing_mm : (row spacing, column spacing) as in PixelSpacing
    slice_thickness_mm : None where the source does not say
    """

    position_mm: tuple[float, float, float]
    row_cosines: tuple[float, float, float]
    column_cosines: tuple[float, float, float]
    pixel_spacing_mm: tuple[float, float]
    slice_thickness_mm: float | None = None

    @property
    def normal(self) -> Float64Array:
        """Unit normal of the plane, shape (3,)."""
        cross = np.cross(np.asarray(self.row_cosines), np.asarray(self.column_cosines))
        return np.asarray(cross / np.linalg.norm(cross), dtype=np.float64)
