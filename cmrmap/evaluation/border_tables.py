"""Borders, values and signs of doubt as tables for the terminal."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from rich.table import Table

from cmrmap.evaluation.border_errors import BORDERS, BorderErrors
from cmrmap.evaluation.border_summary import (
    BAD_VALUE_MS,
    BorderSummary,
    Spread,
    ValueSummary,
    bad_slices_told,
    border_summary,
    is_bad,
    value_summaries,
)
from cmrmap.evaluation.discrimination import Discrimination
from cmrmap.evaluation.rates import Rate
from cmrmap.evaluation.subject_figures import SliceFigures, SubjectFigures, SubjectValues

OURS, REPEAT = "ours", "reader's other images"


def border_tables(subjects: Sequence[SubjectFigures]) -> tuple[Table, ...]:
    """Return every table: borders over sectors, what is off, values, slice by slice, and signs of doubt."""
    summaries, values = _summaries(subjects), value_summaries(subjects)
    return (
        _errors_table(summaries),
        _off_table(summaries),
        _value_table(subjects, values),
        _slice_table(subjects),
        *_sign_tables(subjects, values),
    )


def _summaries(subjects: Sequence[SubjectFigures]) -> list[tuple[str, str, BorderSummary]]:
    """(subject, whose outlines, summary), all subjects together last."""
    groups = [(one.name, one.slices) for one in subjects]
    if len(subjects) > 1:
        groups.append(("all", tuple(one for subject in subjects for one in subject.slices)))
    return [
        (name, who, border_summary([(one.sectors, getattr(one, field)) for one in slices]))
        for name, slices in groups
        for who, field in ((OURS, "ours"), (REPEAT, "repeat"))
    ]


def _errors_table(summaries: Sequence[tuple[str, str, BorderSummary]]) -> Table:
    table = _table(
        "Border errors, mm, outwards positive: bias ± SD over sectors (median over images)",
        ("subject", "outlines", "border", "clear, to the edge", "clear, to the reader", "unclear, to the reader"),
    )
    for name, who, found in summaries:
        for border in BORDERS:
            table.add_row(
                *(name, who, border),
                *(
                    _spread_text(one[border], 1)
                    for one in (found.clear, found.clear_to_reader, found.unclear_to_reader)
                ),
            )
    return table


def _off_table(summaries: Sequence[tuple[str, str, BorderSummary]]) -> Table:
    table = _table(
        "Clear borders more than 3 mm off the edge and the reader; wall thickness, bias ± SD over sectors",
        ("subject", "outlines", "slices", "sectors", "rays", "on another edge", "thickness, mm"),
    )
    for name, who, found in summaries:
        shares = (found.slices_off, found.sectors_off, found.rays_off)
        table.add_row(
            *(name, who),
            *(_rate_text(one) for one in shares),
            str(found.on_other_edge),
            _spread_text(found.thickness, 1),
        )
    return table


def _value_table(subjects: Sequence[SubjectFigures], found: Mapping[str, Mapping[str, ValueSummary]]) -> Table:
    table = _table(
        "Means by other outlines minus those by the reader's, ms",
        ("map", "outlines", "slices", "worst", "segments", "worst", "refused"),
    )
    for kind, one in found.items():
        for field, who in (("ours", OURS), ("repeat", REPEAT)):
            value = one[field]
            table.add_row(
                *(kind, who),
                *(_spread_text(value.slices, 0), _number(value.slices.worst, "+.0f")),
                *(_spread_text(value.segments, 0), _number(value.segments.worst, "+.0f")),
                str(value.refused),
            )
    missing = [one.name for one in subjects if one.values is None]
    if missing:
        table.caption = f"without preparation times, so not fitted: {', '.join(missing)}"
    return table


def _slice_table(subjects: Sequence[SubjectFigures]) -> Table:
    table = _table(
        "Slices: the clear border furthest off, mm; mean minus the reader's, ms; the application's findings",
        ("subject", "slice", "endocardium", "epicardium", "mean", "sure", "findings"),
    )
    for subject in subjects:
        for index, one in enumerate(subject.slices):
            values = subject.values
            error = math.nan if values is None else SubjectValues.slice_errors(values.ours, values.reader)[index]
            table.add_row(
                *(subject.name, f"{index} {one.sectors.level.value}{'!' if is_bad(one.ours) else ''}"),
                *(_worst_text(one, border) for border in range(len(BORDERS))),
                *(_number(error, "+.0f"), f"{one.confidence:.2f}", ", ".join(one.told) or "-"),
            )
    return table


def _worst_text(one: SliceFigures, border: int) -> str:
    """Name the clear ray furthest beyond edge and reader, and its sector."""
    errors: BorderErrors = one.ours
    if errors.lost:
        return "lost"
    beyond = errors.beyond_mm[border]
    if not np.isfinite(beyond).any():
        return "-"
    ray = int(np.nanargmax(np.abs(beyond)))
    return (
        f"{beyond[ray]:+.1f} {one.sectors.names[one.sectors.of_ray[ray]].removeprefix(one.sectors.level.value + ' ')}"
    )


def _sign_tables(subjects: Sequence[SubjectFigures], kinds: Collection[str]) -> tuple[Table, ...]:
    limits = ", ".join(f"{limit:g} ms ({kind})" for kind, limit in BAD_VALUE_MS.items() if kind in kinds)
    titles = {
        "border": "Slices with a clear border more than 3 mm off, identified by",
        "ray": "Clear rays more than 3 mm off, identified by (rays of a slice are not independent)",
        "value": f"Slices whose mean is off by more than {limits}, identified by",
    }
    out = []
    for what, signs in bad_slices_told(subjects).items():
        table = _table(titles[what], ("sign", "area under ROC", "sensitivity", "specificity"))
        for name, found in signs.items():
            table.add_row(name, _area_text(found), *map(_rate_text, (found.sensitivity, found.specificity)))
        out.append(table)
    return tuple(out)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", padding=(0, 1, 0, 0), pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    return table


def _number(value: float, form: str) -> str:
    return "-" if math.isnan(value) else f"{value:{form}}"


def _spread_text(found: Spread, digits: int) -> str:
    if not found.n:
        return "-"
    return f"{found.bias:+.{digits}f} ± {_number(found.sd, f'.{digits}f')} ({found.n})"


def _rate_text(found: Rate | None) -> str:
    return "-" if found is None else f"{found.count}/{found.total}"


def _area_text(found: Discrimination) -> str:
    if math.isnan(found.auc):
        return f"- ({found.n_bad} bad, {found.n_good} good)"
    interval = "" if math.isnan(found.auc_low) else f" [{found.auc_low:.2f}, {found.auc_high:.2f}]"
    return f"{found.auc:.2f}{interval}"
