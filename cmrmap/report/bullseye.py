"""The AHA bull's-eye: where each of the 16 segments lies, and its value (Cerqueira, Circulation 2002;105:539)."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cmrmap.regional.aha import SEGMENT_NAMES
from cmrmap.report import text
from cmrmap.report.scales import SCALES, Rgb, is_dark
from cmrmap.results import MapResult

Point = tuple[float, float]
_STEPS = 16  # points along an arc
_NO_VALUE: Rgb = (224, 227, 232)


@dataclass(frozen=True, slots=True)
class Wedge:
    """One segment on the unit disc; angles in degrees from the right, counter-clockwise; y points up."""

    inner: float
    outer: float
    start_deg: float
    extent_deg: float

    @property
    def middle(self) -> Point:
        """Where the segment's number is written."""
        return _at((self.inner + self.outer) / 2.0, self.start_deg + self.extent_deg / 2.0)

    @property
    def outline(self) -> tuple[Point, ...]:
        """Points of the closed outline."""
        along = [self.start_deg + self.extent_deg * step / _STEPS for step in range(_STEPS + 1)]
        return (*(_at(self.outer, a) for a in along), *(_at(self.inner, a) for a in reversed(along)))


def _at(radius: float, angle_deg: float) -> Point:
    return radius * math.cos(math.radians(angle_deg)), radius * math.sin(math.radians(angle_deg))


#: AHA number -> place: anterior at the top, septum to the left, base outside
WEDGES: Mapping[int, Wedge] = MappingProxyType(
    {1 + i: Wedge(0.70, 1.00, 60.0 + 60.0 * i, 60.0) for i in range(6)}
    | {7 + i: Wedge(0.42, 0.70, 60.0 + 60.0 * i, 60.0) for i in range(6)}
    | {13 + i: Wedge(0.10, 0.42, 45.0 + 90.0 * i, 90.0) for i in range(4)}
)


@dataclass(frozen=True, slots=True)
class FilledWedge:
    """One segment with its mean.

    Attributes
    ----------
    aha, name : the segment's number and name, "mid anteroseptal"
    wedge : where it lies
    colour : of its mean; pale where there is none
    label : its mean; "-" where there is none
    dark : whether white is read better on the colour
    """

    aha: int
    name: str
    wedge: Wedge
    colour: Rgb
    label: str
    dark: bool


def filled_wedges(result: MapResult) -> tuple[FilledWedge, ...]:
    """Return the 16 segments with their means.

    Parameters
    ----------
    result : the map's numbers
    """
    means, scale = segment_means(result), SCALES[result.kind]
    out = []
    for number, wedge in WEDGES.items():
        value, name = means.get(number), SEGMENT_NAMES[number]
        if value is None:
            out.append(FilledWedge(number, name, wedge, _NO_VALUE, "-", dark=False))
        else:
            colour = scale.colour(value)
            out.append(
                FilledWedge(
                    number, SEGMENT_NAMES[number], wedge, colour, text.number(result.kind, value), is_dark(colour)
                )
            )
    return tuple(out)


def segment_means(result: MapResult) -> dict[int, float]:
    """Return AHA number -> mean over the segment's pixels in all slices of its level; only those that have any.

    Parameters
    ----------
    result : the map's numbers
    """
    sums: dict[int, float] = defaultdict(float)
    counts: dict[int, int] = defaultdict(int)
    for one in result.slices:
        for segment in one.segments:
            if math.isfinite(segment.statistics.mean):
                sums[segment.aha] += segment.statistics.mean * segment.statistics.n_pixels
                counts[segment.aha] += segment.statistics.n_pixels
    return {number: sums[number] / counts[number] for number in sorted(sums) if counts[number]}
