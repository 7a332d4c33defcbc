"""The calls of the stages between loading and results: on arrays, without DICOM and without the SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from cmrmap.core.arrays import BoolArray
from cmrmap.core.corrections import NO_CORRECTIONS, Corrections
from cmrmap.core.field_map import FieldMap
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import RefinedSegmentation, SegmentationStack
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.core.stack import WeightedStack
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.pipeline.corrected import correct
from cmrmap.pipeline.extracellular import MappedEcv, map_ecv
from cmrmap.pipeline.field_maps import field_maps, of_made
from cmrmap.pipeline.find import find
from cmrmap.pipeline.map_numbers import MapNumbers, ecv_numbers, series_numbers
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.marked import marked_points, reasons_of, segments_left_out, segments_of_ecv, without_segments
from cmrmap.pipeline.regions import locate
from cmrmap.pipeline.still_images import with_common_outlines
from cmrmap.results import MapResult, absent_map, compare_with_ranges
from cmrmap.results.reference_ranges import read_reference_ranges
from cmrmap.segmentation import Network, segment_stacks
from cmrmap.segmentation.refine import refine_segmentation
from cmrmap.settings import AnalysisSettings


@dataclass(frozen=True, slots=True)
class StudyMaps:
    """What the report stage makes of all maps.

    Attributes
    ----------
    maps : results of every map, in the order of ``MapKind``; a map that was not made says why
    volumes : the maps that were made, for writers and pictures
    flags : quality findings
    hematocrit : the value that ECV was made with; None where there was none
    renamed : maps that a series was taken for before its T1 told otherwise, and what it is
    counted : (slice, row, column) pixels that the means count, of every map that was tried
    """

    maps: tuple[MapResult, ...]
    volumes: tuple[MapVolume, ...]
    flags: tuple[QualityFlag, ...]
    hematocrit: Hematocrit | None
    renamed: Mapping[MapKind, MapKind] = field(default_factory=lambda: MappingProxyType({}))
    counted: Mapping[MapKind, BoolArray] = field(default_factory=lambda: MappingProxyType({}))


def segment(stacks: Sequence[WeightedStack], network: Network) -> tuple[SegmentationStack, ...]:
    """Label every weighted image of every series.

    Parameters
    ----------
    stacks : one per series
    network : from :func:`cmrmap.segmentation.load_network`

    Returns
    -------
    tuple of SegmentationStack
        one per series
    """
    return segment_stacks(stacks, network)


def refine(
    stacks: Sequence[WeightedStack],
    segmentations: Sequence[SegmentationStack],
    settings: AnalysisSettings,
    corrections: Corrections = NO_CORRECTIONS,
) -> tuple[RefinedSegmentation, ...]:
    """Check every shape, replace or exclude those that fail; give the images of a slice that lay still one outline.

    Parameters
    ----------
    stacks, segmentations : of the same series in the same order
    settings : ``refinement`` and ``alignment`` are used
    corrections : what a reader corrected: the reader's contours take the place of those that were refined

    Returns
    -------
    tuple of RefinedSegmentation
        one per series
    """
    limits = settings.refinement
    refined = (
        refine_segmentation(
            labels,
            stack.present,
            eccentricity_limit=limits.eccentricity_limit,
            atypical_drop=limits.atypical_drop,
            pixel_aspect=stack.pixel_aspect,
        )
        for stack, labels in zip(stacks, segmentations, strict=True)
    )
    common = [
        with_common_outlines(stack, shapes, settings.alignment) for stack, shapes in zip(stacks, refined, strict=True)
    ]
    return correct(stacks, common, corrections)


def extracellular_volume(
    series: Sequence[MappedSeries], hematocrit: Hematocrit | Refusal | None, settings: AnalysisSettings
) -> MappedEcv | Refusal:
    """Make the ECV map from the two T1 maps, or say why there is none.

    Parameters
    ----------
    series : as fitted; those of other maps are not read
    hematocrit : None: the map is absent, or made with a synthetic value where the settings allow it; a refusal: why
        what the study has may not be used
    settings : ``hematocrit`` and ``pruning`` are used

    Returns
    -------
    MappedEcv or Refusal
        the map, or why there is none
    """
    by_kind = {one.kind: one for one in series}
    return map_ecv(by_kind.get(MapKind.NATIVE_T1), by_kind.get(MapKind.POSTCONTRAST_T1), hematocrit, settings)


def report(
    series: Sequence[MappedSeries],
    ecv: MappedEcv | Refusal,
    refusals: Sequence[Refusal],
    settings: AnalysisSettings,
    *,
    insertion_angles: Mapping[MapKind, Mapping[int, tuple[float, float]]] | None = None,
    corrections: Corrections = NO_CORRECTIONS,
    around: bool = True,
) -> StudyMaps:
    """Summarise all maps.

    Parameters
    ----------
    series : as fitted
    ecv : its map, or why there is none
    refusals : say why a map has no series (from the selection)
    settings : limits of findings, reference ranges, what of a map is shown
    insertion_angles : RV insertion points marked by hand: series, slice -> (anterior, inferior) image angle in rad
    corrections : what a reader corrected: marked insertion points and segments that are left out are used
    around : False: the volumes hold the walls alone, whatever the settings say; the numbers are the same

    Returns
    -------
    StudyMaps
        numbers, volumes and findings of every map

    Raises
    ------
    SettingsError
        the file of reference ranges cannot be read
    """
    numbers: dict[MapKind, MapNumbers] = {}
    fields = field_maps(series, ecv if isinstance(ecv, MappedEcv) else None, settings) if around else {}
    told: list[QualityFlag] = []
    for one in series:
        by_reader, flags = marked_points(one, corrections)
        told += flags
        marked = {**by_reader, **(insertion_angles or {}).get(one.kind, {})}
        regions = locate(one, marked)
        gone = segments_left_out(one.first_called, corrections)
        fitted, flags = without_segments(one.map, regions.aha, gone, reasons_of(one.first_called, corrections))
        told += flags
        numbers[one.kind] = series_numbers(replace(one, map=fitted), regions, _shown(fields, fitted))
        if isinstance(ecv, MappedEcv) and one.kind is MapKind.NATIVE_T1:
            reasons = reasons_of(MapKind.ECV, corrections)
            fitted, flags = without_segments(ecv.map, regions.aha, segments_of_ecv(ecv, corrections), reasons)
            told += flags
            alone = ecv.network or (ecv if flags else None)
            told_of = replace(ecv, map=fitted, network=alone)
            numbers[MapKind.ECV] = ecv_numbers(told_of, regions, _shown(fields, fitted))
    why = {refusal.kind: refusal for refusal in refusals if refusal.slice_index is None}
    if isinstance(ecv, Refusal):
        why.setdefault(MapKind.ECV, ecv)
    renamed = {one.called: one.kind for one in series if one.called is not None}
    maps = []
    for kind in MapKind:
        if kind in numbers:
            maps.append(numbers[kind].result)
        elif kind in renamed:
            maps.append(
                absent_map(kind, f"its only series is {renamed[kind].spec.name}, going by T1 of wall and blood")
            )
        elif kind in why:
            maps.append(absent_map(kind, why[kind].reason, why[kind].status))
        else:
            maps.append(absent_map(kind, f"no {kind.value} series in the input"))
    made = [numbers[kind] for kind in MapKind if kind in numbers]
    compared: tuple[MapResult, ...] = tuple(maps)
    range_flags: tuple[QualityFlag, ...] = ()
    if settings.reference_ranges.file is not None:
        ranges = read_reference_ranges(Path(settings.reference_ranges.file))
        compared, range_flags = compare_with_ranges(maps, ranges)
    return StudyMaps(
        maps=compared,
        volumes=tuple(one.volume for one in made if one.result.status in ("ok", "partial")),
        flags=(*find(made, settings), *told, *range_flags),
        hematocrit=ecv.hematocrit if isinstance(ecv, MappedEcv) else None,
        renamed=MappingProxyType(renamed),
        counted=MappingProxyType({kind: one.source.map.analysed for kind, one in numbers.items()}),
    )


def _shown(fields: Mapping[MapKind, FieldMap], fitted: ParameterMap) -> FieldMap | None:
    return of_made(fields[fitted.kind], fitted) if fitted.kind in fields else None
