"""One pass over the maps that were made, for what is worth telling about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cmrmap.core.arrays import finite_median
from cmrmap.core.findings import QualityFlag, Severity
from cmrmap.core.heart_axis import long_axis_deg
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import Label
from cmrmap.pipeline.decay_offset import OffsetEffect, offset_effect
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.map_numbers import MapNumbers
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.regions import Regions
from cmrmap.quality.catalogue.fits import (
    FIT_RESIDUALS,
    IMAGES_DISAGREE,
    SATURATION_EFFICIENCY,
)
from cmrmap.quality.catalogue.images import MIXED_SOURCES, POLARITY, SIGNS_NOT_USED
from cmrmap.quality.catalogue.mean_quality import (
    HEMATOCRIT_DOUBTFUL,
    HEMATOCRIT_READ,
    MODEL_MISFIT,
    SYNTHETIC_HEMATOCRIT,
)
from cmrmap.quality.catalogue.outline_quality import WALL_LIKE_BLOOD
from cmrmap.quality.declaration import Finding
from cmrmap.quality.fit_flags import disagreement_flags, fit_flags, misfit_flags, range_flags, uncertainty_flags
from cmrmap.quality.outline_flags import blood_flags, blood_likeness_flags, border_flags, outline_flags
from cmrmap.quality.placement_flags import insertion_point_flags, mirror_flags, plane_flags, slice_order_flags
from cmrmap.quality.plausible_flags import implausible_ecv
from cmrmap.quality.t2_flags import first_echo_flags, offset_flag
from cmrmap.regional import SegmentTable, handedness
from cmrmap.regional.pruning import prune_boundary
from cmrmap.relaxometry import get_model
from cmrmap.results import ModelMisfit
from cmrmap.settings import AnalysisSettings


def find(made: Sequence[MapNumbers], settings: AnalysisSettings) -> tuple[QualityFlag, ...]:
    """Return what is worth telling about the maps, map by map.

    Parameters
    ----------
    made : every map that was made, in the order in which they are told
    settings : pruning, and from which uncertainty on a mean is told

    Returns
    -------
    of each map first what its images, outlines and slices tell, then its fits, then its means
    """
    told: list[QualityFlag] = []
    for one in made:
        told += _flags_of(one.source, one.regions, one.table, one.result.model_misfit, settings)
        sources = one.result.kind.spec.sources  # of ECV; the maps that it is made from come before it
        if any(flag.code == MODEL_MISFIT.code and flag.map in sources for flag in told):
            told.append(MODEL_MISFIT.flag_inherited(one.result.kind))
    return tuple(told)


@remembered
def _flags_of(
    source: MappedSeries | MappedEcv,
    regions: Regions,
    table: SegmentTable,
    misfit: ModelMisfit | None,
    settings: AnalysisSettings,
) -> tuple[QualityFlag, ...]:
    return tuple(_of_map(source, regions, table, misfit, settings))


def _of_map(
    source: MappedSeries | MappedEcv,
    regions: Regions,
    table: SegmentTable,
    misfit: ModelMisfit | None,
    settings: AnalysisSettings,
) -> Iterator[QualityFlag]:
    if isinstance(source, MappedEcv):
        yield from implausible_ecv(_median_ecv(source))
        yield from _of_hematocrit(source)
        yield from _of_sources(source)
        yield from _handed_on(source)
        yield from _of_place(source.native, regions, MapKind.ECV)
    else:
        yield from _of_series(source, regions)
        yield from _of_misfit(source, misfit, settings)
        yield from _of_t2(source)
    fitted = source.map
    wall = np.asarray(fitted.labels == Label.MYOCARDIUM, dtype=np.bool_)
    countable = prune_boundary(wall, settings.pruning.boundary_px)
    in_blood = source.native.blood_pixels if isinstance(source, MappedEcv) else source.blood_pixels
    yield from blood_flags(fitted.kind, countable, in_blood, regions.aha)
    yield from fit_flags(fitted.kind, fitted.status, countable, fitted.analysed)
    counted = settings.pruning.ranges[fitted.kind]
    # the edge of the blood is left out on purpose: what lies beyond the range there biases no mean
    yield from range_flags(fitted.kind, fitted.values, fitted.status, countable & ~in_blood, counted)
    yield from uncertainty_flags(fitted.kind, table.slices, table.segments, settings.quality.widest(fitted.kind))


def _of_series(series: MappedSeries, regions: Regions) -> Iterator[QualityFlag]:
    yield from series.findings
    yield from outline_flags(series.refined)
    doubts = (regions.contour_doubt(series, index) if made else {} for index, made in enumerate(series.made))
    yield from border_flags(series.kind, tuple(doubts))
    yield from _of_fit(series)
    yield from _of_disagreement(series)
    yield from blood_likeness_flags(series.kind, series.wall_like_blood)
    yield from slice_order_flags(regions.levels, series.kind)
    yield from insertion_point_flags(regions.points, series.kind)
    yield from _of_place(series, regions, series.kind)


def _of_place(series: MappedSeries, regions: Regions, kind: MapKind) -> Iterator[QualityFlag]:
    """Report a map whose slices are not in short axis, or show a mirrored heart."""
    yield from plane_flags([long_axis_deg(plane) for plane in series.stack.geometry], kind)
    yield from mirror_flags(handedness(regions.points, series.stack.geometry), kind)


def _of_fit(series: MappedSeries) -> Iterator[QualityFlag]:
    """Tell what the fit found about the images: noise, common errors, and where their signs came from."""
    found = series.fit
    if found is None:
        return
    cells, errors = found.cells, found.errors
    signal = np.nanmedian(np.abs(cells.fitted).max(axis=1, initial=0.0, where=np.isfinite(cells.fitted)))
    noise, gain = (a[np.isfinite(a)] for a in (errors.noise_sd, errors.gain_sd))
    if noise.size and noise.mean() > 0:
        beyond = 100 * np.sqrt((gain**2).mean())
        yield FIT_RESIDUALS.flag(series.kind, signal_to_noise=signal / noise.mean(), beyond=beyond)
    efficiency = cells.saturation_efficiency(series.polar.mid_wall)
    if np.isfinite(efficiency):
        yield SATURATION_EFFICIENCY.flag(series.kind, is_warning=not 0.9 <= efficiency <= 1.1, found=efficiency)
    if series.stack.polarity:
        unsigned = not cells.signed[series.made].all()
        yield POLARITY.flag(series.kind, is_warning=unsigned, found=series.stack.polarity)
    for index, note in enumerate(cells.notes):
        if note:
            yield SIGNS_NOT_USED.flag(series.kind, index, reason=note)


def _of_misfit(series: MappedSeries, misfit: ModelMisfit | None, settings: AnalysisSettings) -> tuple[QualityFlag, ...]:
    """Report the misfit common to all slices, unless `offset_unknown` reports it (T2 without an offset)."""
    if misfit is None or _offset_is_told(series):
        return ()
    widest = settings.quality.widest(series.kind)
    return misfit_flags(series.kind, misfit.rms_percent / 100, misfit.largest_change, misfit.without_ms, widest)


def _of_t2(series: MappedSeries) -> Iterator[QualityFlag]:
    yield from first_echo_flags(series.kind, series.low_first_echo)
    if series.fit is not None and _offset_is_told(series):
        effect = offset_effect(series.fit.cells, series.polar.mid_wall) or OffsetEffect(*[float("nan")] * 3)
        yield offset_flag(series.kind, effect.excess_ms, effect.uncertainty_ms, effect.t2_ms)


def _offset_is_told(series: MappedSeries) -> bool:
    """Whether T2 was fitted without the constant part that its images may have."""
    if series.fit is None:
        return False
    model = get_model(series.map.model)
    return model.family == "t2" and not (model.has_offset or series.stack.echo_train) and bool(series.made.any())


def _of_disagreement(series: MappedSeries) -> tuple[QualityFlag, ...]:
    if series.fit is None:
        return ()
    times = [series.stack.times_ms[s, gone].tolist() for s, gone in enumerate(series.contradicted)]
    stray = series.fit.cells.stray_offset(series.polar.mid_wall)
    return disagreement_flags(series.kind, times, series.fit.errors.unevenness, stray)


def _median_ecv(ecv: MappedEcv) -> float:
    """Median ECV at mid-wall, percent, values out of the counted range too; NaN where there is none."""
    return finite_median(ecv.map.polar_values[..., ecv.native.polar.mid_wall])


def _of_hematocrit(ecv: MappedEcv) -> Iterator[QualityFlag]:
    if ecv.hematocrit.caution:
        yield HEMATOCRIT_DOUBTFUL.flag(MapKind.ECV, caution=ecv.hematocrit.caution)
    if ecv.hematocrit.note:
        finding = SYNTHETIC_HEMATOCRIT if ecv.hematocrit.synthetic else HEMATOCRIT_READ
        yield finding.flag(MapKind.ECV, note=ecv.hematocrit.note)


def _of_sources(ecv: MappedEcv) -> Iterator[QualityFlag]:
    by_source = {one.source: one.kind.spec.name for one in (ecv.native, ecv.post)}
    if len(by_source) > 1:
        yield MIXED_SOURCES.flag(MapKind.ECV, read=by_source["scanner_map"], fitted=by_source["weighted_images"])


def _handed_on(ecv: MappedEcv) -> Iterator[QualityFlag]:
    """Warn of ECV slices that are made from a doubtful T1 slice: no one relaxation, or a contour in the blood."""
    made = np.flatnonzero(ecv.map.reference_time >= 0)
    doubtful: dict[Finding, set[int]] = {IMAGES_DISAGREE: set(), WALL_LIKE_BLOOD: set()}
    for series, source in ((ecv.native, np.arange(len(ecv.partner))), (ecv.post, ecv.partner)):
        told = {flag.slice_index for flag in _of_disagreement(series) if flag.severity is Severity.WARNING}
        doubtful[IMAGES_DISAGREE].update(int(index) for index in made if int(source[index]) in told)
        like = series.wall_like_blood
        doubtful[WALL_LIKE_BLOOD].update(int(i) for i in made if WALL_LIKE_BLOOD.crossed(float(like[source[i]])))
    for finding, slices in doubtful.items():
        for index in sorted(slices):
            yield finding.flag_inherited(MapKind.ECV, index)
