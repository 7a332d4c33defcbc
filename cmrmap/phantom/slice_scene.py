"""What the images of one slice of the phantom share, and how tissues become an image without noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from cmrmap.core.arrays import Float64Array, FloatArray, LabelArray
from cmrmap.phantom.anatomy import MATRIX, AnatomyParameters
from cmrmap.phantom.appearance import coil_sensitivity, draw_texture
from cmrmap.phantom.artefacts import band_gain
from cmrmap.phantom.heart import HeartRendering, render_heart
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import StudyParameters, random_stream
from cmrmap.phantom.shapes import coverage, pixel_centres_mm
from cmrmap.phantom.tissue import Tissue
from cmrmap.phantom.torso import paint

_FWHM_TO_SD = 1.0 / 2.3548


@dataclass(frozen=True, slots=True)
class SliceScene:
    """What the images of one slice share: painted surroundings, texture, coil."""

    anatomy: AnatomyParameters
    index: int
    wall: FloatArray  # (tissue, row, column), sums to 1
    organs: FloatArray
    texture: FloatArray
    coil: Float64Array
    point_spread_mm: float

    @classmethod
    def prepare(cls, parameters: StudyParameters, index: int) -> SliceScene:
        """Paint what one slice of a study shows around the heart."""
        anatomy, scan, shape = parameters.anatomy, parameters.acquisition, (MATRIX, MATRIX)
        torso, pixel_mm = anatomy.torso[index], anatomy.pixel_mm
        axis = pixel_centres_mm(MATRIX, pixel_mm)
        clip = coverage(torso.cavity, axis[None, :], axis[:, None], pixel_mm)
        wall = paint(torso.wall, shape, pixel_mm, clip)
        wall[Tissue.AIR] += 1.0 - wall.sum(axis=0)
        coil = coil_sensitivity(shape, pixel_mm, scan.coil_strength)
        if scan.band_depth:
            place = _band_place(parameters, index)
            coil = coil * band_gain(shape, pixel_mm, place, scan.band_depth, scan.band_width_mm)
        return cls(
            anatomy=anatomy,
            index=index,
            wall=wall,
            organs=paint(torso.organs, shape, pixel_mm, clip),
            texture=draw_texture(random_stream(parameters.seed, "texture", index), shape, pixel_mm),
            coil=coil,
            point_spread_mm=scan.point_spread_mm,
        )

    def heart(self, state: MotionState) -> HeartRendering:
        """Render the heart as it lies in one image."""
        return render_heart(
            self.anatomy.heart[self.index],
            state,
            shape_rc=(MATRIX, MATRIX),
            pixel_mm=self.anatomy.pixel_mm,
            lesion=self.anatomy.lesion,
            slice_index=self.index,
        )

    def dominant_tissue(self) -> LabelArray:
        """(row, column) tissue with the largest share of each pixel in the reference state."""
        heart = self.heart(MotionState()).fractions
        around = self.wall * (1.0 - self.organs.sum(axis=0)) + self.organs
        return np.asarray((around * (1.0 - heart.sum(axis=0)) + heart).argmax(axis=0), dtype=np.uint8)

    def image(self, signals: Float64Array, rendering: HeartRendering, state: MotionState) -> Float64Array:
        """Signed image without noise; ``signals`` (tissue,) in counts."""
        weights = signals.astype(np.float32)
        organs, opacity = self._mix(self.organs, weights), self.organs.sum(axis=0)
        if any(state.shift_mm):  # liver and stomach follow the diaphragm, as the heart does
            offset = (state.shift_mm[1] / self.anatomy.pixel_mm, state.shift_mm[0] / self.anatomy.pixel_mm)
            organs, opacity = (shift(plane, offset, order=1, mode="nearest") for plane in (organs, opacity))
        around = self._mix(self.wall, weights) * (1.0 - opacity) + organs
        mixed = around * (1.0 - rendering.fractions.sum(axis=0)) + self._mix(rendering.fractions, weights)
        width_px = self.point_spread_mm * _FWHM_TO_SD / self.anatomy.pixel_mm
        return np.asarray(gaussian_filter(self.coil * mixed, width_px, mode="nearest"), dtype=np.float64)

    def _mix(self, fractions: FloatArray, weights: FloatArray) -> FloatArray:
        total = np.zeros(fractions.shape[1:], dtype=np.float32)
        for tissue in np.flatnonzero(fractions.any(axis=(1, 2)) & (weights != 0)):
            total += (weights[tissue] * fractions[tissue]) * self.texture[tissue]
        return total


def _band_place(parameters: StudyParameters, index: int) -> tuple[float, float]:
    """Return x, y in mm of a point of the inferolateral wall, where bands are usual; some mm off in each slice."""
    heart = parameters.anatomy.heart[index]
    off = random_stream(parameters.seed, "artefact", index).normal(0.0, 5.0, 2)
    reach = heart.epicardial_radius_mm / np.sqrt(2.0)
    return float(heart.centre_mm[0] + reach + off[0]), float(heart.centre_mm[1] + reach + off[1])
