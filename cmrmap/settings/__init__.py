"""Every tunable of the analysis, and how a settings file is read."""

from cmrmap.settings.tunables import (
    AlignmentSettings,
    AnalysisSettings,
    BloodSettings,
    FitSettings,
    HematocritSettings,
    ModelSettings,
    OutputSettings,
    PruningSettings,
    QualitySettings,
    ReferenceRangeSettings,
    RefinementSettings,
    SegmentationSettings,
    SelectionSettings,
    SliceSettings,
)

__all__ = [
    "AlignmentSettings",
    "AnalysisSettings",
    "BloodSettings",
    "FitSettings",
    "HematocritSettings",
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
