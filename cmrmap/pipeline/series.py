"""One series to one map: fit on the polar grid, blood, and back to the pixels of a reference image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cmrmap.alignment import (
    CartesianWeights,
    cartesian_weights,
    choose_reference,
    interpolate,
    nearest,
)
from cmrmap.core.arrays import IntArray, LabelArray
from cmrmap.core.findings import Refusal
from cmrmap.core.outlines import ImageOutcome, Label, RefinedSegmentation
from cmrmap.core.parameter_map import BloodValue, FitStatus, ParameterMap
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.blood_edge import blood_pixels, filled_reason, filled_with_blood
from cmrmap.pipeline.blood_pool import blood_of_slices
from cmrmap.pipeline.echo_train import first_echo, low_first_echo
from cmrmap.pipeline.error_model import build_error_model
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.polar_fit import fit_cells
from cmrmap.pipeline.robust import contradicted_images
from cmrmap.regional.pruning import analysed_pixels
from cmrmap.regional.success import minimum_images
from cmrmap.relaxometry import MODELS, get_model
from cmrmap.settings import AnalysisSettings

_NOTHING: Mapping[int, str] = MappingProxyType({})


def map_series(
    stack: WeightedStack,
    refined: RefinedSegmentation,
    polar: PolarStack,
    settings: AnalysisSettings,
    refused: Mapping[int, str] = _NOTHING,
    network: MappedSeries | None = None,
) -> MappedSeries:
    """Fit every slice that has enough segmented images; a slice that has not is refused with the reason.

    A map whose slices were all refused is still returned: its ``refusals`` say why.

    Parameters
    ----------
    stack, refined, polar : of one series, axes (slice, time, ...)
    settings : models, blood, slices and pruning are used
    refused : slices that may not be mapped, each with the reason
    network : the same series with the network's outlines, where a reader corrected some slices: what is judged by all
        slices together is judged by these, so that the other slices stay what they were

    Returns
    -------
    MappedSeries
    """
    usable, refusals = _usable_images(stack, refined, polar, settings, refused)
    low = _low_first_echo(stack, polar, usable, settings) if network is None else network.low_first_echo
    first = [first_echo(row if np.isfinite(low) else row[:0], stack.times_ms) for row in stack.times_ms]
    kept, too_few = _without_first_echo(stack, usable, first)
    refusals += too_few
    contradicted = _contradicted(stack, polar, kept, settings)
    left_out = tuple(
        np.union1d(np.intersect1d(used, gone), more)
        for used, gone, more in zip(usable, first, contradicted, strict=True)
    )
    times = tuple(np.setdiff1d(images, gone) for images, gone in zip(kept, contradicted, strict=True))
    reference, labels, weights = _drawn_on(refined, polar, times)
    in_blood = blood_pixels(stack, polar, times, weights, labels, settings.pruning)
    filled = filled_with_blood(labels, in_blood, settings.pruning)
    if filled.any():
        why = filled_reason(stack.kind)
        refusals += tuple(Refusal(stack.kind, "refused", why, int(index)) for index in np.flatnonzero(filled))
        times = tuple(used[:0] if gone else used for used, gone in zip(times, filled, strict=True))
        reference, labels, weights = _drawn_on(refined, polar, times)
    shape = (labels.shape[1], labels.shape[2])
    fit = fit_cells(stack, polar, times, settings.fit)
    values = interpolate(fit.values, weights)
    status = nearest(fit.status, weights, FitStatus.NOT_FITTED)
    pruning = settings.pruning
    blood: tuple[BloodValue | None, ...] = (None,) * len(times)
    if stack.kind.spec.has_blood:
        blood = blood_of_slices(stack, polar, times, fit.signed, settings.blood)
        if network is not None:
            pairs = zip(blood, network.map.blood, refined.touched, strict=True)
            blood = tuple(own if changed else known for own, known, changed in pairs)
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
        )
        & ~in_blood,
        reference_time=reference,
        blood=blood,
        refusals=refusals,
    )
    errors = build_error_model(polar, fit, times, shape)
    if network is not None and network.fit is not None:
        errors = errors.beside(network.fit.errors, refined.touched)
    unknown = np.full(len(times), np.nan)
    return MappedSeries(stack, refined, polar, made, weights, fit, errors, left_out, in_blood, low, unknown)


def _drawn_on(
    refined: RefinedSegmentation, polar: PolarStack, times: tuple[IntArray, ...]
) -> tuple[IntArray, LabelArray, CartesianWeights]:
    """Per slice the image that the map is drawn on, its labels, and the way from the polar grid to its wall."""
    reference = choose_reference(refined, polar, times)
    labels = np.zeros((len(reference), *refined.labels.shape[2:]), dtype=np.uint8)
    for index in np.flatnonzero(reference >= 0):
        labels[index] = refined.labels[index, reference[index]]
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    return reference, labels, cartesian_weights(polar, reference, (labels.shape[1], labels.shape[2]), wall)


def _low_first_echo(
    stack: WeightedStack, polar: PolarStack, times: tuple[IntArray, ...], settings: AnalysisSettings
) -> float:
    """By what share the first echo of a spin-echo train is low; NaN where it is to stay, or there is no train."""
    if not (stack.echo_train and settings.fit.leave_out_outliers):
        return float("nan")
    signals = [polar.signals[s, used][..., polar.mid_wall] for s, used in enumerate(times)]
    return low_first_echo(signals, [stack.times_ms[s, used] for s, used in enumerate(times)], stack.model)


def _without_first_echo(
    stack: WeightedStack, usable: tuple[IntArray, ...], first: Sequence[IntArray]
) -> tuple[tuple[IntArray, ...], tuple[Refusal, ...]]:
    """Per slice the images but for the first echo, none where too few are left for the model; and the refusals."""
    fewest = get_model(stack.model).fewest_images
    kept, refusals = [], []
    for index, (used, gone) in enumerate(zip(usable, first, strict=True)):
        left = np.setdiff1d(used, gone)
        if len(left) < min(fewest, len(used)):
            reason = f"{len(left)} images are left without the first echo, which is low; {fewest} are needed"
            refusals.append(Refusal(stack.kind, "refused", reason, index))
            left = left[:0]
        kept.append(left)
    return tuple(kept), tuple(refusals)


def _contradicted(
    stack: WeightedStack, polar: PolarStack, times: tuple[IntArray, ...], settings: AnalysisSettings
) -> tuple[IntArray, ...]:
    """Per slice those of its images that the others contradict; never so many that the slice would be refused."""
    out = []
    for index, used in enumerate(times):
        gone = np.zeros(0, dtype=np.intp)
        # a conditional fit judges its later images itself, and the first inversion's are too few to spare one
        if used.size and settings.fit.leave_out_outliers and not get_model(stack.model).conditional:
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
    refused: Mapping[int, str],
) -> tuple[tuple[IntArray, ...], tuple[Refusal, ...]]:
    """Per slice the indices of the images with an outline, none where the slice is refused; and the refusals."""
    usable = refined.usable & np.isfinite(polar.centres).all(axis=-1)
    needed = _needed(stack, settings)
    times, refusals = [], []
    for index, row in enumerate(usable):
        used = np.flatnonzero(row)
        of_images = _count_fault(stack, refined, index, used, needed) or _epoch_fault(stack, index, used)
        if reason := refused.get(index) or of_images:
            refusals.append(Refusal(stack.kind, "refused", reason, index))
            used = used[:0]
        times.append(used)
    return tuple(times), tuple(refusals)


def _count_fault(stack: WeightedStack, refined: RefinedSegmentation, index: int, used: IntArray, needed: int) -> str:
    """Why a slice has too few images to be mapped; "" where it has enough."""
    if len(used) >= needed:
        return ""
    n_present = int(stack.present[index].sum())
    if not n_present:
        return "none of its images can be used (see the findings)"
    n_left_out = int(np.count_nonzero(refined.outcome[index] == ImageOutcome.LEFT_OUT))
    if n_left_out:
        return (
            f"corrections.json leaves out {n_left_out} of {n_present} images: {len(used)} with an outline remain, "
            f"{needed} are needed"
        )
    return f"{len(used)} of {n_present} images were segmented, {needed} are needed"


def _epoch_fault(stack: WeightedStack, index: int, used: IntArray) -> str:
    """Why a slice's images do not suffice for a conditional fit; "" where they do, and for other models."""
    model = get_model(stack.model)
    if not model.conditional:
        return ""
    epochs = stack.epochs_of(index)
    if epochs is None:
        return "the inversion that each image follows is unknown; expected the times of a ShMOLLI, 5(1)1(1)1"
    first = int((epochs[used] == 0).sum())
    if first < model.fewest_images:
        return f"{first} images of the first inversion were segmented, {model.fewest_images} are needed"
    return ""
