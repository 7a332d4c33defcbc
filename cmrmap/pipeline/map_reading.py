"""One scanner's map to the same form as a fitted one: its own values on its own pixels, no fit.

The values that count are the map's pixels as the scanner wrote them. The polar grid only pairs native and post-contrast
T1 for ECV, and carries the scanner's standard deviations, where it sent them, to the errors of means.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from cmrmap.alignment import CartesianWeights, cartesian_weights, image_noise_gain
from cmrmap.alignment.bilinear import sample
from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.findings import Refusal
from cmrmap.core.outlines import ImageOutcome, Label, RefinedSegmentation
from cmrmap.core.parameter_map import BloodValue, FitStatus, ParameterMap
from cmrmap.core.polar_stack import PolarStack
from cmrmap.core.scanner_map import SCANNER_MAP
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline.blood_edge import blood_pixels, filled_reason, filled_with_blood
from cmrmap.pipeline.blood_pool import CAVITY_SHARE, LEAST_PIXELS, circle_signals
from cmrmap.pipeline.map_signs import wall_like_blood
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.regional.pruning import analysed_pixels
from cmrmap.settings import AnalysisSettings

_NONE: Mapping[int, str] = MappingProxyType({})
_NOTHING = "the image of the scanner's map cannot be used (see the findings)"
_NOT_DRAWN = "no left ventricle was found on the scanner's map"
_LEFT_OUT = "corrections.json leaves out its image, the scanner's map"


@dataclass(frozen=True, slots=True)
class MapErrors:
    """How far a mean over a scanner's map may be off: by its standard deviations, its pixels being independent.

    Attributes
    ----------
    sd : (slice, angle, depth) of the polar cells; NaN where the scanner sent none: then nothing is known
    rows, columns : (slice, angle, depth) where their samples lie
    shape : (rows, columns) of the images
    """

    sd: Float64Array
    rows: Float64Array
    columns: Float64Array
    shape: tuple[int, int]

    def variance(self, cells: Float64Array) -> float:
        """Variance of a weighted sum of the cells' values; NaN where a cell with weight has no known error.

        Parameters
        ----------
        cells : (slice, angle, depth) weight of each cell; zero outside the region
        """
        total = 0.0
        for s in np.flatnonzero((cells != 0).any(axis=(1, 2))):
            pull = np.where(cells[s] != 0, cells[s] * self.sd[s], 0.0)[None]
            total += float(image_noise_gain(self.rows[[s]], self.columns[[s]], pull, self.shape).sum())
        return total


def read_map(
    stack: WeightedStack,
    refined: RefinedSegmentation,
    polar: PolarStack,
    settings: AnalysisSettings,
    refused: Mapping[int, str] = _NONE,
) -> MappedSeries:
    """Read a scanner's map in every slice that has an outline; a slice that has none is refused with the reason.

    Parameters
    ----------
    stack, refined, polar : of one map, one image a slice
    settings : blood and pruning are used
    refused : slices that may not be mapped, each with the reason

    Returns
    -------
    MappedSeries
        without a fit: ``cells`` is None. Errors are NaN where the scanner sent no standard deviations.

    Raises
    ------
    ValueError
        the stack is no scanner's map
    """
    if stack.scanner is None:
        raise ValueError(f"the {stack.kind.value} stack holds weighted images; expected the scanner's map")
    drawn = refined.usable[:, 0] & np.isfinite(polar.centres[:, 0]).all(axis=-1)
    reasons: dict[int, str] = {}
    for index, present in enumerate(stack.present[:, 0]):
        if not (present and drawn[index]):
            left_out = refined.outcome[index, 0] == ImageOutcome.LEFT_OUT
            reasons[index] = refused.get(index, (_LEFT_OUT if left_out else _NOT_DRAWN) if present else _NOTHING)
        elif index in refused:
            reasons[index] = refused[index]
    pruning = settings.pruning
    labels, weights = _drawn_on(refined, polar, reasons)
    times = tuple(np.zeros(0 if index in reasons else 1, dtype=np.intp) for index in range(len(drawn)))
    in_blood = blood_pixels(stack, polar, times, weights, labels, pruning)
    filled = np.flatnonzero(filled_with_blood(labels, in_blood, pruning))
    if filled.size:
        reasons.update(dict.fromkeys(filled.tolist(), filled_reason(stack.kind)))
        labels, weights = _drawn_on(refined, polar, reasons)
    made = np.array([index not in reasons for index in range(len(drawn))], dtype=np.bool_)
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    shape = (labels.shape[1], labels.shape[2])
    values = np.where(wall, np.asarray(stack.scanner.values[:, 0], dtype=np.float64), np.nan)
    sd = np.full(values.shape, np.nan)
    if stack.scanner.sd is not None:
        sd = np.where(wall & np.isfinite(values), stack.scanner.sd[:, 0], np.nan)
    status = _status(wall, values)
    cells = np.where(made[:, None, None], polar.signals[:, 0], np.nan)
    cells_sd = _polar_sd(stack, polar, made)
    blood = tuple(_blood(stack, polar, s, settings) if made[s] else None for s in range(len(made)))
    read = ParameterMap(
        kind=stack.kind,
        model=SCANNER_MAP,
        polar_values=cells,
        polar_sd=cells_sd,
        polar_status=_status(np.broadcast_to(made[:, None, None], cells.shape), cells),
        values=values,
        sd=sd,
        status=status,
        labels=labels,
        analysed=analysed_pixels(
            values, status, labels, boundary_pixels=pruning.boundary_px, value_range=pruning.ranges[stack.kind]
        )
        & ~in_blood,
        reference_time=np.where(made, 0, -1).astype(np.intp),
        blood=blood if stack.kind.spec.has_blood else (None,) * len(made),
        refusals=tuple(Refusal(stack.kind, "refused", reason, index) for index, reason in sorted(reasons.items())),
    )
    return MappedSeries(
        stack=stack,
        refined=refined,
        polar=polar,
        map=read,
        weights=weights,
        cells=None,
        errors=MapErrors(cells_sd, polar.rows[:, 0], polar.columns[:, 0], shape),
        left_out=(np.zeros(0, dtype=np.intp),) * len(made),
        blood_pixels=in_blood,
        low_first_echo=float("nan"),
        wall_like_blood=wall_like_blood(stack, refined, polar, made),
    )


def _drawn_on(
    refined: RefinedSegmentation, polar: PolarStack, refused: Collection[int]
) -> tuple[LabelArray, CartesianWeights]:
    """Return the labels of the slices that are not refused, and the way from the polar grid to their walls."""
    made = np.array([index not in refused for index in range(len(refined.labels))], dtype=np.bool_)
    labels = np.where(made[:, None, None], refined.labels[:, 0], 0).astype(np.uint8)
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    reference = np.where(made, 0, -1).astype(np.intp)
    return labels, cartesian_weights(polar, reference, (labels.shape[1], labels.shape[2]), wall)


def _status(inside: BoolArray, values: Float64Array) -> LabelArray:
    found = np.where(np.isfinite(values), FitStatus.OK, FitStatus.NO_VALID_VALUE)
    return np.asarray(np.where(inside, found, FitStatus.NOT_FITTED), dtype=np.uint8)


def _polar_sd(stack: WeightedStack, polar: PolarStack, made: BoolArray) -> Float64Array:
    """(slice, angle, depth) the scanner's standard deviations at the polar cells; NaN where there are none."""
    out = np.full(polar.signals[:, 0].shape, np.nan)
    if stack.scanner is not None and stack.scanner.sd is not None:
        for s in np.flatnonzero(made):
            image = np.asarray(stack.scanner.sd[s, 0], dtype=np.float64)
            out[s] = sample(image, polar.rows[s, 0], polar.columns[s, 0])
    return out


def _blood(stack: WeightedStack, polar: PolarStack, s: int, settings: AnalysisSettings) -> BloodValue | None:
    """Read blood T1 off the map: median of the circle in the middle of the cavity, as in `blood_pool`.

    None where the circle has too few pixels with a value. Its error is that of the scanner's standard deviations, NaN
    without them; that of a median is sqrt(pi / 2) times that of a mean.
    """
    radius = min(settings.blood.radius_px, CAVITY_SHARE * float(polar.inner_radius[s, 0].min()))
    if not radius >= 1.0:
        return None
    only = np.zeros(1, dtype=np.intp)
    values = circle_signals(stack.fitted_images, polar, s, only, radius)[:, 0]
    known = np.isfinite(values)
    if np.count_nonzero(known) < LEAST_PIXELS:
        return None
    error = float("nan")
    if stack.scanner is not None and stack.scanner.sd is not None:
        sd = circle_signals(stack.scanner.sd, polar, s, only, radius)[known, 0]
        error = float(np.sqrt(np.pi / 2.0 * (sd**2).sum()) / np.count_nonzero(known))
    return BloodValue(float(np.median(values[known])), error, int(np.count_nonzero(known)))
