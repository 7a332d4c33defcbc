"""The application's stages while somebody edits: numbers first, and of what is drawn the page alone, as a model."""

from __future__ import annotations

from collections.abc import Callable

from cmrmap.core.findings import Refusal
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.study_identity import study_identity
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.map_records import map_records
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.stage import Stage, StageList
from cmrmap.pipeline.stages import STAGES
from cmrmap.pipeline.study import StudyMaps, report
from cmrmap.report.report_model import ReportModel, report_model
from cmrmap.results import StudyResult


def _draw(
    context: RunContext,
    study: SourceStudy,
    loaded: LoadedStudy,
    series: tuple[MappedSeries, ...],
    ecv: MappedEcv | Refusal,
    maps: StudyMaps,
    results: StudyResult,
) -> ReportModel:
    """Gather what the report says, as the stage of the application does before it draws."""
    return report_model(
        results,
        maps.volumes,
        loaded.stacks,
        study_identity(study) if context.settings.outputs.report_identity else None,
        map_records(series, ecv, maps.counted),
        published=context.settings.reference_ranges.published,
    )


def _numbers(
    context: RunContext, loaded: LoadedStudy, series: tuple[MappedSeries, ...], ecv: MappedEcv | Refusal
) -> StudyMaps:
    """Summarise all maps as the application does, but for what lies around the walls: no number needs it."""
    return report(series, ecv, loaded.refusals, context.settings, corrections=loaded.corrections, around=False)


def _with(name: str, call: Callable[..., object], stages: StageList) -> StageList:
    old = next(stage for stage in stages if stage.name == name)
    return stages.replace(Stage(old.name, old.inputs, old.output, call))


#: until "drawing": what the page shows; until "results" with the second: its numbers alone, which are there sooner
EDIT_STAGES = _with("draw", _draw, STAGES)
NUMBER_STAGES = _with("report", _numbers, STAGES)
