"""Make a phantom study as arrays: weighted images of three series, and the truth beside them. No DICOM here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array, FloatArray, LabelArray, readonly
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.stack import WeightedStack
from cmrmap.phantom.anatomy import MATRIX
from cmrmap.phantom.artefacts import add_ghost
from cmrmap.phantom.heart_motion import MotionState
from cmrmap.phantom.parameters import SeriesParameters, StudyParameters, draw_study_parameters, random_stream
from cmrmap.phantom.planes import slice_geometry
from cmrmap.phantom.series_signals import exact_fits, series_signals, unprepared_signals
from cmrmap.phantom.signal import magnitude_and_phase
from cmrmap.phantom.slice_scene import SliceScene
from cmrmap.phantom.truth import StudyTruth, study_truth

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
    """A whole study; ``study[kind]`` is the series of one map.

    Attributes
    ----------
    parameters : what was drawn
    series : one per map that has its own
    truth : in the reference state (no motion)
    """

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

    Returns
    -------
    PhantomStudy
        images in whole counts, and the truth
    """
    parameters = draw_study_parameters() if parameters is None else parameters
    anatomy = parameters.anatomy
    scenes = [SliceScene.prepare(parameters, index) for index in range(len(anatomy.heart))]
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
    scenes = (SliceScene.prepare(parameters, index) for index in range(len(parameters.anatomy.heart)))
    return np.stack([scene.dominant_tissue() for scene in scenes])


def _generate_series(
    parameters: StudyParameters,
    series: SeriesParameters,
    series_number: int,
    scenes: list[SliceScene],
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


def _noise_sd(parameters: StudyParameters, scenes: list[SliceScene], unprepared: Float64Array) -> float:
    """Noise of one channel from the SNR: mean over the myocardium of all slices in the reference state."""
    if np.isinf(parameters.snr):
        return 0.0
    values = []
    for scene, signals in zip(scenes, unprepared, strict=True):
        rendering = scene.heart(MotionState())
        values.append(np.abs(scene.image(signals, rendering, MotionState()))[rendering.labels == 1])
    return float(np.concatenate(values).mean() / parameters.snr)
