"""The numbers of a study joined with what is known of their source: all that results.json says."""

from __future__ import annotations

from dataclasses import replace

from cmrmap.core.findings import QualityFlag
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.core.series_row import SeriesRow, SeriesVerdict
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline.completeness import with_losses
from cmrmap.pipeline.input_summary import lost_flags, summarise_input
from cmrmap.pipeline.study import StudyMaps
from cmrmap.quality.catalogue.images import SERIES_CHOSEN
from cmrmap.relaxometry import kernel_in_use
from cmrmap.results import HematocritResult, SoftwareInfo, StudyResult


def summarise(
    study: SourceStudy,
    selection: Selection,
    loaded: LoadedStudy,
    maps: StudyMaps,
    provenance: SoftwareProvenance,
) -> StudyResult:
    """Join the numbers with what is known of their source: all that results.json says."""
    maps = with_losses(maps, study, selection, loaded)
    lost = (*study.lost, *loaded.lost)
    hematocrit = maps.hematocrit
    return StudyResult(
        study_instance_uid=study.study_instance_uid,
        software=SoftwareInfo(
            provenance.software_version,
            provenance.weights_sha256,
            provenance.settings_sha256,
            provenance.convention,
            kernel_in_use() if any(one.source == "weighted_images" for one in maps.maps) else None,
        ),
        input=summarise_input(study, selection, loaded),
        hematocrit=HematocritResult(hematocrit.value_fraction, hematocrit.source, hematocrit.sd)
        if hematocrit
        else HematocritResult(),
        quality=(*lost_flags(lost), *_of_selection(selection, loaded, maps), *maps.flags),
        maps=maps.maps,
        series=tuple(_of_row(row, maps) for row in selection.series),
    )


def _of_selection(selection: Selection, loaded: LoadedStudy, maps: StudyMaps) -> tuple[QualityFlag, ...]:
    """Return the choices and what was told of their headers and images, under the map that each series became."""
    choices = (SERIES_CHOSEN.flag(one.kind, reason=one.reason) for one in selection.selected)
    return tuple(
        replace(flag, map=None if flag.map is None else maps.renamed.get(flag.map, flag.map))
        for flag in (*choices, *selection.flags, *loaded.flags)
    )


def _of_row(row: SeriesRow, maps: StudyMaps) -> SeriesRow:
    """Return a series' row under the map that it became."""
    if row.map is None or row.map not in maps.renamed or row.verdict is not SeriesVerdict.TAKEN:
        return row
    became = maps.renamed[row.map]
    return replace(row, map=became, reason=f"{row.reason}; mapped as {became.spec.name}, going by T1 of wall and blood")
