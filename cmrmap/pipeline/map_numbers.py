"""Finished maps to numbers: statistics of segments, slices and patient, and the result that holds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray
from cmrmap.core.field_map import FieldMap
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import ImageOutcome
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.core.regional_values import RegionStatistics
from cmrmap.core.scanner_map import ValueSource
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.pipeline.border_shift import border_shift_variance, wall_thickness_mm
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.model_misfit import model_misfit
from cmrmap.pipeline.regions import Regions, locate
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


@dataclass(frozen=True, slots=True)
class _Beside:
    """Which slices a reader drew, and what the network's outlines alone give (None where nobody corrected)."""

    drawn: BoolArray
    network: SegmentTable | None = None

    @property
    def by_reader(self) -> tuple[bool, ...]:
        """Per slice whether a reader drew it; empty where none did."""
        return tuple(self.drawn.tolist()) if self.drawn.any() else ()

    def of_slice(self, index: int, counted: RegionStatistics) -> RegionStatistics | None:
        """Return the network's numbers of a slice, where a reader drew it or they differ from those that count."""
        if self.network is None:
            return None
        alone = self.network.slices[index]
        same = alone.n_pixels == counted.n_pixels and (alone.mean == counted.mean or not alone.n_pixels)
        return None if same and not self.drawn[index] else alone


def drawn_by_reader(series: MappedSeries) -> BoolArray:
    """Tell which slices of a series have a reader's outlines, (slice,).

    Parameters
    ----------
    series : as mapped
    """
    reading = series.refined.reading
    return np.zeros(len(series.made), dtype=np.bool_) if reading is None else reading.drawn


def ecv_drawn_by_reader(ecv: MappedEcv) -> BoolArray:
    """Tell which slices of ECV are made from a T1 slice with a reader's outlines, (slice,).

    Parameters
    ----------
    ecv : as made
    """
    post = np.append(drawn_by_reader(ecv.post), False)  # -1 stands for no slice
    return np.asarray(drawn_by_reader(ecv.native) | post[ecv.partner], dtype=np.bool_)


def series_numbers(series: MappedSeries, regions: Regions, field: FieldMap | None = None) -> MapNumbers:
    """Summarise a map that was fitted.

    Parameters
    ----------
    series : as mapped
    regions : where its slices lie
    field : the map as it is shown; no number comes from it
    """
    table, result = _numbers_of_series(series, regions)
    by_reader = _Beside(drawn_by_reader(series)).by_reader
    volume = map_volume(series.map, series, regions.aha, None, by_reader, field)
    return MapNumbers(series, regions, table, result, volume)


@remembered
def _numbers_of_series(series: MappedSeries, regions: Regions) -> tuple[SegmentTable, MapResult]:
    thickness_mm = wall_thickness_mm(series)

    def uncertainty(region: BoolArray) -> float:
        cells = series.region_cells(region)
        return float(np.sqrt(series.variance(cells) + border_shift_variance(series.map, cells, thickness_mm)))

    table = segment_table(series.map.values, series.map.analysed, regions.aha, series.made, uncertainty)
    alone = None if series.network is None else _numbers_of_series(series.network, locate(series.network))[0]
    beside = _Beside(drawn_by_reader(series), alone)
    return table, _result(series.map, series, regions, table, series.source, beside)


def ecv_numbers(ecv: MappedEcv, regions: Regions, field: FieldMap | None = None) -> MapNumbers:
    """Summarise the ECV map.

    Parameters
    ----------
    ecv : as made
    regions : those of the native T1 series, whose pixels it lies on
    field : the map as it is shown; no number comes from it
    """
    table, result = _numbers_of_ecv(ecv, regions)
    by_reader = _Beside(ecv_drawn_by_reader(ecv)).by_reader
    volume = map_volume(ecv.map, ecv.native, regions.aha, ecv, by_reader, field)
    return MapNumbers(ecv, regions, table, result, volume)


@remembered
def _numbers_of_ecv(ecv: MappedEcv, regions: Regions) -> tuple[SegmentTable, MapResult]:
    made = np.asarray(ecv.map.reference_time >= 0, dtype=np.bool_)
    table = segment_table(ecv.map.values, ecv.map.analysed, regions.aha, made, ecv.uncertainty)
    alone = None if ecv.network is None else _numbers_of_ecv(ecv.network, locate(ecv.network.native))[0]
    beside = _Beside(ecv_drawn_by_reader(ecv), alone)
    return table, _result(ecv.map, ecv.native, regions, table, ecv.source, beside)


def _result(
    fitted: ParameterMap,
    series: MappedSeries,
    regions: Regions,
    table: SegmentTable,
    source: ValueSource,
    beside: _Beside,
) -> MapResult:
    reasons = {refusal.slice_index: refusal.reason for refusal in fitted.refusals}
    slices = tuple(
        _slice_result(series, regions, table, index, reasons.get(index), beside) for index in range(len(series.made))
    )
    n_refused = len(reasons)
    all_refused = n_refused == len(slices)
    status = MapStatus.OK if not n_refused else MapStatus.REFUSED if all_refused else MapStatus.PARTIAL
    reason = None
    if all_refused and len(set(reasons.values())) == 1:
        reason = next(iter(reasons.values()))
    elif n_refused:
        listed = ", ".join(str(index + 1) for index in sorted(k for k in reasons if k is not None))
        verb = "was" if n_refused == 1 else "were"
        reason = f"{n_refused} of {len(slices)} slices {verb} refused (slice {listed}): {next(iter(reasons.values()))}"
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
        model_misfit=None if fitted.kind is MapKind.ECV else model_misfit(series),
    )


def _slice_result(
    series: MappedSeries, regions: Regions, table: SegmentTable, index: int, reason: str | None, beside: _Beside
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
        drawn_by="reader" if beside.drawn[index] else "network",
        by_network=beside.of_slice(index, table.slices[index]),
    )
