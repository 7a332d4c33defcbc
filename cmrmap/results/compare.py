"""Compare the maps of a study with a site's reference ranges."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from cmrmap.core.findings import QualityFlag
from cmrmap.core.statuses import SliceStatus
from cmrmap.quality.catalogue.mean_quality import REFERENCE_RANGES_OF_ANOTHER_MODEL
from cmrmap.results.comparison import ComparedValue, ReferenceComparison
from cmrmap.results.map_result import MapResult
from cmrmap.results.reference_ranges import MapRanges, ReferenceRanges


def compare_with_ranges(
    maps: Sequence[MapResult], ranges: ReferenceRanges
) -> tuple[tuple[MapResult, ...], tuple[QualityFlag, ...]]:
    """Add z-scores to the maps that have ranges; a map of another model gets a flag instead.

    Parameters
    ----------
    maps : of one study
    ranges : of the site

    Returns
    -------
    maps : in the same order, ``reference`` filled where there is something to compare with
    flags : one for every map whose ranges are of another relaxation model
    """
    out, flags = [], []
    for one in maps:
        found = ranges.maps.get(one.kind)
        if found is None or not one.status.made:
            out.append(one)
        elif found.model != one.model:
            flags.append(REFERENCE_RANGES_OF_ANOTHER_MODEL.flag(one.kind, expected=found.model, found=one.model))
            out.append(one)
        else:
            out.append(dataclasses.replace(one, reference=_compared(one, found, ranges)))
    return tuple(out), tuple(flags)


def _compared(one: MapResult, found: MapRanges, ranges: ReferenceRanges) -> ReferenceComparison:
    slices, segments = [], []
    for here in one.slices:
        level = found.levels.get(here.level) if here.level else None
        if level is not None and here.status is SliceStatus.OK:
            slices.append(ComparedValue(level.z(here.statistics.mean), level, here.slice_index))
        for segment in here.segments:
            own = found.segments.get(segment.aha)
            if own is not None:
                z = own.z(segment.statistics.mean)
                segments.append(ComparedValue(z, own, here.slice_index, segment.aha))
    patient = ComparedValue(found.patient.z(one.patient.mean), found.patient)
    return ReferenceComparison(ranges.site, ranges.sha256, patient, tuple(slices), tuple(segments))
