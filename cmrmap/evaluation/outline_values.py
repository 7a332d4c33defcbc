"""What outlines make of the values: the same images, the same fit, other outlines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.check import check_series
from cmrmap.pipeline.find import find
from cmrmap.pipeline.heart_verdict import not_hearts
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.regional import InsertionPoints
from cmrmap.regional.aha import SEGMENT_NAMES
from cmrmap.settings import AnalysisSettings


@dataclass(frozen=True, slots=True)
class OutlineValues:
    """The values of one series by one set of outlines.

    Attributes
    ----------
    kind : of the map
    mean : (slice,) in the map's unit; NaN where there is none
    uncertainty : (slice,) the application's standard error of these means
    segments : per slice, name of the AHA segment -> mean
    flags : what the application says of them
    no_heart : slice -> why the application would refuse it; the values are measured all the same
    """

    kind: MapKind
    mean: Float64Array
    uncertainty: Float64Array
    segments: tuple[Mapping[str, float], ...]
    flags: tuple[QualityFlag, ...]
    no_heart: Mapping[int, str]

    def told(self, slice_index: int) -> dict[str, Severity]:
        """Return the codes of the findings about one slice, and "refused" where it is given no value."""
        refused = slice_index in self.no_heart or bool(np.isnan(self.mean[slice_index]))
        return codes(self.flags, slice_index) | ({"refused": Severity.ERROR} if refused else {})


def codes(flags: Sequence[QualityFlag], slice_index: int) -> dict[str, Severity]:
    """Return the codes of the findings about one slice, each with its severity, in the order of their names."""
    mine = sorted((one for one in flags if one.slice_index == slice_index), key=lambda one: one.code)
    return {one.code: one.severity for one in mine}


def values_by(stack: WeightedStack, outlines: SegmentationStack, points: InsertionPoints) -> OutlineValues:
    """Map a series by given outlines, with the application's settings.

    Parameters
    ----------
    stack : the series
    outlines : a network's or a reader's
    points : insertion points, for whoever drew the same
    """
    settings = AnalysisSettings.from_mapping({"quality": {"require_heart": False}})  # a reader has found one
    refined = refine((stack,), (outlines,), settings)
    polar = align((stack,), refined, settings)
    by_network = outlines.heart_probability is not None
    no_heart = not_hearts((stack,), refined, polar)[0] if by_network else {}
    fitted = fit((stack,), refined, polar, settings)
    (series,) = check_series(fitted, settings)
    ends = zip(points.anterior_rad.tolist(), points.inferior_rad.tolist(), strict=True)
    manual = {index: pair for index, pair in enumerate(ends) if np.isfinite(pair).all()}
    numbers = series_numbers(series, locate(series, manual))
    return OutlineValues(
        kind=series.kind,
        mean=np.array([one.mean for one in numbers.table.slices]),
        uncertainty=np.array([one.uncertainty for one in numbers.table.slices]),
        segments=tuple(
            {SEGMENT_NAMES[number]: found.mean for number, found in sorted(one.items())}
            for one in numbers.table.segments
        ),
        flags=find((numbers,), settings),
        no_heart=no_heart,
    )
