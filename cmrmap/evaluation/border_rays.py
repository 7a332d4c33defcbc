"""Where borders lie along rays about one centre, in millimetres, and the image along the same rays.

Rays are fans: each is as wide as its distance to the next, and borders and greys are averaged over its width. So a
single pixel decides nothing, and no part of a border is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.alignment.bilinear import sample
from cmrmap.alignment.contours import contour_radii, wall_masks
from cmrmap.alignment.polar import in_pixels
from cmrmap.core.arrays import Float64Array, FloatArray, LabelArray

N_RAYS = 24
N_PARTS = 5  # of a ray's width: 1.3 mm apart at a border 25 mm from the centre
RAY_WIDTH_RAD = 2 * np.pi / N_RAYS
_STEP_MM = 0.25
_OPEN_MM = 1.0  # a wall thinner than this is none: the outflow tract, where a reader leaves it open


@dataclass(frozen=True, slots=True)
class Rays:
    """Rays about one point of an image.

    Attributes
    ----------
    centre : (row, column), pixels
    spacing_mm : (row spacing, column spacing)
    """

    centre: tuple[float, float]
    spacing_mm: tuple[float, float]

    @property
    def directions(self) -> Float64Array:
        """(ray, part) angles on the pixel grid, from the +column axis towards +row; they are even in the patient."""
        edges = (np.arange(N_RAYS * N_PARTS, dtype=np.float64) + 0.5) * (2 * np.pi / (N_RAYS * N_PARTS))
        return in_pixels(edges, self.spacing_mm[0] / self.spacing_mm[1]).reshape(N_RAYS, N_PARTS)

    @property
    def middles(self) -> Float64Array:
        """(ray,) direction of the middle of each ray, as in ``directions``."""
        return self.directions[:, N_PARTS // 2]

    @property
    def pixel_mm(self) -> Float64Array:
        """(ray, part) length of one pixel along each direction."""
        down, right = self.spacing_mm
        return np.hypot(np.sin(self.directions) * down, np.cos(self.directions) * right)

    def radii_mm(self, labels: LabelArray) -> Float64Array:
        """(endocardium or epicardium, ray, part) distance of the borders of one image's labels from the centre.

        All NaN where the labels enclose no cavity, or their ventricle does not hold the centre: then they are of
        something else. NaN in directions without a wall.
        """
        masks = wall_masks(labels)
        nothing = np.full((2, N_RAYS, N_PARTS), np.nan)
        if masks is None:
            return nothing
        row, column = (round(at) - origin for at, origin in zip(self.centre, masks.origin, strict=True))
        height, width = masks.filled.shape
        if not (0 <= row < height and 0 <= column < width and masks.filled[row, column]):
            return nothing
        pixels = np.array(contour_radii(masks, self.centre, self.directions.ravel()))
        radii = pixels.reshape(2, N_RAYS, N_PARTS) * self.pixel_mm
        return np.asarray(np.where(radii[1] - radii[0] < _OPEN_MM, np.nan, radii), dtype=np.float64)

    def greys(self, image: FloatArray, about_mm: Float64Array, reach_mm: float) -> tuple[Float64Array, Float64Array]:
        """Greys along the rays, straightened about a border and averaged over each ray's width.

        Parameters
        ----------
        image : (row, column)
        about_mm : (..., ray, part) radii of the border; NaN: none
        reach_mm : how far to look to either side

        Returns
        -------
        distances : (distance,) mm from the border, rising, positive outside
        greys : (..., ray, distance); NaN beyond the centre, and where any part of the ray has no border
        """
        count = round(reach_mm / _STEP_MM)
        distances = np.arange(-count, count + 1) * _STEP_MM
        radii = about_mm[..., None] + distances
        length = np.nan_to_num(radii / self.pixel_mm[..., None])
        rows = self.centre[0] + np.sin(self.directions)[..., None] * length
        columns = self.centre[1] + np.cos(self.directions)[..., None] * length
        found = np.where(radii >= 0, sample(np.asarray(image, dtype=np.float64), rows, columns), np.nan)
        return np.asarray(distances, dtype=np.float64), np.asarray(found.mean(axis=-2), dtype=np.float64)


def rays_about(labels: LabelArray, spacing_mm: tuple[float, float]) -> Rays | None:
    """Return the rays about the centre of mass of the cavity of one image's labels; None where there is none."""
    masks = wall_masks(labels)
    return None if masks is None else Rays(masks.centre(of_cavity=True), spacing_mm)
