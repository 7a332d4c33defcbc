"""The record of how every map came about, gathered from what the stages made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cmrmap.core.arrays import BoolArray, Float64Array, IntArray, LabelArray
from cmrmap.core.findings import Refusal
from cmrmap.core.map_record import CellFits, ImageUse, MapRecord, WallPixels
from cmrmap.core.map_specs import MapKind
from cmrmap.core.memo import remembered
from cmrmap.core.outlines import ImageOutcome
from cmrmap.core.parameter_map import ParameterMap
from cmrmap.pipeline.explain import why_not_counted
from cmrmap.pipeline.extracellular import MappedEcv
from cmrmap.pipeline.mapped_series import MappedSeries

_NONE: Mapping[MapKind, BoolArray] = MappingProxyType({})
_USE_OF = {
    ImageOutcome.MISSING: ImageUse.MISSING,
    ImageOutcome.PASSED: ImageUse.FITTED,
    ImageOutcome.REPLACED: ImageUse.FITTED_REPLACED,
    ImageOutcome.EXCLUDED: ImageUse.NO_OUTLINE,
    ImageOutcome.LEFT_OUT: ImageUse.LEFT_OUT,
}


def map_records(
    series: Sequence[MappedSeries], ecv: MappedEcv | Refusal, counted: Mapping[MapKind, BoolArray] = _NONE
) -> tuple[MapRecord, ...]:
    """Return one record a map that was made.

    Parameters
    ----------
    series : the maps that have a series of their own, after the check
    ecv : made of two of them, or why it was not
    counted : (slice, row, column) pixels that the means count, by map, where a reader left out segments
    """
    records = [_of_series(one, counted.get(one.kind, one.map.analysed)) for one in series]
    if isinstance(ecv, MappedEcv):
        records.append(_of_ecv(ecv, counted.get(MapKind.ECV, ecv.map.analysed)))
    return tuple(records)


def _of_series(series: MappedSeries, counted: BoolArray) -> MapRecord:
    walls, words = _walls(series.map, series, counted)
    return _record(series.map, series, walls, words, _cell_fits(series))


def _of_ecv(ecv: MappedEcv, counted: BoolArray) -> MapRecord:
    walls, words = _walls(ecv.map, ecv.native, counted)
    own = tuple(index if partner >= 0 else -1 for index, partner in enumerate(ecv.partner))
    partners = ((ecv.native.kind, own), (ecv.post.kind, tuple(int(one) for one in ecv.partner)))
    return _record(ecv.map, ecv.native, walls, words, None, partners)


def _record(
    made: ParameterMap,
    series: MappedSeries,
    walls: tuple[WallPixels, ...],
    words: tuple[str, ...],
    fits: CellFits | None,
    partners: tuple[tuple[MapKind, tuple[int, ...]], ...] = (),
) -> MapRecord:
    return MapRecord(
        kind=made.kind,
        model=made.model,
        times_ms=series.stack.times_ms,
        images=series.stack.images,
        outlines=series.refined.labels,
        uses=_uses(series),
        reference_time=made.reference_time,
        walls=walls,
        words=words,
        fits=fits,
        partners=partners,
    )


def _uses(series: MappedSeries) -> LabelArray:
    uses = np.zeros(series.refined.outcome.shape, dtype=np.uint8)
    for outcome, use in _USE_OF.items():
        uses[series.refined.outcome == outcome] = use
    for index, gone in enumerate(series.left_out):
        uses[index, gone] = ImageUse.CONTRADICTED
    uses[~series.made[:, None] & (uses != ImageUse.MISSING)] = ImageUse.SLICE_REFUSED
    return uses


def _cell_fits(series: MappedSeries) -> CellFits | None:
    if series.fit is None:
        return None
    cells = series.fit.cells
    n_slices, n_times = cells.samples.shape[:2]
    return CellFits(
        samples=cells.samples.reshape(n_slices, n_times, -1),
        time_constant_ms=cells.t_star.reshape(n_slices, -1),
        amplitude=cells.amplitude.reshape(n_slices, -1),
        offset=cells.offset.reshape(n_slices, -1),
        r2=cells.r2.reshape(n_slices, -1),
        noise_sd=series.fit.errors.noise_sd,
    )


@remembered
def _walls(
    made: ParameterMap, series: MappedSeries, counted: BoolArray
) -> tuple[tuple[WallPixels, ...], tuple[str, ...]]:
    weights, words = series.weights, [""]
    walls = []
    for index in range(len(made.values)):
        given = made.reference_time[index] >= 0
        flat = weights.pixels[index] if given else weights.pixels[index][:0]
        cells, shares = weights.cells[index][: len(flat)], weights.weights[index][: len(flat)]
        reasons = np.zeros(len(flat), dtype=np.intp)
        not_counted = np.flatnonzero(~counted[index].ravel()[flat])
        for pixel in not_counted:
            row, column = divmod(int(flat[pixel]), made.values.shape[2])
            reason = why_not_counted(made, series.blood_pixels, (index, row, column))
            if reason not in words:
                words.append(reason)
            reasons[pixel] = words.index(reason)
        walls.append(
            WallPixels(
                flat=flat,
                cell=cells[np.arange(len(flat)), shares.argmax(axis=1)] if len(flat) else flat,
                reason=reasons,
                rows=_in_images(series.polar.rows[index], cells, shares, series.refined.usable[index]),
                columns=_in_images(series.polar.columns[index], cells, shares, series.refined.usable[index]),
            )
        )
    return tuple(walls), tuple(words)


def _in_images(places: Float64Array, cells: IntArray, shares: Float64Array, usable: BoolArray) -> Float64Array:
    """Return where the tissue of every pixel lies in each image, (time, pixel), from (time, angle, depth)."""
    known = places.reshape(len(places), -1)[:, cells]
    return np.where(usable[:, None], (known * shares).sum(axis=-1), np.nan)
