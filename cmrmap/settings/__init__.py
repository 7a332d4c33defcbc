"""The settings of the analysis, and how a settings file is read."""

from cmrmap.settings.per_map import ModelSettings, PruningSettings, QualitySettings, SelectionSettings, SliceSettings
from cmrmap.settings.tunables import (
    AlignmentSettings,
    AnalysisSettings,
    BloodSettings,
    DecodingSettings,
    FitSettings,
    HematocritSettings,
    MapSettings,
    OutputSettings,
    ReferenceRangeSettings,
    RefinementSettings,
    SegmentationSettings,
)

__all__ = [
    "AlignmentSettings",
    "AnalysisSettings",
    "BloodSettings",
    "DecodingSettings",
    "FitSettings",
    "HematocritSettings",
    "MapSettings",
    "ModelSettings",
    "OutputSettings",
    "PruningSettings",
    "QualitySettings",
    "ReferenceRangeSettings",
    "RefinementSettings",
    "SegmentationSettings",
    "SelectionSettings",
    "SliceSettings",
]
