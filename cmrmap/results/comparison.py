"""Where a map's values stand among a site's normal subjects."""

from __future__ import annotations

from dataclasses import dataclass

from cmrmap.results.reference_ranges import Range


@dataclass(frozen=True, slots=True)
class ComparedValue:
    """One value's place among normals.

    Attributes
    ----------
    z : (value - mean of normals) / SD of normals; NaN where there is no value
    range : of the normals, in the map's unit
    slice_index, aha : whose value it is; None where it is not a slice's or not a segment's
    """

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
