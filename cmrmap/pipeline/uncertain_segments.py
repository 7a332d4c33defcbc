"""AHA segments far more uncertain than the rest of their slice are left out, as a reader leaves out artefacts.

An off-resonance band or the edge of a coil's shading changes the signal of one side of the wall from image to image, as
the heart moves through it. The segments there have intervals many times as wide as the others; counted, they spoil the
mean of the slice and of the patient. What decides is how well a segment is known, never its value: a lesion is not left
out for being one. Ours; what it gives is in docs/relaxometry.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import numpy as np

from cmrmap.core.field_map import FieldMap
from cmrmap.core.findings import QualityFlag
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.map_numbers import MapNumbers, ecv_numbers, series_numbers
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.regions import Regions, locate
from cmrmap.quality.catalogue.mean_quality import SEGMENTS_EXCLUDED
from cmrmap.quality.listing import runs
from cmrmap.settings import AnalysisSettings

_NORMAL_95 = 1.96
_TIMES_WIDEST = 2.0  # half width of the interval over the widest that a mean is let pass with
_TIMES_USUAL = 2.0  # and over the median of the slice's segments
_MOST = 0.5  # of a slice's segments; where more are uncertain the slice is, and keeps them all

_Source = TypeVar("_Source", bound=MappedSeries | MappedEcv)


def too_uncertain(segments: Mapping[int, RegionStatistics], widest: float) -> tuple[int, ...]:
    """Return the AHA numbers of a slice's segments that are left out.

    Parameters
    ----------
    segments : statistics by AHA number; one whose standard error is not known stays
    widest : half width of a 95 % interval that a mean is let pass with, in the map's unit

    Returns
    -------
    tuple of int
        ascending; none where half of the segments or more would have to go
    """
    half = {aha: _NORMAL_95 * one.uncertainty for aha, one in sorted(segments.items())}
    known = [one for one in half.values() if np.isfinite(one)]
    if not known:
        return ()
    limit = max(_TIMES_WIDEST * widest, _TIMES_USUAL * float(np.median(known)))
    gone = tuple(aha for aha, one in half.items() if one > limit)
    return gone if len(gone) < _MOST * len(half) else ()


def certain_numbers(
    source: MappedSeries | MappedEcv,
    regions: Regions,
    settings: AnalysisSettings,
    shown: Callable[[ParameterMap], FieldMap | None],
) -> tuple[MapNumbers, tuple[QualityFlag, ...]]:
    """Summarise a map without the segments that are too uncertain.

    Parameters
    ----------
    source : the map as it was made
    regions : where its slices lie
    settings : ``quality`` is used
    shown : returns the map as it is shown; no number comes from it

    Returns
    -------
    numbers : of the map without these segments
    findings : one for each slice that lost some
    """
    numbers = _numbers(source, regions, shown)
    if not settings.quality.exclude_uncertain_segments:
        return numbers, ()
    left, flags = _left(source, regions, numbers, settings)
    left = _network_left(left, settings)
    return (numbers, ()) if left is source else (_numbers(left, regions, shown), flags)


def _network_left(source: MappedSeries | MappedEcv, settings: AnalysisSettings) -> MappedSeries | MappedEcv:
    """Do the same to what the network's contours alone give, which a reader's are compared with."""
    if isinstance(source, MappedEcv):
        ecv = source.network
        if ecv is None:
            return source
        regions = locate(ecv.native)
        left_ecv, _ = _left(ecv, regions, ecv_numbers(ecv, regions), settings)
        return source if left_ecv is ecv else replace(source, network=left_ecv)
    series = source.network
    if series is None:
        return source
    regions = locate(series)
    left_series, _ = _left(series, regions, series_numbers(series, regions), settings)
    return source if left_series is series else replace(source, network=left_series)


def _left(
    source: _Source, regions: Regions, numbers: MapNumbers, settings: AnalysisSettings
) -> tuple[_Source, tuple[QualityFlag, ...]]:
    """Return the map without the segments that are too uncertain, itself where there are none, and the findings."""
    kind, segments = source.map.kind, numbers.table.segments
    widest = settings.quality.widest(kind)
    gone = {s: found for s, parts in enumerate(segments) if (found := too_uncertain(parts, widest))}
    if not gone:
        return source, ()
    analysed = np.array(source.map.analysed)
    flags = []
    for s, excluded in gone.items():
        analysed[s] &= ~np.isin(regions.aha[s], excluded)
        half = _NORMAL_95 * min(segments[s][one].uncertainty for one in excluded)
        flags.append(SEGMENTS_EXCLUDED.flag(kind, s, segments=runs(excluded), half=half, unit=kind.unit))
    return replace(source, map=replace(source.map, analysed=analysed)), tuple(flags)


def _numbers(
    source: MappedSeries | MappedEcv, regions: Regions, shown: Callable[[ParameterMap], FieldMap | None]
) -> MapNumbers:
    if isinstance(source, MappedEcv):
        return ecv_numbers(source, regions, shown(source.map))
    return series_numbers(source, regions, shown(source.map))
