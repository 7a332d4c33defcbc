"""Findings about values that no heart has at the field strength: nothing is computed from them."""

from __future__ import annotations

import math

from cmrmap.core.arrays import Float64Array, finite_median
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.quality.catalogue.mean_quality import IMPLAUSIBLE_VALUES
from cmrmap.quality.plausible_ranges import ECV_PERCENT, FieldRanges, Range, T1Ranges, within


def implausible_t1(
    kind: MapKind, wall_ms: Float64Array, blood_ms: Float64Array, ranges: FieldRanges, *, whole: bool
) -> list[QualityFlag]:
    """Tell of a T1 map, or of single slices of it, that no heart can have.

    Parameters
    ----------
    kind : native or post-contrast T1
    wall_ms, blood_ms : (slice,) medians; NaN where there is none
    ranges : at the field strength
    whole : whether the medians of all slices are out of range; a single slice is told only where both its wall and its
        blood are, since the blood of a small apical cavity is easily missed
    """
    own = ranges.t1(kind)
    if whole:
        return [_t1_flag(kind, None, finite_median(wall_ms), finite_median(blood_ms), own, ranges.name)]
    out = []
    for index, (wall, blood) in enumerate(zip(wall_ms.tolist(), blood_ms.tolist(), strict=True)):
        measured = math.isfinite(wall) and math.isfinite(blood)
        if measured and not within(wall, own.wall) and not within(blood, own.blood):
            out.append(_t1_flag(kind, index, wall, blood, own, ranges.name))
    return out


def implausible_t2(wall_ms: float, ranges: FieldRanges) -> list[QualityFlag]:
    """Tell of a T2 map that no heart can have; ``wall_ms``: median, NaN where there is none."""
    if math.isnan(wall_ms) or within(wall_ms, ranges.t2_wall):
        return []
    found = f"wall T2 {wall_ms:.0f} ms (expected {_words(ranges.t2_wall)}) at {ranges.name}"
    return [_flag(MapKind.T2, None, found, "check the times of its images")]


def implausible_ecv(wall_percent: float) -> list[QualityFlag]:
    """Tell of an ECV map that no heart can have; ``wall_percent``: median, NaN where there is none."""
    if math.isnan(wall_percent) or within(wall_percent, ECV_PERCENT):
        return []
    found = f"wall ECV {wall_percent:.0f} % (expected {_words(ECV_PERCENT)})"
    return [_flag(MapKind.ECV, None, found, "check both T1 maps, blood T1 and the hematocrit")]


def _t1_flag(kind: MapKind, index: int | None, wall: float, blood: float, own: T1Ranges, field: str) -> QualityFlag:
    told = []
    expected = own.wall if math.isfinite(blood) else own.wall_alone
    for value, bounds, what in ((wall, expected, "wall"), (blood, own.blood, "blood")):
        if math.isfinite(value):
            state = "possible" if within(value, bounds) else f"expected {_words(bounds)}"
            told.append(f"{what} T1 {value:.0f} ms ({state})")
    advice = "check the times of its images"
    for factor, words in ((0.5, "doubled"), (2.0, "halved")):
        if own.hold(wall * factor, blood * factor):
            advice = f"check its times: perhaps {words}"
    return _flag(kind, index, f"{', '.join(told)} at {field}", advice)


def _flag(kind: MapKind, index: int | None, found: str, advice: str) -> QualityFlag:
    return IMPLAUSIBLE_VALUES.flag(kind, index, found=found, advice=advice)


def _words(bounds: Range) -> str:
    return f"{bounds[0]:.0f}-{bounds[1]:.0f}"
