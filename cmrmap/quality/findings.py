"""What is worth telling about a study."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, RefinedSegmentation
from cmrmap.core.parameter_map import FitStatus
from cmrmap.core.regional_values import RegionStatistics

_MANY_REPLACED = 0.3
_MANY_DOUBTFUL = 0.2
_FEW_ANALYSED = 0.3
_NORMAL_95 = 1.96
#: mean over a slice's images below which the network may have drawn something else than the heart: on in-vivo slices
#: and virtual patients it was 0.86-0.95 on hearts, and under this in nine of ten drawings 70 mm beside them
_LEAST_CONFIDENCE = 0.85
#: by how much images may differ around the wall from one relaxation, as a share of the largest signal, and how far the
#: constant part of the T2 signal may stray from the series' own, as a share of the part that decays: exceeded in one
#: slice of twenty, and in half of those whose value is far off (docs/evaluation.md)
_MOST_UNEVENNESS = 0.03
_MOST_STRAY_OFFSET = 0.035

_DOUBTS = (
    (FitStatus.EDGE_OF_RANGE, "edge_of_range_pixels", "have a fit at the edge of the searched range"),
    (FitStatus.DEGENERATE, "degenerate_pixels", "have a signal that nothing can be fitted to"),
    (FitStatus.UNPHYSICAL, "unphysical_pixels", "have an unphysical fit"),
    (FitStatus.NULL_AMBIGUOUS, "null_ambiguous_pixels", "have a sample at the signal null of ambiguous sign"),
)


def segmentation_flags(refined: RefinedSegmentation) -> tuple[QualityFlag, ...]:
    """Report per slice the images that are missing, left out, or mostly drawn from others, and outlines in doubt."""
    flags = list(_outline_flags(refined))
    for s, outcome in enumerate(refined.outcome):
        counts = {code: int(np.count_nonzero(outcome == code)) for code in ImageOutcome}
        n_images = outcome.size - counts[ImageOutcome.MISSING]
        if counts[ImageOutcome.MISSING]:
            flags.append(
                QualityFlag(
                    "images_missing",
                    "warning",
                    f"{counts[ImageOutcome.MISSING]} of {outcome.size} images are missing",
                    refined.kind,
                    s,
                )
            )
        if counts[ImageOutcome.EXCLUDED]:
            flags.append(
                QualityFlag(
                    "images_excluded",
                    "warning",
                    f"{counts[ImageOutcome.EXCLUDED]} of {n_images} images have no usable segmentation",
                    refined.kind,
                    s,
                )
            )
        if counts[ImageOutcome.REPLACED]:
            many = counts[ImageOutcome.REPLACED] > _MANY_REPLACED * n_images
            flags.append(
                QualityFlag(
                    "images_refined",
                    "warning" if many else "info",
                    f"{counts[ImageOutcome.REPLACED]} of {n_images} images took their shape from another image",
                    refined.kind,
                    s,
                )
            )
    return tuple(flags)


def _outline_flags(refined: RefinedSegmentation) -> Iterator[QualityFlag]:
    if refined.confidence is None:
        return
    for s, (outcome, confidence) in enumerate(zip(refined.outcome, refined.confidence, strict=True)):
        own = confidence[outcome == ImageOutcome.PASSED]  # what was replaced has other flags
        mean = float(own.mean()) if own.size else 1.0
        if mean < _LEAST_CONFIDENCE:
            message = (
                f"the network is sure of its outlines by {mean:.2f}, expected at least {_LEAST_CONFIDENCE:.2f}: "
                "look whether they lie on the heart before a value is used"
            )
            yield QualityFlag("uncertain_outlines", "warning", message, refined.kind, s)


def fit_flags(kind: MapKind, status: LabelArray, wall: BoolArray, analysed: BoolArray) -> tuple[QualityFlag, ...]:
    """Report slices in which many pixels have a doubtful fit, or few are left to average.

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
        for code, name, what in _DOUBTS:
            share = float(np.mean(inside == code))
            if share > _MANY_DOUBTFUL:
                severity = "info" if code is FitStatus.NULL_AMBIGUOUS else "warning"
                flags.append(QualityFlag(name, severity, f"{share:.0%} of the wall's pixels {what}", kind, s))
        share = float(np.mean(analysed[s][wall[s]]))
        if share < _FEW_ANALYSED:
            message = f"only {share:.0%} of the wall's pixels have a value that counts"
            flags.append(QualityFlag("few_pixels_analysed", "warning", message, kind, s))
    return tuple(flags)


