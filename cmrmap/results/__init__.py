"""The results of a study as plain frozen objects, and how they become results.json and segments.csv."""

from cmrmap.results.comparison import ReferenceComparison, compare_with_ranges
from cmrmap.results.schema import (
    SCHEMA_VERSION,
    BloodResult,
    HematocritResult,
    InputSummary,
    MapResult,
    SegmentResult,
    SliceResult,
    SoftwareInfo,
    StudyResult,
    absent_map,
    mean_blood,
)
from cmrmap.results.serialise import rounded, to_csv, to_json

__all__ = [
    "SCHEMA_VERSION",
    "BloodResult",
    "HematocritResult",
    "InputSummary",
    "MapResult",
    "ReferenceComparison",
    "SegmentResult",
    "SliceResult",
    "SoftwareInfo",
    "StudyResult",
    "absent_map",
    "compare_with_ranges",
    "mean_blood",
    "rounded",
    "to_csv",
    "to_json",
]
