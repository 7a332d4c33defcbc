"""The whole chain: THE list of stages, what runs it, and its calls on arrays without DICOM and without the SDK."""

from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.execution import Products, run_stages
from cmrmap.pipeline.explain import PixelExplanation, explain_pixel
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.fitting import align, fit
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.stage import Stage, StageList
from cmrmap.pipeline.stages import STAGES
from cmrmap.pipeline.study import StudyMaps, extracellular_volume, refine, report, segment
from cmrmap.pipeline.study_analysis import StudyAnalysis, analyse, analyse_folder

__all__ = [
    "STAGES",
    "MappedEcv",
    "MappedSeries",
    "PixelExplanation",
    "Products",
    "RunContext",
    "Stage",
    "StageList",
    "StudyAnalysis",
    "StudyMaps",
    "align",
    "analyse",
    "analyse_folder",
    "explain_pixel",
    "extracellular_volume",
    "fit",
    "refine",
    "report",
    "run_stages",
    "segment",
]
