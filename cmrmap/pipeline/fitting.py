"""Alignment and fit of all series of a study; of a series that a reader corrected with the network's outlines too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cmrmap.alignment import to_polar
from cmrmap.core.errors import InputError
from cmrmap.core.findings import Refusal
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import RefinedSegmentation
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.relaxation_models import get_model
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.heart_verdict import not_hearts
from cmrmap.pipeline.map_reading import read_map
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.series import map_series
from cmrmap.settings import AnalysisSettings


def align(
    stacks: Sequence[WeightedStack], refined: Sequence[RefinedSegmentation], settings: AnalysisSettings
) -> tuple[PolarStack, ...]:
    """Bring every image's wall to the polar grid.

    Parameters
    ----------
    stacks, refined : of the same series in the same order
    settings : ``alignment`` is used

    Returns
    -------
    tuple of PolarStack
        one per series; NaN where an image is not usable
    """
    grid = settings.alignment
    return tuple(
        to_polar(
            stack.fitted_images,
            shapes.labels,
            shapes.usable,
            stack.kind,
            grid.n_angles,
            grid.n_depths,
            stack.pixel_aspect,
        )
        for stack, shapes in zip(stacks, refined, strict=True)
    )


def fit(
    stacks: Sequence[WeightedStack],
    refined: Sequence[RefinedSegmentation],
    polar: Sequence[PolarStack],
    settings: AnalysisSettings,
    refusals: Sequence[Refusal] = (),
) -> tuple[MappedSeries, ...]:
    """Fit every series to its map, or read the scanner's; one that cannot be fitted is refused, and costs no other.

    A slice that shows no left ventricle in short axis is refused. Series of which a reader corrected slices are fitted
    with the network's outlines as well: slices that the reader left alone stay what they are with those.

    Parameters
    ----------
    stacks, refined, polar : of the same series in the same order
    settings : models, blood, slices, fit, pruning and ``quality.require_heart`` are used
    refusals : say why a slice has no images (from the selection); others are not read

    Returns
    -------
    tuple of MappedSeries
        one per series, refused ones too
    """
    stacks = [_with_efficiency(stack, settings.fit.inversion_efficiency) for stack in stacks]
    network = [one if one.reading is None else one.reading.network for one in refined]
    aligned = [
        grid if own is one else align([stack], [own], settings)[0]
        for stack, one, own, grid in zip(stacks, refined, network, polar, strict=True)
    ]
    no_heart = not_hearts(stacks, network, aligned) if settings.quality.require_heart else ({},) * len(stacks)
    told = {(one.kind, one.slice_index): one.reason for one in refusals}
    made = []
    of_series = zip(stacks, refined, network, polar, aligned, no_heart, strict=True)
    for stack, one, own, grid, own_grid, reasons in of_series:
        empty = np.flatnonzero(~stack.present.any(axis=1)).tolist()
        lost = {s: told[stack.kind, s] for s in empty if (stack.kind, s) in told}
        by_network = _mapped(stack, own, own_grid, settings, {**reasons, **lost})
        if one.reading is None:
            made.append(by_network)
            continue
        # that it is a heart is the reader's word where the reader drew it
        still = {s: reason for s, reason in reasons.items() if not one.reading.drawn[s]}
        left = _mapped(stack, one, grid, settings, {**still, **lost, **one.reading.excluded}, by_network)
        made.append(replace(left, findings=(*left.findings, *one.reading.findings), network=by_network))
    return tuple(made)


@remembered
def _mapped(
    stack: WeightedStack,
    shapes: RefinedSegmentation,
    aligned: PolarStack,
    settings: AnalysisSettings,
    refused: Mapping[int, str],
    network: MappedSeries | None = None,
) -> MappedSeries:
    if stack.scanner is not None:
        return read_map(stack, shapes, aligned, settings, refused)
    try:
        return map_series(stack, shapes, aligned, settings, refused, network)
    except InputError as error:
        whole = dict.fromkeys(range(len(stack.geometry)), str(error))
        return map_series(stack, shapes, aligned, settings, {**whole, **refused}, network)


def _with_efficiency(stack: WeightedStack, efficiency: float | None) -> WeightedStack:
    """Return the stack with the inversion's efficiency that the settings give, where its model reads one."""
    if efficiency is None or stack.scanner is not None or not get_model(stack.model).look_locker:
        return stack
    reason = f"{stack.model_reason}; analysis.fit.inversion_efficiency is {efficiency:g}"
    known = replace(stack.look_locker, inversion_efficiency=efficiency)
    return replace(stack, look_locker=known, model_reason=reason)
