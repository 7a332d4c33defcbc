"""The verdict on every fitted map: what has no value is refused, and T1 must be what it is called and what can be."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from cmrmap.core.arrays import Float64Array, finite_median
from cmrmap.core.map_specs import MapKind
from cmrmap.pipeline.mapped_series import MappedSeries
from cmrmap.pipeline.verdicts import refuse, renamed, with_findings, without_empty_slices
from cmrmap.quality.catalogue.images import CONTRAST_IN_DOUBT, CONTRAST_RELABELLED
from cmrmap.quality.plausible_flags import implausible_t1, implausible_t2
from cmrmap.quality.plausible_ranges import FieldRanges, ranges_at
from cmrmap.quality.t1_label import LabelVerdict, T1Series, check_labels, measured_kind
from cmrmap.settings import AnalysisSettings

_T1 = (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)
_GIVEN = "as given"


def check_series(
    series: Sequence[MappedSeries], settings: AnalysisSettings, refused: Collection[MapKind] = ()
) -> tuple[MappedSeries, ...]:
    """Give the verdict on every map that was fitted.

    A T1 series whose wall and blood say that it is not what it was called gets the other name where nobody says
    otherwise, and is refused where somebody does, or where that name is of a series that was refused. A slice without
    any value in the range of its map is refused. Values that no heart has at the field strength are an error-level
    finding.

    Parameters
    ----------
    series : as fitted, one per map
    settings : ``pruning`` is used
    refused : maps whose series were refused before they were fitted

    Returns
    -------
    in the order of the maps; a refused series is there with its reasons
    """
    # which range counts for T1 is open before its label is judged
    t1 = {one.kind: without_empty_slices(one, settings, by=_T1) for one in series if one.kind in _T1}
    others = [without_empty_slices(one, settings) for one in series if one.kind not in _T1]
    checked = [*map(_t2_checked, others), *_t1_checked(t1, settings, refused)]
    order = {kind: place for place, kind in enumerate(MapKind)}
    return tuple(sorted(checked, key=lambda one: order[one.kind]))


def wall_medians(series: MappedSeries) -> Float64Array:
    """(slice,) median of the values at mid-wall, those out of the counted range too; NaN where there is none."""
    values = series.map.polar_values[..., series.polar.mid_wall]
    known = np.isfinite(values).any(axis=(1, 2))
    out = np.full(len(values), np.nan)
    for index in np.flatnonzero(known):
        out[index] = np.nanmedian(values[index])
    return out


def blood_values(series: MappedSeries) -> Float64Array:
    """(slice,) blood T1 in ms; NaN where it was not measured."""
    return np.array([np.nan if one is None else one.t1_ms for one in series.map.blood])


def _t2_checked(series: MappedSeries) -> MappedSeries:
    ranges = ranges_at(series.stack.field_strength_t)
    if series.kind is not MapKind.T2 or ranges is None:
        return series
    return with_findings(series, *implausible_t2(finite_median(wall_medians(series)), ranges))


def _t1_checked(
    t1: dict[MapKind, MappedSeries], settings: AnalysisSettings, refused: Collection[MapKind]
) -> list[MappedSeries]:
    one_field = {ranges_at(series.stack.field_strength_t) for series in t1.values()}
    ranges = one_field.pop() if len(one_field) == 1 else None
    if ranges is None:  # a field strength without ranges, or two of them in one study
        return [without_empty_slices(series, settings) for series in t1.values()]
    whole = {kind: _unless_mixed(series, ranges) for kind, series in t1.items()}
    told = {kind: series for kind, series in whole.items() if series.made.any()}
    verdicts = check_labels({kind: _measured(series) for kind, series in told.items()}, ranges)
    taken = {*refused, *(whole.keys() - told.keys())}
    return [
        _after(series, _unless_taken(verdicts.get(kind), kind, taken), ranges, settings)
        for kind, series in whole.items()
    ]


def _unless_taken(verdict: LabelVerdict | None, kind: MapKind, taken: Collection[MapKind]) -> LabelVerdict | None:
    """Refuse a series that would take the place of one that was refused: the study has two of one kind."""
    if verdict is None or verdict.kind is None or verdict.kind is kind or verdict.kind not in taken:
        return verdict
    name = verdict.kind.spec.name
    return LabelVerdict(
        None,
        f"{verdict.reason}; the study's {name} series was refused, and this series does not replace it: check the "
        "series, and name it in app.yaml",
    )


def _measured(series: MappedSeries) -> T1Series:
    label = series.stack.label
    return T1Series(
        series.kind,
        label.reason if label else _GIVEN,
        label.gives_way if label else False,
        finite_median(wall_medians(series)),
        finite_median(blood_values(series)),
    )


def _unless_mixed(series: MappedSeries, ranges: FieldRanges) -> MappedSeries:
    """Refuse a series that holds slices of both kinds: two acquisitions that were joined into one."""
    measured = zip(wall_medians(series), blood_values(series), strict=True)
    kinds = [measured_kind(float(wall), float(blood), ranges) for wall, blood in measured]
    slices = {
        kind: ", ".join(str(i) for i, one in enumerate(kinds, start=1) if one is kind) for kind in _T1 if kind in kinds
    }
    if len(slices) < len(_T1):
        return series
    return refuse(
        series,
        f"T1 of wall and blood is native in slice {slices[_T1[0]]} and post-contrast in slice {slices[_T1[1]]}: two "
        "acquisitions were read as one series; give them different descriptions, or send only one",
    )


def _after(
    series: MappedSeries, verdict: LabelVerdict | None, ranges: FieldRanges, settings: AnalysisSettings
) -> MappedSeries:
    """Return the series as its verdict leaves it."""
    if verdict is None:
        return series
    if verdict.kind is None:
        return refuse(series, verdict.reason)
    if verdict.kind is not series.kind:
        flag = CONTRAST_RELABELLED.flag(
            verdict.kind, measured=verdict.measured, found=verdict.kind.spec.name, detail=verdict.reason
        )
        return with_findings(without_empty_slices(renamed(series, verdict.kind, settings), settings), flag)
    flags = [CONTRAST_IN_DOUBT.flag(series.kind, series="the series", caution=verdict.doubt)] if verdict.doubt else []
    left = without_empty_slices(series, settings)
    if left.made.any():
        walls, blood = wall_medians(left), blood_values(left)
        flags += implausible_t1(series.kind, walls, blood, ranges, whole=verdict.implausible)
    return with_findings(left, *flags)
