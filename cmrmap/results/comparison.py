"""A map's values against a site's reference ranges, as part of the results."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from cmrmap.core.findings import QualityFlag
from cmrmap.quality.catalogue.fits import REFERENCE_RANGES_OF_ANOTHER_MODEL
from cmrmap.results.reference_ranges import Range, ReferenceRanges
from cmrmap.results.schema import MapResult


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """One value's place among normals: z is (mean - mean of normals) / SD of normals; NaN where there is no value."""

    z: float
    range: Range
    slice_index: int | None = None
    aha: int | None = None


@dataclass(frozen=True, slots=True)
class ReferenceComparison:
    """Everything that could be compared of one map.

    Attributes
    ----------
    site, sha256 : of the reference-range file
    patient : of the patient's mean
    slices, segments : those whose level or segment has a range
    """

    site: str
    sha256: str
    patient: ComparedValue
    slices: tuple[ComparedValue, ...]
    segments: tuple[ComparedValue, ...]


def compare_with_ranges(
    maps: Sequence[MapResult], ranges: ReferenceRanges
) -> tuple[tuple[MapResult, ...], tuple[QualityFlag, ...]]:
    """Add z-scores to the maps that have ranges; a map of another model gets a flag instead."""
    out, flags = [], []
    for one in maps:
        found = ranges.maps.get(one.kind)
        if found is None or one.status not in ("ok", "partial"):
            out.append(one)
            continue
        if found.model != one.model:
            flags.append(REFERENCE_RANGES_OF_ANOTHER_MODEL.flag(one.kind, expected=found.model, found=one.model))
            out.append(one)
            continue
        slices, segments = [], []
        for here in one.slices:
            level = found.levels.get(here.level) if here.level else None
            if level is not None and here.status == "ok":
                slices.append(ComparedValue(level.z(here.statistics.mean), level, here.slice_index))
            for segment in here.segments:
                own = found.segments.get(segment.aha)
                if own is not None:
                    z = own.z(segment.statistics.mean)
                    segments.append(ComparedValue(z, own, here.slice_index, segment.aha))
        patient = ComparedValue(found.patient.z(one.patient.mean), found.patient)
        compared = ReferenceComparison(ranges.site, ranges.sha256, patient, tuple(slices), tuple(segments))
        out.append(dataclasses.replace(one, reference=compared))
    return tuple(out), tuple(flags)
