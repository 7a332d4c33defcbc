"""Finished maps to numbers and volumes: levels, insertion points, AHA segments, statistics, quality."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from cmrmap.core.arrays import BoolArray, LabelArray
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import ImageOutcome, Label
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.core.statuses import MapStatus, SliceStatus
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.series import MappedSeries
from cmrmap.quality.findings import (
    disagreement_flags,
    fit_flags,
    insertion_point_flags,
    segmentation_flags,
    uncertainty_flags,
)
from cmrmap.regional import (
    InsertionPoints,
    LevelAssignment,
    SegmentTable,
    aha_map,
    apex_direction,
    assign_levels,
    find_insertion_points,
    segment_table,
)
from cmrmap.regional.pruning import prune_boundary
from cmrmap.regional.success import patient_success
from cmrmap.results import MapResult, SegmentResult, SliceResult, mean_blood
from cmrmap.settings import AnalysisSettings


@dataclass(frozen=True, slots=True)
class Regions:
    """Where the slices of one series lie in the heart.

    Attributes
    ----------
    aha : (slice, row, column) AHA segment of every pixel of the reference walls; 0 outside
    """

    levels: LevelAssignment
    points: InsertionPoints
    aha: LabelArray


@dataclass(frozen=True, slots=True)
class MapReport:
    """One map as it leaves: numbers, volume for the writers, and what is worth telling."""

    result: MapResult
    volume: MapVolume
    flags: tuple[QualityFlag, ...]


def locate(series: MappedSeries, manual: Mapping[int, tuple[float, float]] | None = None) -> Regions:
    """Find level, insertion points and AHA segments of a series' slices.

    ``manual`` : slice index -> (anterior, inferior) image angles in radians, in place of those found.
    """
    labels, geometry = series.map.labels, series.stack.geometry
    areas = np.array(
        [
            np.count_nonzero((one == Label.MYOCARDIUM) | (one == Label.CAVITY)) * float(np.prod(plane.pixel_spacing_mm))
            for one, plane in zip(labels, geometry, strict=True)
        ]
    )
    levels = assign_levels(np.where(series.made, areas, np.nan))
    apex = apex_direction(geometry)
    if apex is not None and levels.reversed:
        apex = -apex
    points = find_insertion_points(series.refined.labels, series.used, geometry, apex=apex, manual=manual)
    wall = np.asarray(labels == Label.MYOCARDIUM, dtype=np.bool_)
    return Regions(levels, points, aha_map(wall, series.reference_centres, points, levels.levels, geometry))


def report_series(series: MappedSeries, regions: Regions, settings: AnalysisSettings) -> MapReport:
    """Summarise a T1 or T2 map."""

    def uncertainty(region: BoolArray) -> float:
        return float(np.sqrt(series.variance(series.region_cells(region))))

    table = segment_table(series.map.values, series.map.analysed, regions.aha, series.made, uncertainty)
    flags = (
        *segmentation_flags(series.refined),
        *_fit_findings(series),
        *_disagreements(series),
        *_with_map(regions.levels.flags, series.kind),
        *_with_map(insertion_point_flags(regions.points.source, regions.points.reason), series.kind),
    )
    return _report(series, series.map, regions, table, flags, settings)


def report_ecv(ecv: MappedEcv, regions: Regions, settings: AnalysisSettings) -> MapReport:
    """Summarise the ECV map; ``regions`` are those of the native T1 series, whose pixels it lies on."""
    made = np.asarray(ecv.map.reference_time >= 0, dtype=np.bool_)
    table = segment_table(ecv.map.values, ecv.map.analysed, regions.aha, made, ecv.uncertainty)
    flags: tuple[QualityFlag, ...] = ()
    if ecv.hematocrit.note:
        severity = "warning" if ecv.hematocrit.synthetic else "info"
        code = "synthetic_hematocrit" if ecv.hematocrit.synthetic else "hematocrit_read"
        flags = (QualityFlag(code, severity, ecv.hematocrit.note, MapKind.ECV),)
    flags += tuple(_inherited(ecv))
    return _report(ecv.native, ecv.map, regions, table, flags, settings, partner=ecv)


def _fit_findings(series: MappedSeries) -> tuple[QualityFlag, ...]:
    """Say what the fit found about the images: noise, common errors, and where their signs came from."""
    flags = []
    signal = np.nanmedian(np.abs(series.cells.fitted).max(axis=1, initial=0.0, where=np.isfinite(series.cells.fitted)))
    noise, gain = (a[np.isfinite(a)] for a in (series.errors.noise_sd, series.errors.gain_sd))
    if noise.size and noise.mean() > 0:
        message = (
            f"residuals at mid-wall: a pixel's noise is 1/{signal / noise.mean():.0f} of the largest signal, and the "
            f"images of a sixth of the wall differ from the model by {100 * np.sqrt((gain**2).mean()):.1f} % beyond it"
        )
        flags.append(QualityFlag("fit_residuals", "info", message, series.kind))
    if series.stack.polarity:
        severity = "info" if series.cells.signed[series.made].all() else "warning"
        flags.append(QualityFlag("polarity", severity, series.stack.polarity, series.kind))
    for index, note in enumerate(series.cells.notes):
        if note:
            flags.append(QualityFlag("signs_not_used", "warning", note, series.kind, index))
    return tuple(flags)


def _disagreements(series: MappedSeries) -> tuple[QualityFlag, ...]:
    times = [series.stack.times_ms[s, gone].tolist() for s, gone in enumerate(series.left_out)]
    stray = series.cells.stray_offset(series.polar.mid_wall)
    return disagreement_flags(series.kind, times, series.errors.unevenness, stray)


def _inherited(ecv: MappedEcv) -> Iterator[QualityFlag]:
    """Warn of ECV slices that are made from a T1 slice whose images are not of one relaxation."""
    made = np.flatnonzero(ecv.map.reference_time >= 0)
    doubtful: set[int] = set()
    for series, source in ((ecv.native, np.arange(len(ecv.partner))), (ecv.post, ecv.partner)):
        told = {flag.slice_index for flag in _disagreements(series) if flag.severity == "warning"}
        doubtful.update(int(index) for index in made if int(source[index]) in told)
    message = "the images of a T1 slice that it is made from differ from one relaxation: see there"
    for index in sorted(doubtful):
        yield QualityFlag("images_disagree", "warning", message, MapKind.ECV, index)


def _with_map(flags: tuple[QualityFlag, ...], kind: MapKind) -> tuple[QualityFlag, ...]:
    return tuple(QualityFlag(f.code, f.severity, f.message, kind, f.slice_index) for f in flags)


def _report(
    series: MappedSeries,
    fitted: ParameterMap,
    regions: Regions,
    table: SegmentTable,
    flags: tuple[QualityFlag, ...],
    settings: AnalysisSettings,
    partner: MappedEcv | None = None,
) -> MapReport:
    reasons = {refusal.slice_index: refusal.reason for refusal in fitted.refusals}
    slices = tuple(
        _slice_result(series, regions, table, index, reasons.get(index)) for index in range(len(series.made))
    )
    n_refused = len(reasons)
    all_refused = n_refused == len(slices)
    status = MapStatus.OK if not n_refused else MapStatus.REFUSED if all_refused else MapStatus.PARTIAL
    reason = None
    if n_refused:
        listed = ", ".join(str(index) for index in sorted(k for k in reasons if k is not None))
        reason = f"{n_refused} of {len(slices)} slices were refused (slice {listed}): {next(iter(reasons.values()))}"
    made = np.asarray(fitted.reference_time >= 0, dtype=np.bool_)
    result = MapResult(
        kind=fitted.kind,
        status=status,
        reason=reason,
        model=fitted.model,
        timing_source=series.stack.timing_source,
        success=patient_success(regions.levels.levels, made),
        patient=table.patient,
        mid_septum=table.mid_septum,
        blood=mean_blood(fitted.blood) if fitted.kind.spec.has_blood else None,
        slices=slices,
        model_reason=None if fitted.kind is MapKind.ECV else series.stack.model_reason,
    )
    wall = np.asarray(fitted.labels == Label.MYOCARDIUM, dtype=np.bool_)
    volume = MapVolume(
        kind=fitted.kind,
        values=np.where(wall, fitted.values, np.nan),
        sd=np.where(wall, fitted.sd, np.nan),
        myocardium=wall,
        blood_pool=np.asarray(fitted.labels == Label.CAVITY, dtype=np.bool_),
        # exactly the pixels that the segment means count, so that anyone can repeat them from the files
        aha=np.where(fitted.analysed, regions.aha, 0).astype(np.uint8),
        geometry=series.stack.geometry,
        source_uids=_sources(series, partner),
        model=fitted.model,
    )
    countable = prune_boundary(wall, settings.pruning.boundary_px)
    doubts = fit_flags(fitted.kind, fitted.status, countable, fitted.analysed)
    uncertain = uncertainty_flags(fitted.kind, table.slices, table.segments, settings.quality.widest(fitted.kind))
    return MapReport(result, volume, (*flags, *doubts, *uncertain))


def _slice_result(
    series: MappedSeries, regions: Regions, table: SegmentTable, index: int, reason: str | None
) -> SliceResult:
    plane = series.stack.geometry[index]
    outcome = series.refined.outcome[index]
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
        segments=tuple(SegmentResult(aha, numbers) for aha, numbers in sorted(table.segments[index].items())),
    )


def _sources(series: MappedSeries, partner: MappedEcv | None) -> tuple[tuple[str, ...], ...]:
    """SOP instance UIDs of the images that entered each slice's fit, first the one that the map lies on.

    For ECV those of the native series, then those of the post-contrast series.
    """

    def used(one: MappedSeries, index: int) -> tuple[str, ...]:
        if not one.stack.source_uids:
            return ()
        reference = int(one.map.reference_time[index])
        order = sorted(np.flatnonzero(one.used[index]), key=lambda time: (time != reference, time))
        return tuple(uid for time in order if (uid := one.stack.source_uids[index][int(time)]))

    out = [used(series, index) for index in range(len(series.made))]
    if partner is not None:
        for index, other in enumerate(partner.partner):
            if other >= 0:
                out[index] += used(partner.post, int(other))
    return tuple(out)
