"""Finished maps to numbers: statistics of segments, slices and patient, and the result that holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray
from cmrmap.core.field_map import FieldMap
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import ImageOutcome
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.core.scanner_map import ValueSource
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.regions import Regions
from cmrmap.pipeline.volume import map_volume
from cmrmap.regional import SegmentTable, segment_table
from cmrmap.regional.success import patient_success
from cmrmap.results import MapResult, SegmentResult, SliceResult, mean_blood


@dataclass(frozen=True, slots=True)
class MapNumbers:
    """One map as it leaves: its numbers, its volume for the writers, and what they were made from.

    Attributes
    ----------
    source : the fitted series, or for ECV the pair of them
    regions : of the slices whose pixels the map lies on
    table : statistics of every segment, slice and the patient
    result : the same as results.json has them
    volume : values and regions on slices in the patient
    """

    source: MappedSeries | MappedEcv
    regions: Regions
    table: SegmentTable
    result: MapResult
    volume: MapVolume


def series_numbers(series: MappedSeries, regions: Regions, field: FieldMap | None = None) -> MapNumbers:
    """Summarise a map that was fitted.

    Parameters
    ----------
    series : as mapped
    regions : where its slices lie
    field : the map as it is shown; no number comes from it
    """

    def uncertainty(region: BoolArray) -> float:
        return float(np.sqrt(series.variance(series.region_cells(region))))

    table = segment_table(series.map.values, series.map.analysed, regions.aha, series.made, uncertainty)
    result = _result(series.map, series, regions, table, series.source)
    return MapNumbers(series, regions, table, result, map_volume(series.map, series, regions.aha, field=field))


def ecv_numbers(ecv: MappedEcv, regions: Regions, field: FieldMap | None = None) -> MapNumbers:
    """Summarise the ECV map.

    Parameters
    ----------
    ecv : as made
    regions : those of the native T1 series, whose pixels it lies on
    field : the map as it is shown; no number comes from it
    """
    made = np.asarray(ecv.map.reference_time >= 0, dtype=np.bool_)
    table = segment_table(ecv.map.values, ecv.map.analysed, regions.aha, made, ecv.uncertainty)
    result = _result(ecv.map, ecv.native, regions, table, ecv.source)
    return MapNumbers(ecv, regions, table, result, map_volume(ecv.map, ecv.native, regions.aha, ecv, field))


def _result(
    fitted: ParameterMap, series: MappedSeries, regions: Regions, table: SegmentTable, source: ValueSource
) -> MapResult:
    reasons = {refusal.slice_index: refusal.reason for refusal in fitted.refusals}
    slices = tuple(
        _slice_result(series, regions, table, index, reasons.get(index)) for index in range(len(series.made))
    )
    n_refused = len(reasons)
    all_refused = n_refused == len(slices)
    status = MapStatus.OK if not n_refused else MapStatus.REFUSED if all_refused else MapStatus.PARTIAL
    reason = None
    if all_refused and len(set(reasons.values())) == 1:
        reason = next(iter(reasons.values()))
    elif n_refused:
        listed = ", ".join(str(index) for index in sorted(k for k in reasons if k is not None))
        reason = f"{n_refused} of {len(slices)} slices were refused (slice {listed}): {next(iter(reasons.values()))}"
    made = np.asarray(fitted.reference_time >= 0, dtype=np.bool_)
    return MapResult(
        kind=fitted.kind,
        source=source,
        status=status,
        reason=reason,
        model=fitted.model,
        timing_source=series.stack.timing_source or None,
        success=patient_success(regions.levels.levels, made),
        patient=table.patient,
        mid_septum=table.mid_septum,
        blood=mean_blood(fitted.blood) if fitted.kind.spec.has_blood else None,
        slices=slices,
        model_reason=None if fitted.kind is MapKind.ECV else series.stack.model_reason,
    )


def _slice_result(
    series: MappedSeries, regions: Regions, table: SegmentTable, index: int, reason: str | None
) -> SliceResult:
    plane = series.stack.geometry[index]
    outcome = series.refined.outcome[index]
    doubt = regions.contour_doubt(series, index)
    return SliceResult(
        slice_index=index,
        position_mm=float(np.asarray(plane.position_mm) @ plane.normal),
        level=regions.levels.levels[index],
        status=SliceStatus.OK if reason is None else SliceStatus.REFUSED,
        reason=reason,
        n_images=int(np.count_nonzero(outcome != ImageOutcome.MISSING)),
        n_segmented=int(series.used[index].sum()),
        n_refined=int(np.count_nonzero(outcome == ImageOutcome.REPLACED)),
        statistics=table.slices[index],
        segments=tuple(
            SegmentResult(aha, numbers, doubt.get(aha, float("nan")))
            for aha, numbers in sorted(table.segments[index].items())
        ),
        heart_probability=series.refined.heart_probability_of(index),
    )
