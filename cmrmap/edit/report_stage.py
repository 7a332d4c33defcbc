"""The application's stages with the report as a model: while somebody edits, nothing but the page is drawn."""

from __future__ import annotations

from cmrmap.core.findings import Refusal
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.study_identity import study_identity
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.map_records import map_records
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.stage import Stage
from cmrmap.pipeline.stages import STAGES
from cmrmap.pipeline.study import StudyMaps
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
        map_records(series, ecv),
        published=context.settings.reference_ranges.published,
    )


_DRAW = next(stage for stage in STAGES if stage.name == "draw")
EDIT_STAGES = STAGES.replace(Stage(_DRAW.name, _DRAW.inputs, _DRAW.output, _draw))
