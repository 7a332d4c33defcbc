"""The numbers of a study joined with what is known of their source: all that results.json says."""

from __future__ import annotations

from cmrmap.core.findings import QualityFlag
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline.input_summary import lost_flags, summarise_input
from cmrmap.pipeline.study import StudyMaps
from cmrmap.quality.catalogue.images import SERIES_CHOSEN
from cmrmap.results import HematocritResult, SoftwareInfo, StudyResult


def summarise(
    study: SourceStudy,
    selection: Selection,
    loaded: LoadedStudy,
    maps: StudyMaps,
    provenance: SoftwareProvenance,
) -> StudyResult:
    """Join the numbers with what is known of their source: all that results.json says."""
    lost = (*study.lost, *loaded.lost)
    hematocrit = maps.hematocrit
    return StudyResult(
        study_instance_uid=study.study_instance_uid,
        software=SoftwareInfo(provenance.software_version, provenance.weights_sha256, provenance.settings_sha256),
        input=summarise_input(study, selection, loaded),
        hematocrit=HematocritResult(hematocrit.value_fraction, hematocrit.source) if hematocrit else HematocritResult(),
        quality=(*lost_flags(lost), *_choices(selection), *selection.flags, *loaded.flags, *maps.flags),
        maps=maps.maps,
        series=selection.series,
    )


def _choices(selection: Selection) -> tuple[QualityFlag, ...]:
    return tuple(SERIES_CHOSEN.flag(one.kind, reason=one.reason) for one in selection.selected)
