"""Make a phantom study as arrays: weighted images of three series, and the truth beside them. No DICOM here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, shift

from cmrmap.core.arrays import Float64Array, FloatArray, LabelArray, readonly
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.phantom.anatomy import MATRIX, AnatomyParameters
from cmrmap.phantom.appearance import coil_sensitivity, draw_texture
from cmrmap.phantom.artefacts import add_ghost, band_gain
from cmrmap.phantom.heart import HeartRendering, render_heart
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import SeriesParameters, StudyParameters, draw_study_parameters, random_stream
from cmrmap.phantom.planes import slice_geometry
from cmrmap.phantom.series_signals import exact_fits, series_signals, unprepared_signals
from cmrmap.phantom.shapes import coverage, pixel_centres_mm
from cmrmap.phantom.signal import magnitude_and_phase
from cmrmap.phantom.tissue import Tissue
from cmrmap.phantom.torso import paint
from cmrmap.phantom.truth import StudyTruth, study_truth

_FWHM_TO_SD = 1.0 / 2.3548
_LARGEST_COUNT = 65535


@dataclass(frozen=True, slots=True)
class PhantomSeries:
    """The images of one series and where the heart was in each of them.

    Attributes
    ----------
    parameters : what was drawn for the series
    stack : images are whole counts 0..65535 in float32, exactly what the DICOM files hold
    phase_rad : (slice, time, row, column) float32, -pi to pi: the phase of each pixel, by which its signal has its sign
    labels : (slice, time, row, column) uint8 of `cmrmap.core.outlines.Label`, one ring of myocardium in every image
    insertion_points : (slice, time, 2, 2) row, column of the anterior and the inferior RV insertion point
    motion : (slice, time, 4) shift x mm, shift y mm, scale change, contraction
    noise_sd : of one receiver channel, counts; 0 without noise
    """

    parameters: SeriesParameters
    stack: WeightedStack
    phase_rad: FloatArray
    labels: LabelArray
    insertion_points: Float64Array
    motion: Float64Array
    noise_sd: float

    def __post_init__(self) -> None:
        for name, dtype in (("labels", np.uint8), ("insertion_points", np.float64), ("motion", np.float64)):
            object.__setattr__(self, name, readonly(getattr(self, name), dtype))
        object.__setattr__(self, "phase_rad", readonly(self.phase_rad, np.float32))

    @property
    def kind(self) -> MapKind:
        """Map that is made from the series."""
        return self.stack.kind


@dataclass(frozen=True, slots=True)
class PhantomStudy:
    """A whole study: what was drawn, the three series, and the truth in the reference state (no motion)."""

    parameters: StudyParameters
    series: tuple[PhantomSeries, ...]
    truth: StudyTruth

    def __getitem__(self, kind: MapKind) -> PhantomSeries:
        """Return the series of one map."""
        for item in self.series:
            if item.kind is kind:
                return item
        raise KeyError(kind)


def generate_study(parameters: StudyParameters | None = None) -> PhantomStudy:
    """Generate the images and the truth of one study; the same parameters give the same arrays.

    Within a pixel the signed signals of its tissues add up, weighted by their share; then come the coil, the point
    spread, complex noise, the magnitude, and rounding to whole counts.

    Parameters
    ----------
    parameters : default `draw_study_parameters()`
    """
    parameters = draw_study_parameters() if parameters is None else parameters
    anatomy = parameters.anatomy
    scenes = [_Scene.prepare(parameters, index) for index in range(len(anatomy.heart))]
    geometry = slice_geometry(anatomy)
    series = tuple(
        _generate_series(parameters, item, number, scenes, geometry) for number, item in enumerate(parameters.series)
    )
    tissue = np.stack([scene.dominant_tissue() for scene in scenes])
    labels = np.stack([scene.heart(MotionState()).labels for scene in scenes])
    truth = study_truth(parameters, tissue, labels, geometry, exact_fits(parameters))
    return PhantomStudy(parameters, series, truth)


def dominant_tissues(parameters: StudyParameters) -> LabelArray:
    """Return (slice, row, column) uint8 the `Tissue` with the largest share of each pixel in the reference state.

    Parameters
    ----------
    parameters : of the study
    """
    scenes = (_Scene.prepare(parameters, index) for index in range(len(parameters.anatomy.heart)))
    return np.stack([scene.dominant_tissue() for scene in scenes])


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the images of one slice share: painted surroundings, texture, coil."""

    anatomy: AnatomyParameters
    index: int
    wall: FloatArray  # (tissue, row, column), sums to 1
    organs: FloatArray
    texture: FloatArray
    coil: Float64Array
    point_spread_mm: float

    @classmethod
    def prepare(cls, parameters: StudyParameters, index: int) -> _Scene:
        anatomy, scan, shape = parameters.anatomy, parameters.acquisition, (MATRIX, MATRIX)
        torso, pixel_mm = anatomy.torso[index], anatomy.pixel_mm
        axis = pixel_centres_mm(MATRIX, pixel_mm)
        clip = coverage(torso.cavity, axis[None, :], axis[:, None], pixel_mm)
        wall = paint(torso.wall, shape, pixel_mm, clip)
        wall[Tissue.AIR] += 1.0 - wall.sum(axis=0)
        coil = coil_sensitivity(shape, pixel_mm, scan.coil_strength)
        if scan.band_depth:
            coil = coil * band_gain(
                shape, pixel_mm, _band_place(parameters, index), scan.band_depth, scan.band_width_mm
            )
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


