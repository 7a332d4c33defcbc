"""The results of a study as plain frozen objects, and how they become results.json and segments.csv."""

from cmrmap.results.compare import compare_with_ranges
from cmrmap.results.comparison import ComparedValue, ReferenceComparison
from cmrmap.results.map_result import (
    NO_STATISTICS,
    BloodResult,
    MapResult,
    SegmentResult,
    SliceResult,
    absent_map,
    mean_blood,
)
from cmrmap.results.misfit_result import ImageMisfit, ModelMisfit
from cmrmap.results.rounding import rounded
from cmrmap.results.serialise import to_csv, to_json
from cmrmap.results.study_result import HematocritResult, InputSummary, SoftwareInfo, StudyResult

__all__ = [
    "NO_STATISTICS",
    "BloodResult",
    "ComparedValue",
    "HematocritResult",
    "ImageMisfit",
    "InputSummary",
    "MapResult",
    "ModelMisfit",
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
