"""One series to one map: fit on the polar grid, blood, and back to the pixels of a reference image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cmrmap.alignment import (
    CartesianWeights,
    cartesian_weights,
    choose_reference,
    interpolate,
    nearest,
    region_noise_gain,
    region_weights,
    sample_noise_factor,
)
from cmrmap.pipeline.blood import blood_of_slice
from cmrmap.pipeline.robust import fit_without_outliers
from cmrmap.prune import COUNTED_STATUS, analysed_pixels
from cmrmap.quality import minimum_images
from cmrmap.relaxometry import MODELS, RelaxationFit, fit_relaxation
from cmrmap.settings import AnalysisSettings
from cmrmap.types import (
    BloodValue,
    BoolArray,
    FitStatus,
    Float64Array,
    Label,
    LabelArray,
    MapKind,
    ParameterMap,
    PolarStack,
    RefinedSegmentation,
    Refusal,
    WeightedStack,
)

_MID_WALL = (0.25, 0.75)  # depths whose residuals tell the noise: the borders also carry partial volume and motion


@dataclass(frozen=True, slots=True)
class MappedSeries:
    """A map with everything that it was made from; ``weights`` lead from the polar grid to the map's pixels."""

    stack: WeightedStack
    refined: RefinedSegmentation
    polar: PolarStack
    map: ParameterMap
    weights: CartesianWeights

    @property
    def kind(self) -> MapKind:
        """Which map this is."""
        return self.map.kind

    @property
    def made(self) -> BoolArray:
        """(slice,) True for the slices that were mapped."""
        return np.asarray(self.map.reference_time >= 0, dtype=np.bool_)

    @property
    def reference_centres(self) -> Float64Array:
        """(slice, 2) row, column of the reference image's centre; NaN where the slice was refused."""
        out = np.full((len(self.made), 2), np.nan)
        for index in np.flatnonzero(self.made):
            out[index] = self.polar.centres[index, self.map.reference_time[index]]
        return out

    def noise_variance(self, cells: Float64Array) -> float:
        """Variance that image noise gives to a weighted sum of polar cells.

        Parameters
        ----------
        cells : (slice, angle, depth) weight of each cell's value, e.g. from :meth:`region_cells`

        Returns
        -------
        in the map's unit squared; NaN where a cell with weight has no known error
        """
        shape = (self.weights.shape[1], self.weights.shape[2])
        gain = region_noise_gain(self.polar, self.map.sensitivity, cells, shape)
        untouched = gain == 0  # slices outside the region, whose noise may be unknown
        return float(np.sum(np.where(untouched, 0.0, gain * self.map.noise_sd) ** 2))

    def region_cells(self, region: BoolArray) -> Float64Array:
        """(slice, angle, depth) weight of every polar cell in the mean over a region (slice, row, column)."""
        return region_weights(self.weights, region, self.map.polar_values)


@dataclass(frozen=True, slots=True)
class _PolarFit:
    """What the fit of all slices gives on the polar grid; see ``ParameterMap`` for the fields."""

    values: Float64Array
    sd: Float64Array
    status: LabelArray
    sensitivity: Float64Array
    noise_sd: Float64Array
    blood: tuple[BloodValue | None, ...]
    refusals: tuple[Refusal, ...]
    fitted: BoolArray


def map_series(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack, settings: AnalysisSettings
) -> MappedSeries:
    """Fit every slice that has enough segmented images; a slice that has not is refused with the reason.

    A map whose slices were all refused is still returned: its ``refusals`` say why.

    Parameters
    ----------
    stack, refined, polar : of one series, axes (slice, time, ...)
    settings : models, blood, slices and pruning are used

    Returns
    -------
    MappedSeries
    """
    fit = _fit(stack, refined, polar, settings)
    reference = np.where(fit.fitted, choose_reference(refined, polar), -1).astype(np.intp)
    labels = np.zeros((len(reference), *stack.images.shape[2:]), dtype=np.uint8)
    for index in np.flatnonzero(reference >= 0):
        labels[index] = refined.labels[index, reference[index]]
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    weights = cartesian_weights(polar, reference, (labels.shape[1], labels.shape[2]), wall)
    values = interpolate(fit.values, weights)
    status = nearest(fit.status, weights, FitStatus.NOT_FITTED)
    pruning = settings.pruning
    fitted = ParameterMap(
        kind=stack.kind,
        model=stack.model,
        polar_values=fit.values,
        polar_sd=fit.sd,
        polar_status=fit.status,
        values=values,
        sd=interpolate(fit.sd, weights),
        status=status,
        labels=labels,
        analysed=analysed_pixels(
            values, status, labels, stack.kind, boundary_pixels=pruning.boundary_px, ranges=pruning.ranges
        ),
        reference_time=reference,
        blood=fit.blood,
        refusals=fit.refusals,
        sensitivity=fit.sensitivity,
        noise_sd=fit.noise_sd,
    )
    return MappedSeries(stack, refined, polar, fitted, weights)