def disagreement_flags(
    kind: MapKind, left_out_ms: Sequence[Sequence[float]], unevenness: Float64Array, stray_offset: Float64Array
) -> tuple[QualityFlag, ...]:
    """Report slices whose images are not of one relaxation: outlines beside the heart, or another moment of its cycle.

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
            message = f"left out of the fit, because the slice's other images contradict them: images at {listed} ms"
            flags.append(QualityFlag("images_contradicted", "info", message, kind, s))
        if uneven > _MOST_UNEVENNESS:
            message = (
                f"the images differ around the wall from one relaxation by {100 * uneven:.1f} % of the largest signal "
                f"beyond noise, expected at most {100 * _MOST_UNEVENNESS:.1f} %: look whether every outline lies on "
                "the heart"
            )
            flags.append(QualityFlag("images_disagree", "warning", message, kind, s))
        if stray > _MOST_STRAY_OFFSET:
            message = (
                f"the constant part of the signal strays from the series' own by {100 * stray:.1f} % of the part that "
                f"decays, expected at most {100 * _MOST_STRAY_OFFSET:.1f} %: look at the outline of the "
                "saturation-prepared image"
            )
            flags.append(QualityFlag("stray_offset", "warning", message, kind, s))
    return tuple(flags)


def uncertainty_flags(
    kind: MapKind,
    slices: Sequence[RegionStatistics],
    segments: Sequence[Mapping[int, RegionStatistics]],
    widest: float,
) -> tuple[QualityFlag, ...]:
    """Report slices whose mean is too uncertain to act on, and the AHA segments of the others that are.

    Parameters
    ----------
    kind : which map
    slices, segments : statistics of each slice, and of its segments by AHA number
    widest : half width of a 95 % interval that is still let pass, in the map's unit
    """
    flags = []
    for s, (whole, parts) in enumerate(zip(slices, segments, strict=True)):
        half = _NORMAL_95 * whole.uncertainty
        if half > widest:
            message = (
                f"the 95 % interval of the slice's mean is +-{half:.3g} {kind.unit}, wider than +-{widest:.3g}: "
                "look at its outlines and images before it is used"
            )
            flags.append(QualityFlag("uncertain_mean", "warning", message, kind, s))
            continue
        wide = [aha for aha, one in sorted(parts.items()) if _NORMAL_95 * one.uncertainty > widest]
        if wide:
            listed = ", ".join(str(aha) for aha in wide)
            message = f"the 95 % intervals of AHA segments {listed} are wider than +-{widest:.3g} {kind.unit}"
            flags.append(QualityFlag("uncertain_segments", "info", message, kind, s))
    return tuple(flags)


def insertion_point_flags(source: Sequence[str], reason: Sequence[str]) -> tuple[QualityFlag, ...]:
    """Report slices whose insertion points were taken from other slices or are not known.

    Parameters
    ----------
    source, reason : one per slice, as in ``regional.InsertionPoints``
    """
    flags = []
    for s, (where, why) in enumerate(zip(source, reason, strict=True)):
        if where == "neighbour":
            message = f"insertion points taken from the slices beside: {why}"
            flags.append(QualityFlag("insertion_points_from_neighbour", "info", message, None, s))
        elif where == "none":
            flags.append(QualityFlag("insertion_points_missing", "warning", f"no segments: {why}", None, s))
    return tuple(flags)
