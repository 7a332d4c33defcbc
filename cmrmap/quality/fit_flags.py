"""What is worth telling about the fits of a map and the means that come of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.parameter_map import COUNTED_STATUS, FitStatus
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.quality.catalogue.fits import (
    DEGENERATE_PIXELS,
    EDGE_OF_RANGE_PIXELS,
    FEW_PIXELS_ANALYSED,
    IMAGES_CONTRADICTED,
    IMAGES_DISAGREE,
    NULL_AMBIGUOUS_PIXELS,
    STRAY_OFFSET,
    UNPHYSICAL_PIXELS,
    VALUES_OUT_OF_RANGE,
)
from cmrmap.quality.catalogue.mean_quality import MODEL_MISFIT, UNCERTAIN_MEAN, UNCERTAIN_SEGMENTS
from cmrmap.quality.listing import runs

_NORMAL_95 = 1.96
_DOUBTS = (
    (FitStatus.EDGE_OF_RANGE, EDGE_OF_RANGE_PIXELS),
    (FitStatus.DEGENERATE, DEGENERATE_PIXELS),
    (FitStatus.UNPHYSICAL, UNPHYSICAL_PIXELS),
    (FitStatus.NULL_AMBIGUOUS, NULL_AMBIGUOUS_PIXELS),
)


def fit_flags(kind: MapKind, status: LabelArray, wall: BoolArray, analysed: BoolArray) -> tuple[QualityFlag, ...]:
    """Tell slices in which many pixels have a doubtful fit, or few are left to average.

    Parameters
    ----------
    kind : which map
    status : (slice, row, column) uint8 of ``FitStatus``
    wall : (slice, row, column) the pruned wall: what could have counted
    analysed : (slice, row, column) what did
    """
    flags = []
    for s in range(wall.shape[0]):
        inside = status[s][wall[s]]
        if inside.size == 0 or (inside == FitStatus.NOT_FITTED).all():
            continue
        for code, finding in _DOUBTS:
            share = float(np.mean(inside == code))
            if finding.crossed(share):
                flags.append(finding.flag(kind, s, share=share))
        share = float(np.mean(analysed[s][wall[s]]))
        if FEW_PIXELS_ANALYSED.crossed(share):
            flags.append(FEW_PIXELS_ANALYSED.flag(kind, s, share=share))
    return tuple(flags)


def range_flags(
    kind: MapKind, values: Float64Array, status: LabelArray, wall: BoolArray, value_range: tuple[float, float]
) -> tuple[QualityFlag, ...]:
    """Tell slices of which the range that counts cuts off one side: the mean of the rest lies too far from that end.

    Parameters
    ----------
    kind : which map
    values : (slice, row, column) in the map's unit; NaN = no value
    status : (slice, row, column) uint8 of ``FitStatus``
    wall : (slice, row, column) the pruned wall without the edge of the blood: what would count but for its value
    value_range : lowest and highest value that counts, in the map's unit
    """
    low, high = value_range
    trusted = wall & np.isin(status, [int(code) for code in COUNTED_STATUS]) & np.isfinite(values)
    flags = []
    for s in np.flatnonzero(trusted.any(axis=(1, 2))).tolist():
        found = values[s][trusted[s]]
        shares = {("below", low): float(np.mean(found < low)), ("above", high): float(np.mean(found > high))}
        (side, bound), share = max(shares.items(), key=lambda one: one[1])
        if VALUES_OUT_OF_RANGE.crossed(share):
            flags.append(VALUES_OUT_OF_RANGE.flag(kind, s, share=share, side=side, bound=bound, unit=kind.unit))
    return tuple(flags)


def disagreement_flags(
    kind: MapKind, left_out_ms: Sequence[Sequence[float]], unevenness: Float64Array, stray_offset: Float64Array
) -> tuple[QualityFlag, ...]:
    """Tell slices whose images are not of one relaxation: outlines beside the heart, or another moment of its cycle.

    Parameters
    ----------
    kind : which map
    left_out_ms : per slice the times of images that were left out because the others contradict them
    unevenness : (slice,) by how much the other images differ around the wall from one relaxation, beyond noise, as a
        share of the largest signal; NaN where it cannot be told
    stray_offset : (slice,) distance of the constant part of the signal from the series', as a share of the part that
        decays; NaN where a model has none
    """
    flags = []
    for s, (times, uneven, stray) in enumerate(zip(left_out_ms, unevenness, stray_offset, strict=True)):
        if times:
            listed = ", ".join("infinity" if math.isinf(time) else f"{time:.0f}" for time in times)
            flags.append(IMAGES_CONTRADICTED.flag(kind, s, times=listed))
        if IMAGES_DISAGREE.crossed(float(uneven)):
            flags.append(IMAGES_DISAGREE.flag(kind, s, found=100 * float(uneven)))
        if STRAY_OFFSET.crossed(float(stray)):
            flags.append(STRAY_OFFSET.flag(kind, s, found=100 * float(stray)))
    return tuple(flags)


def uncertainty_flags(
    kind: MapKind,
    slices: Sequence[RegionStatistics],
    segments: Sequence[Mapping[int, RegionStatistics]],
    widest: float,
) -> tuple[QualityFlag, ...]:
    """Tell slices whose mean is too uncertain to act on, and the AHA segments of the others that are.

    Parameters
    ----------
    kind : which map
    slices, segments : statistics of each slice, and of its segments by AHA number
    widest : half width of a 95 % interval that is still let pass, in the map's unit
    """
    flags = []
    for s, (whole, parts) in enumerate(zip(slices, segments, strict=True)):
        half = _NORMAL_95 * whole.uncertainty
        if UNCERTAIN_MEAN.crossed(half, widest):
            flags.append(UNCERTAIN_MEAN.flag(kind, s, half=_above(half, widest), unit=kind.unit, widest=widest))
            continue
        wide = [
            aha
            for aha, one in sorted(parts.items())
            if UNCERTAIN_SEGMENTS.crossed(_NORMAL_95 * one.uncertainty, widest)
        ]
        if wide:
            flags.append(UNCERTAIN_SEGMENTS.flag(kind, s, segments=runs(wide), widest=widest, unit=kind.unit))
    return tuple(flags)


def _above(half: float, widest: float) -> str:
    """Return a half width with as many digits as show that it is above the widest."""
    texts = (f"{half:.{digits}g}" for digits in range(3, 17))
    return next((text for text in texts if float(text) > float(f"{widest:.3g}")), f"{half:.3g}")


def misfit_flags(
    kind: MapKind, size: float, change: float, without_ms: float, widest: float
) -> tuple[QualityFlag, ...]:
    """Report that all slices of a map deviate from its model in the same way.

    Parameters
    ----------
    kind : which map
    size : root mean square over the images, as a share of the signal without relaxation
    change : of the value without the one image that matters most, in the map's unit; NaN where none can be left out:
        the effect of the misfit on the value is then unknown, and the standard error does not include it
    without_ms : the time of that image; infinity where it is saturation-prepared
    widest : half width of a 95 % interval that is still let pass, in the map's unit
    """
    if not MODEL_MISFIT.crossed(size):
        return ()
    if math.isnan(change):
        return (MODEL_MISFIT.flag(kind, is_warning=True, found=100 * size, effect="effect on the value unknown"),)
    time = "infinity" if math.isinf(without_ms) else f"{without_ms:.0f} ms"
    effect = f"change of {change:+.0f} {kind.unit} without the image at {time}"
    return (MODEL_MISFIT.flag(kind, is_warning=abs(change) > widest, found=100 * size, effect=effect),)
