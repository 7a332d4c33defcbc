"""The stages of the application, once: the graph, ``cmrmap run``, cohorts and notebooks run this list.

Each call says in one line which room does the work; `STAGES` says what it takes and what it makes.
"""

from __future__ import annotations

import logging
from pathlib import Path

from cmrmap.core.findings import Refusal
from cmrmap.core.outlines import RefinedSegmentation, SegmentationStack
from cmrmap.core.polar_stack import PolarStack
from cmrmap.dicom.headers.read import SourceStudy, examine_folder
from cmrmap.dicom.headers.study_identity import patient_identifiers, study_date, study_identity
from cmrmap.dicom.loading.loaded_study import LoadedStudy, load_study
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.select import examine_study
from cmrmap.dicom.writing.outputs import OutputFile, write_outputs
from cmrmap.dicom.writing.pictures import Document, Picture
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.pipeline import study as chain
from cmrmap.pipeline.beside_network import check_beside, ecv_beside
from cmrmap.pipeline.consulted import consulted
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.early_end import told_early
from cmrmap.pipeline.execution import run_stages
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.fitting import align, fit
from cmrmap.pipeline.map_records import map_records
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.stage import Stage, StageList
from cmrmap.pipeline.study import StudyMaps
from cmrmap.pipeline.summary import summarise
from cmrmap.pipeline.unexplained import explained
from cmrmap.relaxometry import prepare
from cmrmap.report import Drawing, draw_report
from cmrmap.results import StudyResult
from cmrmap.run.bundle import OutputBundle, write_bundle
from cmrmap.run.delivery import send_results
from cmrmap.run.hematocrit_sources import find_hematocrit


def _read(context: RunContext) -> SourceStudy:
    """Read the headers of the input folder."""
    study = examine_folder(context.source, context.settings.decoding.memory_mb)
    with told_early(context, study):
        return study.checked()


def _select(context: RunContext, study: SourceStudy) -> Selection:
    """Choose the series that each map is made from."""
    selection = examine_study(study, context.preferences)
    with told_early(context, study, selection):
        return selection.checked()


def _hematocrit(context: RunContext, study: SourceStudy) -> Hematocrit | Refusal | None:
    """Look in the order of docs/running.md: user, FHIR, hematocrit.json, settings."""
    return find_hematocrit(
        context.source,
        patient_identifiers(study),
        given=context.hematocrit,
        configured=context.settings.hematocrit.value,
        study_date=study_date(study),
    )


def _load(context: RunContext, study: SourceStudy, selection: Selection) -> LoadedStudy:
    """Read the pixels of the selected series, every frame of them; what no relaxation explains is left out.

    What a reader corrected is read with them.
    """
    with told_early(context, study, selection):
        return consulted(context.source, study, selection, load_images(context, study, selection))


def _segment(context: RunContext, loaded: LoadedStudy) -> tuple[SegmentationStack, ...]:
    """Label every weighted image with the network."""
    if context.owns_process:
        prepare(wait=False)
    return chain.segment(loaded.stacks, context.drawn_by)


def _refine(
    context: RunContext, loaded: LoadedStudy, segmentations: tuple[SegmentationStack, ...]
) -> tuple[RefinedSegmentation, ...]:
    """Check every shape; replace or exclude those that fail."""
    return chain.refine(loaded.stacks, segmentations, context.settings, loaded.corrections)


def _align(
    context: RunContext, loaded: LoadedStudy, refined: tuple[RefinedSegmentation, ...]
) -> tuple[PolarStack, ...]:
    """Bring every image's wall to one polar grid: the motion correction."""
    return align(loaded.stacks, refined, context.settings)


def _fit(
    context: RunContext, loaded: LoadedStudy, refined: tuple[RefinedSegmentation, ...], polar: tuple[PolarStack, ...]
) -> tuple[MappedSeries, ...]:
    """Fit T2 and T1 on the aligned images, and blood T1."""
    return fit(loaded.stacks, refined, polar, context.settings, loaded.refusals)


def _check(context: RunContext, loaded: LoadedStudy, fitted: tuple[MappedSeries, ...]) -> tuple[MappedSeries, ...]:
    """Refuse what has no value; T1 must be what it is called, and values what a heart can have."""
    refused = {one.kind for one in loaded.refusals if one.slice_index is None and one.status == "refused"}
    return check_beside(fitted, context.settings, refused)


def _ecv(
    context: RunContext, series: tuple[MappedSeries, ...], hematocrit: Hematocrit | Refusal | None
) -> MappedEcv | Refusal:
    """Make ECV from native and post-contrast T1, blood and hematocrit, or say why there is none."""
    return ecv_beside(series, hematocrit, context.settings)


def _report(
    context: RunContext, loaded: LoadedStudy, series: tuple[MappedSeries, ...], ecv: MappedEcv | Refusal
) -> StudyMaps:
    """Levels, insertion points, AHA segments, statistics and quality of all maps."""
    return chain.report(series, ecv, loaded.refusals, context.settings, corrections=loaded.corrections)