def _fit(
    stack: WeightedStack, refined: RefinedSegmentation, polar: PolarStack, settings: AnalysisSettings
) -> _PolarFit:
    n_slices, _, n_angles, n_depths = polar.signals.shape
    grid = (n_angles, n_depths)
    values, sd = (np.full((n_slices, *grid), np.nan) for _ in range(2))
    status = np.full(values.shape, FitStatus.NOT_FITTED, dtype=np.uint8)
    sensitivity = np.full(polar.signals.shape, np.nan)
    noise_sd = np.full(n_slices, np.nan)
    blood: list[BloodValue | None] = [None] * n_slices
    refusals: list[Refusal] = []
    usable = refined.usable & np.isfinite(polar.centres).all(axis=-1)
    n_parameters = MODELS[stack.model].n_parameters
    # a lost image counts as part of the series: it is no reason to ask for less
    needed = minimum_images(
        stack.kind,
        stack.images.shape[1],
        n_parameters,
        full_series=settings.slices.full_series,
        share=settings.slices.min_share,
    )
    noise_factor = sample_noise_factor(polar)
    fit_slice = fit_without_outliers if settings.fit.leave_out_outliers else _plain_fit
    for index in range(n_slices):
        times = np.flatnonzero(usable[index])
        if len(times) < needed:
            n_present = int(stack.present[index].sum())
            reason = f"{len(times)} of {n_present} images were segmented, {needed} are needed"
            refusals.append(Refusal(stack.kind, "refused", reason, index))
            continue
        signals = polar.signals[index, times].reshape(len(times), -1).T
        fit = fit_slice(signals, stack.times_ms[index, times], stack.model)
        status[index] = fit.status.reshape(grid)
        # what is not to be trusted must not blend into its neighbours' pixels on the way back
        counted = np.isin(status[index], COUNTED_STATUS)
        values[index] = np.where(counted, fit.t_ms.reshape(grid), np.nan)
        sd[index] = np.where(counted, fit.sd_ms.reshape(grid), np.nan)
        sensitivity[index, times] = np.asarray(fit.sensitivity).T.reshape(len(times), *grid)
        mid_wall = (polar.depths >= _MID_WALL[0]) & (polar.depths <= _MID_WALL[1])
        trusted = (status[index] == FitStatus.OK) & mid_wall
        noise_sd[index] = _pixel_noise(
            fit.ssr.reshape(grid)[trusted],
            noise_factor[index, times].mean(axis=0)[trusted],
            fit.n_samples.reshape(grid)[trusted] - n_parameters,
        )
        if stack.kind is not MapKind.T2:
            blood[index] = blood_of_slice(stack, polar, index, times, settings.blood)
    fitted = np.array([not any(r.slice_index == index for r in refusals) for index in range(n_slices)])
    return _PolarFit(values, sd, status, sensitivity, noise_sd, tuple(blood), tuple(refusals), fitted)


def _plain_fit(signals: Float64Array, times_ms: Float64Array, model: str) -> RelaxationFit:
    return fit_relaxation(signals, times_ms, model, with_sensitivity=True)


def _pixel_noise(
    ssr: Float64Array, noise_factor: Float64Array, degrees_of_freedom: npt.NDArray[np.signedinteger[Any]]
) -> float:
    """SD of one image pixel's noise from the residuals of interpolated samples, pooled over cells.

    Interpolated samples are smoother than pixels: ``noise_factor`` is their variance relative to a pixel's. NaN where
    there are as many images as parameters.
    """
    expected = float((noise_factor * degrees_of_freedom).sum())
    return float(np.sqrt(ssr.sum() / expected)) if expected > 0 else float("nan")
