"""A map whose series has lost images is partial, and says which: a slice may be missing from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.statuses import MapStatus
from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.headers.values import by_fault_kind, text, tolerant_reading
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.lost_images import lost_images
from cmrmap.pipeline.study import StudyMaps
from cmrmap.quality.catalogue.images import SERIES_INCOMPLETE
from cmrmap.quality.listing import runs
from cmrmap.results import MapResult


def with_losses(maps: StudyMaps, study: SourceStudy, selection: Selection, loaded: LoadedStudy) -> StudyMaps:
    """Return the maps, those of series with lost images or slices as partial, and a finding for each.

    Parameters
    ----------
    maps : as reported
    study, selection, loaded : what they were made from
    """
    maps = _absent_beside_lost(maps, study)
    lost: dict[MapKind, str] = {}
    for selected in selection.selected:
        found = lost_images(study, selected, (*study.lost, *loaded.lost))
        if found:
            lost[maps.renamed.get(selected.kind, selected.kind)] = _told(found)
    flags: list[QualityFlag] = [
        SERIES_INCOMPLETE.flag(kind, found=words, advice="export the series again") for kind, words in lost.items()
    ]
    for told in selection.flags:  # reported with the selection's others
        if told.code == SERIES_INCOMPLETE.code and told.map is not None:
            kind = maps.renamed.get(told.map, told.map)
            lost[kind] = "; ".join(filter(None, (lost.get(kind), str(dict(told.values)["found"]))))
    if not lost:
        return maps
    return replace(
        maps,
        maps=tuple(_partial(one, lost) for one in maps.maps),
        flags=(*flags, *maps.flags),
    )


def _absent_beside_lost(maps: StudyMaps, study: SourceStudy) -> StudyMaps:
    """Say of maps without a series that series of which no image can be read are in the study too."""
    with tolerant_reading():
        readable = {text(header, "SeriesInstanceUID") for header in study.headers.values()}
    n_lost = sum(image.series_instance_uid not in readable for image in study.lost)
    if not n_lost:
        return maps
    beside = f"; {n_lost} unreadable images of the study may belong to one"
    return replace(
        maps,
        maps=tuple(
            replace(one, reason=f"{one.reason}{beside}")
            if one.status is MapStatus.ABSENT and one.kind.sources == (one.kind,) and one.is_listed
            else one
            for one in maps.maps
        ),
    )


def _partial(result: MapResult, lost: dict[MapKind, str]) -> MapResult:
    """Return a map that has values as partial where its series, or one that it is computed from, has lost images."""
    own = [lost[kind] if kind is result.kind else f"{kind.spec.name}: {lost[kind]}" for kind in _sources(result, lost)]
    if not own or not result.status.made:
        return result
    reasons = [result.reason] if result.reason else []
    return replace(result, status=MapStatus.PARTIAL, reason="; ".join([*reasons, *own]))


def _sources(result: MapResult, lost: dict[MapKind, str]) -> list[MapKind]:
    return [kind for kind in result.kind.sources if kind in lost]


def _told(images: Sequence[LostImage]) -> str:
    """Say how many images are lost, which, and why; a reason once."""
    kinds = by_fault_kind((image.reason, image) for image in images)
    parts = [f"{_which(alike)}: {reason}" for reason, alike in kinds.items()]
    n_images = f"{len(images)} images of its series are" if len(images) > 1 else "1 image of its series is"
    return f"{n_images} lost, perhaps with a whole slice ({'; '.join(parts)})"


def _which(images: Sequence[LostImage]) -> str:
    numbers = sorted({int(image.instance_number) for image in images if image.instance_number.isdigit()})
    return f"InstanceNumber {runs(numbers)}" if numbers else f"{len(images)} without InstanceNumber"
