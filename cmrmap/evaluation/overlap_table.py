"""Overlap with reference masks as tables for the terminal, a row a subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from rich.table import Table

from cmrmap.core.arrays import Float64Array
from cmrmap.evaluation.subjects import SubjectOverlap


def overlap_tables(subjects: Sequence[SubjectOverlap], model: str) -> tuple[Table, Table]:
    """Return the overlap of what the model drew, and what to hold it against; "-" where there is nothing to compare."""
    ours = _table(
        f"Overlap with the reference, {model}",
        ("images", "wall Dice", "median", "cavity Dice", "shape check passed"),
    )
    theirs = _table(
        "What the reference's other images of a slice reach; our borders further out",
        ("wall Dice", "median", "cavity Dice", "endo", "epi"),
    )
    for one in subjects:
        ours.add_row(
            one.name,
            str(np.count_nonzero(np.isfinite(one.wall_dice))),  # those that there is something to compare in
            *_dices(one.wall_dice, one.cavity_dice),
            f"{one.passed.mean():.0%}",
        )
        theirs.add_row(
            one.name,
            *_dices(one.reader_wall_dice, one.reader_cavity_dice),
            *(_over_images(np.mean, border, "+.1f", " mm") for border in (one.endocardium_mm, one.epicardium_mm)),
        )
    return ours, theirs


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title)
    table.add_column("subject", no_wrap=True)
    for name in columns:
        table.add_column(name)
    return table


def _dices(wall: Float64Array, cavity: Float64Array) -> tuple[str, str, str]:
    """Mean and median of the wall's, mean of the cavity's."""
    return (
        _over_images(np.mean, wall, ".3f"),
        _over_images(np.median, wall, ".3f"),
        _over_images(np.mean, cavity, ".3f"),
    )


def _over_images(
    statistic: Callable[[Float64Array], np.floating], values: Float64Array, form: str, unit: str = ""
) -> str:
    known = values[np.isfinite(values)]
    return f"{statistic(known):{form}}{unit}" if known.size else "-"
