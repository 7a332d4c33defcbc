"""The table of series as text: one row a series, and under it its times and why it is taken for what it is."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cmrmap.core.series_row import SeriesRow

#: heading, characters, whether numbers are set to the right; the description takes what is left of the width
_COLUMNS = (
    ("no.", 4, True),
    ("description", 0, False),
    ("taken for", 16, False),
    ("slices", 6, True),
    ("images", 6, True),
    ("matrix", 9, True),
    ("pixel mm", 9, True),
    ("position mm", 11, True),
    ("FoR", 3, False),
    ("start", 7, True),
)
_FIXED = sum(width for _, width, _ in _COLUMNS) + len(_COLUMNS) - 1
LEAST_WIDTH = 100
_INDENT = 5
_WORDS = {
    "signs": "(signs)",
    "deviations": "(SD)",
    "not_chosen": "(not chosen)",
    "refused": "(refused)",
    "no_mapping": "-",
    "lost": "(lost)",
}


def series_lines(rows: Sequence[SeriesRow], width: int) -> list[str]:
    """Return the table's lines.

    Parameters
    ----------
    rows : of one study
    width : characters a line; 100 at least
    """
    width = max(width, LEAST_WIDTH)
    head = _line([name for name, _, _ in _COLUMNS], width)
    lines = [head, "-" * width]
    for row in rows:
        lines.append(_line(_cells(row), width))
        for told in _told(row, room=width - _FIXED):
            lines += textwrap.wrap(
                told, width, initial_indent=" " * _INDENT, subsequent_indent=" " * (_INDENT + 7), break_on_hyphens=False
            )
    return lines


def _line(cells: Sequence[str], width: int) -> str:
    shown = []
    for cell, (_, size, right) in zip(cells, _COLUMNS, strict=True):
        room = size or width - _FIXED
        cut = cell if len(cell) <= room else cell[: room - 1] + "…"
        shown.append(cut.rjust(room) if right else cut.ljust(room))
    return " ".join(shown).rstrip()


def _cells(row: SeriesRow) -> list[str]:
    return [
        "-" if row.series_number is None else str(row.series_number),
        printable(row.description) or "-",
        row.map.spec.name if row.verdict == "taken" and row.map is not None else _WORDS[row.verdict],
        str(row.n_slices),
        str(row.n_images),
        "-" if row.matrix is None else f"{row.matrix[0]}x{row.matrix[1]}",
        "-" if row.spacing_mm is None else _spacing(row.spacing_mm),
        "-" if row.position_mm is None else _range(row.position_mm),
        row.frame_of_reference or "-",
        "-" if row.start_s is None else clock(row.start_s),
    ]


def _range(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.1f}" if ends[1] - ends[0] < 0.05 else f"{ends[0]:.0f}..{ends[1]:.0f}"


def _spacing(sizes: tuple[float, float]) -> str:
    return f"{sizes[0]:.4g}" if abs(sizes[1] - sizes[0]) < 1e-4 else f"{sizes[0]:.3g}x{sizes[1]:.3g}"


def _told(row: SeriesRow, room: int) -> list[str]:
    """Return what stands under a row: its whole description where it was cut, its times, and why."""
    description = printable(row.description)
    lines = [f"name   {description}"] if len(description) > room else []
    if row.times_ms:
        model = f"; model {row.model}" if row.model else ""
        lines.append(f"times  {times_text(row.times_ms)} from {printable(row.timing_source)}{model}")
    wanted = row.map.spec.name if row.map is not None else ""
    would = {"refused": f"looks like {wanted}: ", "not_chosen": f"could be used for {wanted}: "}.get(row.verdict, "")
    lines.append(f"why    {would}{printable(row.reason)}")
    return lines


def times_text(times_ms: Sequence[float]) -> str:
    """Return times as they are read: each, or their number and ends where they are many.

    Parameters
    ----------
    times_ms : ascending; inf is fully recovered or saturated
    """
    words = ["inf" if math.isinf(time) else f"{time:g}" for time in times_ms]
    if len(words) > 14:
        words = [*words[:6], "...", *words[-3:]]
        return f"{' '.join(words)} ms ({len(times_ms)} times)"
    return f"{' '.join(words)} ms"


def clock(seconds: float) -> str:
    """Return a time since the study's first image, e.g. "+14:05" or "+1:02:33".

    Parameters
    ----------
    seconds : 0 or more
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 24:
        return f"+{hours // 24} d"
    return f"+{hours}:{minutes:02d}:{rest:02d}" if hours else f"+{minutes}:{rest:02d}"


def printable(given: str) -> str:
    """Return the text without what would steer a terminal.

    Parameters
    ----------
    given : of a header
    """
    return "".join(character if character.isprintable() else " " for character in given).strip()
