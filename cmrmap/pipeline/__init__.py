"""The whole chain on arrays: usable in a notebook, without DICOM and without the SDK."""

from cmrmap.pipeline.explain import PixelExplanation, explain_pixel
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.series import MappedSeries
from cmrmap.pipeline.study import (
    StudyAnalysis,
    align,
    analyse,
    extracellular_volume,
    fit,
    refine,
    report,
    segment,
)

__all__ = [
    "MappedEcv",
    "MappedSeries",
    "PixelExplanation",
    "StudyAnalysis",
    "align",
    "analyse",
    "explain_pixel",
    "extracellular_volume",
    "fit",
    "refine",
    "report",
    "segment",
]
