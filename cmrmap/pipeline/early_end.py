"""A run that ends before there is anything to compute: its results.json says what was seen, and why no map is made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cmrmap.core.errors import NoMappingSeriesError, RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.version import VERSION
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline.context import RunContext
from cmrmap.pipeline.input_summary import lost_flags, summarise_input
from cmrmap.results import HematocritResult, MapResult, SoftwareInfo, StudyResult, absent_map, to_json
from cmrmap.run.manifest import RESULTS_NAME
from cmrmap.run.outcome import MapVerdict
from cmrmap.run.staging import write_together


@contextmanager
def told_early(context: RunContext, study: SourceStudy, selection: Selection | None = None) -> Iterator[None]:
    """Write results.json without maps where what is done within finds nothing to map (exit code 3), or may not (4).

    Parameters
    ----------
    context : names the output folder; without one nothing is written
    study : as far as it could be read
    selection : of its series; None: there was none yet
    """
    try:
        yield
    except (NoMappingSeriesError, RefusedError) as error:
        results = results_without_maps(context, study, selection, error)
        if context.output_folder is not None:
            contents = ((RESULTS_NAME, to_json(results).encode("utf-8")),)
            write_together(context.output_folder, contents, context.outcome)
        verdicts = {one.kind.value: MapVerdict(one.status, one.reason or "") for one in results.maps}
        context.outcome.note(verdicts, results.input.n_files)
        raise


def results_without_maps(
    context: RunContext, study: SourceStudy, selection: Selection | None, error: NoMappingSeriesError | RefusedError
) -> StudyResult:
    """Return what results.json says of a study that no map is made of.

    Parameters
    ----------
    context, study, selection : as for :func:`told_early`
    error : why there is no map
    """
    return StudyResult(
        study_instance_uid=study.study_instance_uid,
        software=SoftwareInfo(
            VERSION,
            None if context.network is None else context.network.weights_sha256,
            context.settings.sha256,
            None if context.network is None else context.network.convention,
        ),
        input=summarise_input(study, selection),
        hematocrit=HematocritResult(),
        quality=(*lost_flags(study.lost), *(() if selection is None else selection.flags)),
        maps=tuple(_unmade(kind, selection, error) for kind in MapKind),
        series=() if selection is None else selection.series,
    )


def _unmade(kind: MapKind, selection: Selection | None, error: NoMappingSeriesError | RefusedError) -> MapResult:
    refusals = () if selection is None else selection.refusals
    told = next((one for one in refusals if one.kind is kind and one.slice_index is None), None)
    if told is not None:
        return absent_map(kind, told.reason, told.status)
    if kind.sources != (kind,):
        needed = " and ".join(source.spec.name for source in kind.sources)
        return absent_map(kind, f"{kind.spec.name} needs {needed}; there is no map to make it from")
    if selection is not None and any(one.kind is kind for one in selection.selected):
        return absent_map(kind, str(error), "refused")
    if isinstance(error, RefusedError) and selection is None and kind.spec.always_listed:
        return absent_map(kind, str(error), "refused")
    return absent_map(kind, f"the study has no {kind.spec.name} mapping series")
