"""A mapped series after a verdict on it: slices that are refused, another name, findings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np

from cmrmap.core.arrays import BoolArray
from cmrmap.core.findings import QualityFlag, Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import FitStatus, ParameterMap
from cmrmap.pipeline.blood_edge import blood_pixels, filled_reason, filled_with_blood
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.regional.pruning import analysed_pixels, prune_boundary
from cmrmap.settings import AnalysisSettings

#: share of the wall's pixels below which those with a value are chance hits and tell nothing of the wall (ours)
_FEWEST = 0.05
#: outcomes of a fit that give no value, as reasons say them
_WHY = {
    FitStatus.EDGE_OF_RANGE: "a fit at the edge of the searched range",
    FitStatus.DEGENERATE: "a signal that cannot be fitted",
    FitStatus.TOO_FEW_SAMPLES: "too few samples",
    FitStatus.UNPHYSICAL: "an unphysical fit",
    FitStatus.NO_VALID_VALUE: "no valid value in the scanner's map",
    FitStatus.NOT_FITTED: "no fit",
}


def with_findings(series: MappedSeries, *flags: QualityFlag) -> MappedSeries:
    """Return the series with more to be told about it."""
    return replace(series, findings=(*series.findings, *flags))


def refuse_slices(series: MappedSeries, reasons: Mapping[int, str]) -> MappedSeries:
    """Return the series without the values of some slices.

    Parameters
    ----------
    series : as mapped
    reasons : slice -> why it is refused; slices that are refused already are left as they are
    """
    left = without_slices(series.map, reasons)
    return series if left is series.map else replace(series, map=left)


def without_slices(fitted: ParameterMap, reasons: Mapping[int, str]) -> ParameterMap:
    """Return a map without the values of some slices.

    Parameters
    ----------
    fitted : the map
    reasons : slice -> why it is refused; slices that are refused already are left as they are
    """
    gone = [index for index in sorted(reasons) if fitted.reference_time[index] >= 0]
    if not gone:
        return fitted

    def without(values: np.ndarray, fill: float) -> np.ndarray:
        out = np.array(values)
        out[gone] = fill
        return out

    return replace(
        fitted,
        polar_values=without(fitted.polar_values, np.nan),
        polar_sd=without(fitted.polar_sd, np.nan),
        polar_status=without(fitted.polar_status, FitStatus.NOT_FITTED),
        values=without(fitted.values, np.nan),
        sd=without(fitted.sd, np.nan),
        status=without(fitted.status, FitStatus.NOT_FITTED),
        labels=without(fitted.labels, 0),
        analysed=without(fitted.analysed, False),
        reference_time=without(fitted.reference_time, -1),
        blood=tuple(None if index in gone else one for index, one in enumerate(fitted.blood)),
        refusals=(*fitted.refusals, *(Refusal(fitted.kind, "refused", reasons[index], index) for index in gone)),
    )


def refuse(series: MappedSeries, reason: str) -> MappedSeries:
    """Return the series without any value."""
    return refuse_slices(series, dict.fromkeys(range(len(series.made)), reason))


def renamed(series: MappedSeries, kind: MapKind, settings: AnalysisSettings) -> MappedSeries:
    """Return the series as the map of another kind.

    Which pixels count follows that kind's range, and whether that kind leaves out the edge of the blood; a slice that
    lies in that edge is refused.
    """
    old = series.map
    stack = replace(series.stack, kind=kind)
    fitted = series.used & np.isfinite(series.polar.centres).all(axis=-1) & series.made[:, None]
    times = tuple(np.flatnonzero(row) for row in fitted)
    in_blood = blood_pixels(stack, series.polar, times, series.weights, old.labels, settings.pruning)
    filled = np.flatnonzero(filled_with_blood(old.labels, in_blood, settings.pruning))
    called = replace(
        series,
        stack=stack,
        refined=replace(series.refined, kind=kind),
        polar=replace(series.polar, kind=kind),
        map=replace(
            old,
            kind=kind,
            analysed=_counted(replace(series, blood_pixels=in_blood), kind, settings),
            refusals=tuple(replace(one, kind=kind) for one in old.refusals),
        ),
        blood_pixels=in_blood,
        called=series.kind,
        findings=tuple(replace(one, map=kind) if one.map is series.kind else one for one in series.findings),
    )
    return refuse_slices(called, dict.fromkeys(filled.tolist(), filled_reason(kind)))


def without_empty_slices(
    series: MappedSeries, settings: AnalysisSettings, by: Collection[MapKind] = ()
) -> MappedSeries:
    """Refuse the slices of `empty_slices`."""
    return refuse_slices(series, empty_slices(series, settings, by))


def empty_slices(series: MappedSeries, settings: AnalysisSettings, by: Collection[MapKind] = ()) -> dict[int, str]:
    """Return the slices of which no pixel, or hardly one, has a usable value, with what their fits were.

    Parameters
    ----------
    series : as mapped
    settings : ``pruning`` is used
    by : other maps that the series may be: a value in the range of one of them counts too
    """
    others = [_counted(series, kind, settings) for kind in by if kind is not series.kind]
    reasons = {}
    for index in map(int, np.flatnonzero(series.made)):
        reason = _why_empty(series, index, series.map.analysed[index], settings)
        if reason and all(_why_empty(series, index, counted[index], settings) for counted in others):
            reasons[index] = reason
    return reasons


def _counted(series: MappedSeries, kind: MapKind, settings: AnalysisSettings) -> BoolArray:
    """(slice, row, column) pixels that count in a map of the kind."""
    old, pruning = series.map, settings.pruning
    if kind is series.kind:
        return old.analysed
    found = analysed_pixels(
        old.values,
        old.status,
        old.labels,
        boundary_pixels=pruning.boundary_px,
        value_range=pruning.ranges[kind],
    )
    return np.asarray(found & ~series.blood_pixels, dtype=np.bool_)


def _why_empty(series: MappedSeries, index: int, counted: BoolArray, settings: AnalysisSettings) -> str:
    wall = prune_boundary(
        np.asarray(series.map.labels[[index]] == Label.MYOCARDIUM, dtype=np.bool_), settings.pruning.boundary_px
    )[0]
    n_counted = np.count_nonzero(counted)
    if n_counted and n_counted >= _FEWEST * np.count_nonzero(wall):
        return ""
    few = f"only {n_counted} of {np.count_nonzero(wall)} pixels" if n_counted else "no pixel"
    status, values = series.map.status[index][wall], series.map.values[index][wall]
    counts = {code: int(np.count_nonzero(status == code)) for code in _WHY}
    told = [
        f"{words} in {100 * counts[code] / status.size:.0f} %"
        for code, words in sorted(_WHY.items(), key=lambda item: -counts[item[0]])
        if counts[code]
    ]
    strayed = values[np.isfinite(values) & ~counted[wall]]
    if strayed.size:
        low, high = settings.pruning.ranges[series.kind]
        unit = series.kind.unit
        told.append(
            f"values of about {np.median(strayed):.0f} {unit} in {100 * strayed.size / status.size:.0f} %, outside the "
            f"accepted {low:.0f}-{high:.0f} {unit}"
        )
    listed = ", ".join(told) or "no pixel of it remains"
    has = "have" if n_counted else "has"
    return f"{few} of the wall {has} a usable value ({listed}); check the images and their times"
