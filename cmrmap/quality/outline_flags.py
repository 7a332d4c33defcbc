"""What is worth telling about the outlines of a series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, LabelArray
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, RefinedSegmentation
from cmrmap.quality.catalogue.images import IMAGES_MISSING
from cmrmap.quality.catalogue.outline_quality import (
    BLOOD_IN_WALL,
    IMAGES_EXCLUDED,
    IMAGES_REFINED,
    UNCERTAIN_BORDER,
    UNCERTAIN_OUTLINES,
    WALL_LIKE_BLOOD,
)
from cmrmap.quality.listing import runs


def outline_flags(refined: RefinedSegmentation) -> tuple[QualityFlag, ...]:
    """Tell per slice the images that are missing, left out, or mostly drawn from others, and outlines in doubt.

    Parameters
    ----------
    refined : of one series
    """
    flags = list(_uncertain(refined))
    for s, outcome in enumerate(refined.outcome):
        counts = {code: int(np.count_nonzero(outcome == code)) for code in ImageOutcome}
        missing, excluded, replaced = (
            counts[code] for code in (ImageOutcome.MISSING, ImageOutcome.EXCLUDED, ImageOutcome.REPLACED)
        )
        present = outcome.size - missing
        if missing:
            flags.append(IMAGES_MISSING.flag(refined.kind, s, missing=missing, expected=outcome.size))
        if excluded:
            flags.append(IMAGES_EXCLUDED.flag(refined.kind, s, excluded=excluded, present=present))
        if replaced:
            many = IMAGES_REFINED.crossed(replaced / present)
            flags.append(IMAGES_REFINED.flag(refined.kind, s, is_warning=many, replaced=replaced, present=present))
    return tuple(flags)


def _uncertain(refined: RefinedSegmentation) -> Iterator[QualityFlag]:
    if refined.confidence is None:
        return
    for s, (outcome, confidence) in enumerate(zip(refined.outcome, refined.confidence, strict=True)):
        own = confidence[outcome == ImageOutcome.PASSED]  # what was replaced has other flags
        mean = float(own.mean()) if own.size else 1.0
        if UNCERTAIN_OUTLINES.crossed(mean):
            yield UNCERTAIN_OUTLINES.flag(refined.kind, s, found=mean)


def border_flags(kind: MapKind, doubts: Sequence[Mapping[int, float]]) -> tuple[QualityFlag, ...]:
    """Tell the segments in which a contour may be far off.

    Parameters
    ----------
    kind : the map whose slices they are
    doubts : per slice, AHA segment to the probability that a contour lies more than 3 mm off
    """
    flags = []
    for index, doubt in enumerate(doubts):
        found = {aha: one for aha, one in sorted(doubt.items()) if UNCERTAIN_BORDER.crossed(one)}
        if found:
            flags.append(UNCERTAIN_BORDER.flag(kind, index, segments=runs(found), found=max(found.values())))
    return tuple(flags)


def blood_flags(kind: MapKind, wall: BoolArray, blood: BoolArray, aha: LabelArray) -> tuple[QualityFlag, ...]:
    """Tell slices of which much of the wall, or a whole segment, lies in the edge of the blood.

    Parameters
    ----------
    kind : which map
    wall : (slice, row, column) the pruned wall: what could have counted
    blood : (slice, row, column) pixels in which blood shines
    aha : (slice, row, column) AHA segment; 0 where there is none
    """
    flags = []
    for s in range(len(wall)):
        if not (wall[s] & blood[s]).any():
            continue
        share = float(blood[s][wall[s]].mean())
        lost = sorted(set(aha[s][wall[s] & blood[s]].tolist()) - set(aha[s][wall[s] & ~blood[s]].tolist()) - {0})
        if BLOOD_IN_WALL.crossed(share) or lost:
            none_left = f"; no pixels left in AHA {runs(lost)}" if lost else ""
            flags.append(BLOOD_IN_WALL.flag(kind, s, share=share, lost=none_left))
    return tuple(flags)


def blood_likeness_flags(kind: MapKind, shares: Float64Array) -> tuple[QualityFlag, ...]:
    """Tell slices of a scanner's map in whose wall much has the value of blood.

    Parameters
    ----------
    kind : which map
    shares : (slice,) of the wall's circumference; NaN where the slice was not made
    """
    found = ((index, float(share)) for index, share in enumerate(shares))
    return tuple(
        WALL_LIKE_BLOOD.flag(kind, index, share=share) for index, share in found if WALL_LIKE_BLOOD.crossed(share)
    )
