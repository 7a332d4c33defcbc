"""One series to one map: fit on the polar grid, blood, and back to the pixels of a reference image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cmrmap.alignment import (
    CartesianWeights,
    cartesian_weights,
    choose_reference,
    interpolate,
    nearest,
    region_weights,
)
from cmrmap.core.arrays import BoolArray, Float64Array, IntArray
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, RefinedSegmentation
from cmrmap.core.parameter_map import BloodValue, FitStatus, ParameterMap
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.blood_pool import blood_of_slices
from cmrmap.pipeline.error_model import ErrorModel, build_error_model
from cmrmap.pipeline.polar_fit import PolarFit, fit_cells
from cmrmap.pipeline.robust import contradicted_images
from cmrmap.regional.pruning import analysed_pixels
from cmrmap.regional.success import minimum_images
from cmrmap.relaxometry import MODELS
from cmrmap.settings import AnalysisSettings


@dataclass(frozen=True, slots=True)
class MappedSeries:
    """A map with everything that it was made from.

    Attributes
    ----------
    weights : lead from the polar grid to the map's pixels
    cells : the fit of every cell of that grid
    errors : how far a mean of cells may be off
    left_out : per slice the indices of images with an outline that the others contradict: they take no part in the fit
    """

    stack: WeightedStack
    refined: RefinedSegmentation
    polar: PolarStack
    map: ParameterMap
    weights: CartesianWeights
    cells: PolarFit
    errors: ErrorModel
    left_out: tuple[IntArray, ...]

    @property
    def kind(self) -> MapKind:
        """Which map this is."""
        return self.map.kind

    @property
    def made(self) -> BoolArray:
        """(slice,) True for the slices that were mapped."""
        return np.asarray(self.map.reference_time >= 0, dtype=np.bool_)

    @property
    def used(self) -> BoolArray:
        """(slice, time) True for the images that have an outline and were not left out."""
        out = np.array(self.refined.usable, dtype=np.bool_)
        for index, gone in enumerate(self.left_out):
            out[index, gone] = False
        return out

    @property
    def reference_centres(self) -> Float64Array:
        """(slice, 2) row, column of the reference image's centre; NaN where the slice was refused."""
        out = np.full((len(self.made), 2), np.nan)
        for index in np.flatnonzero(self.made):
            out[index] = self.polar.centres[index, self.map.reference_time[index]]
        return out

    def variance(self, cells: Float64Array) -> float:
        """Variance of a weighted sum of polar cells: see ``ErrorModel.variance``."""
        return self.errors.variance(cells)

    def region_cells(self, region: BoolArray) -> Float64Array:
        """(slice, angle, depth) weight of every polar cell in the mean over a region (slice, row, column)."""
        return region_weights(self.weights, region, self.map.polar_values)


def map_series(
    stack: WeightedStack,
    refined: RefinedSegmentation,
    polar: PolarStack,
    settings: AnalysisSettings,
    no_heart: Mapping[int, str] | None = None,
) -> MappedSeries:
    """Fit every slice that has enough segmented images; a slice that has not is refused with the reason.

    A map whose slices were all refused is still returned: its ``refusals`` say why.

    Parameters
    ----------
    stack, refined, polar : of one series, axes (slice, time, ...)
    settings : models, blood, slices and pruning are used
    no_heart : slices that may not be mapped because they show no left ventricle in short axis, with the reason

    Returns
    -------
    MappedSeries
    """
    usable, refusals = _usable_images(stack, refined, polar, settings, no_heart or {})
    left_out = _contradicted(stack, polar, usable, settings)
    times = tuple(np.setdiff1d(images, gone) for images, gone in zip(usable, left_out, strict=True))
    fit = fit_cells(stack, polar, times, settings.fit)
    reference = choose_reference(refined, polar, times)
    labels = np.zeros((len(reference), *stack.images.shape[2:]), dtype=np.uint8)
    for index in np.flatnonzero(reference >= 0):
        labels[index] = refined.labels[index, reference[index]]
    shape = (labels.shape[1], labels.shape[2])
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    weights = cartesian_weights(polar, reference, shape, wall)
    values = interpolate(fit.values, weights)
    status = nearest(fit.status, weights, FitStatus.NOT_FITTED)
    pruning = settings.pruning
    blood: tuple[BloodValue | None, ...] = (None,) * len(times)
    if stack.kind.spec.has_blood:
        blood = blood_of_slices(stack, polar, times, fit.signed, settings.blood)
    made = ParameterMap(
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
            values, status, labels, boundary_pixels=pruning.boundary_px, value_range=pruning.ranges[stack.kind]
        ),
        reference_time=reference,
        blood=blood,
        refusals=refusals,
    )
    errors = build_error_model(polar, fit, times, shape)
    return MappedSeries(stack, refined, polar, made, weights, fit, errors, left_out)


def _contradicted(
    stack: WeightedStack, polar: PolarStack, times: tuple[IntArray, ...], settings: AnalysisSettings
) -> tuple[IntArray, ...]:
    """Per slice those of its images that the others contradict; never so many that the slice would be refused."""
    out = []
    for index, used in enumerate(times):
        gone = np.zeros(0, dtype=np.intp)
        if used.size and settings.fit.leave_out_outliers:
            signals, times_ms = polar.signals[index, used][..., polar.mid_wall], stack.times_ms[index, used]
            gone = contradicted_images(signals, times_ms, stack.model, _needed(stack, settings))
        out.append(used[gone])
    return tuple(out)


def _needed(stack: WeightedStack, settings: AnalysisSettings) -> int:
    # a lost image counts as part of the series: it is no reason to ask for less
    return minimum_images(
        stack.images.shape[1],
        MODELS[stack.model].n_parameters,
        full_series=settings.slices.full_series[stack.kind],
        share=settings.slices.min_share,
    )


def _usable_images(
    stack: WeightedStack,
    refined: RefinedSegmentation,
    polar: PolarStack,
    settings: AnalysisSettings,
    no_heart: Mapping[int, str],
) -> tuple[tuple[IntArray, ...], tuple[Refusal, ...]]:
    """Per slice the indices of the images with an outline, none where the slice is refused; and the refusals."""
    usable = refined.usable & np.isfinite(polar.centres).all(axis=-1)
    needed = _needed(stack, settings)
    times, refusals = [], []
    for index, row in enumerate(usable):
        used = np.flatnonzero(row)
        if len(used) < needed:
            n_present = int(stack.present[index].sum())
            reason = f"{len(used)} of {n_present} images were segmented, {needed} are needed"
            refusals.append(Refusal(stack.kind, "refused", reason, index))
            used = used[:0]
        elif index in no_heart:
            refusals.append(Refusal(stack.kind, "refused", no_heart[index], index))
            used = used[:0]
        times.append(used)
    return tuple(times), tuple(refusals)
