"""The numbers of a study joined with what is known of their source: all that results.json says."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from cmrmap.core.findings import QualityFlag
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.core.series_row import SeriesRow, SeriesVerdict
from cmrmap.dicom.headers.read import LostImage, SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline.completeness import with_losses
from cmrmap.pipeline.study import StudyMaps
from cmrmap.quality.catalogue.images import IMAGE_LOST, SERIES_CHOSEN
from cmrmap.results import HematocritResult, InputSummary, SoftwareInfo, StudyResult


def summarise(
    study: SourceStudy,
    selection: Selection,
    loaded: LoadedStudy,
    maps: StudyMaps,
    provenance: SoftwareProvenance,
) -> StudyResult:
    """Join the numbers with what is known of their source: all that results.json says."""
    maps = with_losses(maps, study, selection, loaded)
    skipped = Counter(dict(study.skipped)) + Counter(dict(selection.skipped))
    lost = (*study.lost, *loaded.lost)
    skipped.update({"undecodable_pixels": len(loaded.lost)} if loaded.lost else {})
    hematocrit = maps.hematocrit
    return StudyResult(
        study_instance_uid=study.study_instance_uid,
        software=SoftwareInfo(provenance.software_version, provenance.weights_sha256, provenance.settings_sha256),
        input=InputSummary(
            n_files=study.n_files,
            n_used=sum(uid != "" for stack in loaded.stacks for row in stack.source_uids for uid in row),
            skipped=skipped,
        ),
        hematocrit=HematocritResult(hematocrit.value_fraction, hematocrit.source) if hematocrit else HematocritResult(),
        quality=(*(lost_flag(image) for image in lost), *_of_selection(selection, maps), *maps.flags),
        maps=maps.maps,
        series=tuple(_of_row(row, maps) for row in selection.series),
    )


def lost_flag(image: LostImage) -> QualityFlag:
    """Tell of an image that is lost, by its UID: a file's name may hold the patient's.

    Parameters
    ----------
    image : that is there but cannot be used
    """
    which = f"image {image.sop_instance_uid}" if image.sop_instance_uid else "an image without readable UID"
    return IMAGE_LOST.flag(image=which, reason=image.reason)


def _of_selection(selection: Selection, maps: StudyMaps) -> tuple[QualityFlag, ...]:
    """Return the choices and what was told of them, under the map that each series became."""
    choices = (SERIES_CHOSEN.flag(one.kind, reason=one.reason) for one in selection.selected)
    return tuple(
        replace(flag, map=None if flag.map is None else maps.renamed.get(flag.map, flag.map))
        for flag in (*choices, *selection.flags)
    )


def _of_row(row: SeriesRow, maps: StudyMaps) -> SeriesRow:
    """Return a series' row under the map that it became."""
    if row.map is None or row.map not in maps.renamed or row.verdict is not SeriesVerdict.TAKEN:
        return row
    became = maps.renamed[row.map]
    return replace(row, map=became, reason=f"{row.reason}; {became.spec.name} by the T1 of wall and blood")