def _summarise(
    context: RunContext, study: SourceStudy, selection: Selection, loaded: LoadedStudy, maps: StudyMaps
) -> StudyResult:
    """Join the numbers with what is known of their source."""
    return summarise(study, selection, loaded, maps, context.provenance)


def _draw(
    context: RunContext,
    study: SourceStudy,
    loaded: LoadedStudy,
    series: tuple[MappedSeries, ...],
    ecv: MappedEcv | Refusal,
    maps: StudyMaps,
    results: StudyResult,
) -> Drawing:
    """Draw what people look at: the report's page and the pictures."""
    wanted = context.settings.outputs
    identity = study_identity(study) if wanted.report_identity else None
    records = map_records(series, ecv, maps.counted) if wanted.report else ()
    return draw_report(
        results,
        maps.volumes,
        loaded.stacks,
        identity,
        records,
        report=wanted.report,
        captures=wanted.captures,
        text=wanted.text_report,
        published=context.settings.reference_ranges.published,
    )


def _encode(
    context: RunContext, study: SourceStudy, maps: StudyMaps, results: StudyResult, drawing: Drawing
) -> tuple[OutputFile, ...]:
    """Turn finished maps into DICOM objects, complete in memory."""
    wanted = context.settings.outputs
    return write_outputs(
        maps.volumes,
        study,
        context.provenance,
        results=results if wanted.measurement_report else None,
        document=Document(drawing.pdf, wanted.report_identity) if drawing.pdf else None,
        sections=drawing.sections,
        pictures=[Picture(one.kind, one.slice_index, one.pixels) for one in drawing.captures],
        parametric_maps=wanted.parametric_maps,
        segmentation=wanted.segmentation,
        sd_maps=wanted.sd_maps,
    )


def _bundle(context: RunContext, results: StudyResult, files: tuple[OutputFile, ...], drawing: Drawing) -> OutputBundle:
    """Join numbers and DICOM objects."""
    return OutputBundle(results, files, context.settings.outputs.segments_csv, drawing)


def _write(context: RunContext, bundle: OutputBundle) -> tuple[str, ...]:
    """Write everything and say what was made; a run that never comes here is an error, see ``Outcome.report``."""
    write_bundle(bundle, context.target, context.outcome)
    return tuple(file.name for file in bundle.files)


def _send(context: RunContext, written: tuple[str, ...]) -> int:
    """Send what was written to an archive and check that it arrived; the number of files."""
    if context.send_to is not None:
        send_results(context.target, written, context.send_to, context.outcome)
    return len(written) if context.send_to is not None else 0


STAGES = StageList(
    (
        Stage("read", (), "study", _read),
        Stage("select", ("study",), "selection", _select),
        Stage("hematocrit", ("study",), "hematocrit", _hematocrit),
        Stage("load", ("study", "selection"), "loaded", _load),
        Stage("segment", ("loaded",), "segmentations", _segment, frees_memory=True),
        Stage("refine", ("loaded", "segmentations"), "refined", _refine),
        Stage("align", ("loaded", "refined"), "polar", _align),
        Stage("fit", ("loaded", "refined", "polar"), "fitted", _fit),
        Stage("check", ("loaded", "fitted"), "series", _check),
        Stage("ecv", ("series", "hematocrit"), "ecv", _ecv),
        Stage("report", ("loaded", "series", "ecv"), "maps", _report),
        Stage("summarise", ("study", "selection", "loaded", "maps"), "results", _summarise),
        Stage("draw", ("study", "loaded", "series", "ecv", "maps", "results"), "drawing", _draw, frees_memory=True),
        Stage("encode", ("study", "maps", "results", "drawing"), "files", _encode, frees_memory=True),
        Stage("bundle", ("results", "files", "drawing"), "bundle", _bundle),
        Stage("write", ("bundle",), "written", _write),
        Stage("send", ("written",), "sent", _send),
    )
)
"""All stages of the application, in an order in which they can run."""


def stages_of(context: RunContext, stages: StageList = STAGES) -> StageList:
    """Return the stages of one run: all of them, or up to the output folder where nothing is sent.

    Parameters
    ----------
    context : what the run is told
    stages : the application's, or a site's with replaced ones
    """
    return stages if context.send_to is not None else stages.until("written")


def load_images(context: RunContext, study: SourceStudy, selection: Selection) -> LoadedStudy:
    """Read the pixels of the selected series, of what was read and chosen, without what a reader corrected."""
    return explained(load_study(study, selection, context.settings.models.by_kind))


def load_folder(folder: Path) -> tuple[SourceStudy, Selection, LoadedStudy]:
    """Read a study, choose its series and load them, as the application does where nothing is set.

    Parameters
    ----------
    folder : with the study's DICOM files

    Raises
    ------
    InputError, NoMappingSeriesError, RefusedError
        no folder, no mapping series in it, or none that can be used
    """
    context = RunContext(input_folder=folder)
    made = run_stages(STAGES, context, until="loaded", log_level=logging.DEBUG)
    return made.one("study", SourceStudy), made.one("selection", Selection), made.one("loaded", LoadedStudy)