def _generate_series(
    parameters: StudyParameters,
    series: SeriesParameters,
    series_number: int,
    scenes: list[_Scene],
    geometry: tuple[SliceGeometry, ...],
) -> PhantomSeries:
    scan = parameters.acquisition
    signals = series_signals(parameters, series)
    noise_sd = _noise_sd(parameters, scenes, unprepared_signals(parameters, series, signals))
    n_slices, n_times = signals.shape[:2]
    images = np.empty((n_slices, n_times, MATRIX, MATRIX), dtype=np.float32)
    phase = np.empty_like(images)
    labels = np.empty(images.shape, dtype=np.uint8)
    insertion = np.empty((n_slices, n_times, 2, 2))
    for index, scene in enumerate(scenes):
        for time in range(n_times):
            state = series.motion[index][time]
            rendering = scene.heart(state)
            clean = scene.image(signals[index, time], rendering, state)
            if scan.ghost_amplitude:
                drawn = random_stream(parameters.seed, "artefact", series_number, index, time)
                clean = add_ghost(clean, scan.ghost_amplitude, drawn)
            rng = random_stream(parameters.seed, "noise", series_number, index, time)
            magnitude, phase[index, time] = magnitude_and_phase(clean, noise_sd, rng)
            images[index, time] = np.clip(np.rint(magnitude), 0, _LARGEST_COUNT)
            labels[index, time] = rendering.labels
            insertion[index, time] = rendering.insertion_points
    stack = WeightedStack(
        kind=series.kind,
        images=images,
        times_ms=np.array(series.times_ms),
        geometry=geometry,
        model=series.fitted_model,
        field_strength_t=parameters.tissues.field_strength_t,
    )
    motion = np.array([[state.as_row() for state in states] for states in series.motion])
    return PhantomSeries(series, stack, phase, labels, insertion, motion, noise_sd)


def _noise_sd(parameters: StudyParameters, scenes: list[_Scene], unprepared: Float64Array) -> float:
    """Noise of one channel from the SNR: mean over the myocardium of all slices in the reference state."""
    if np.isinf(parameters.snr):
        return 0.0
    values = []
    for scene, signals in zip(scenes, unprepared, strict=True):
        rendering = scene.heart(MotionState())
        values.append(np.abs(scene.image(signals, rendering, MotionState()))[rendering.labels == 1])
    return float(np.concatenate(values).mean() / parameters.snr)
