"""``cmrmap summary``: one phantom study's maps beside its truth. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from cmrmap.evaluation.study_summary import MapSummary


def summary(
    study: Annotated[Path, typer.Argument(help="Phantom study, as `cmrmap phantom study` writes it.")],
    results: Annotated[Path, typer.Argument(help="The application's output folder for that study.")],
) -> None:
    """Print one study's maps beside the phantom's truth, and the files that were written."""
    from rich.console import Console

    from cmrmap.evaluation.study_summary import summarise_study

    rows = tuple(row for row in summarise_study(study, results) if row.is_listed)
    console = Console()
    console.print(_maps_table(rows))
    for row in rows:
        if row.reason:
            console.print(f"{row.kind.value}: {row.status}, {row.reason}", markup=False)
    console.print(_files_table(results))


def _maps_table(rows: tuple[MapSummary, ...]) -> Table:
    from rich.table import Table

    table = Table(title="Maps: mean ± SD over the myocardium, against the phantom's truth")
    for name in ("map", "status"):
        table.add_column(name, no_wrap=True)
    exact = any(row.exact_fit is not None for row in rows)
    for name in ("slices made", "measured", "truth", "bias", *(("exact fit", "off it") if exact else ())):
        table.add_column(name, justify="right")
    for row in rows:
        unit, digits = row.kind.unit, row.kind.spec.decimals
        measured = "-" if row.mean is None else f"{row.mean:.{digits}f} ± {row.sd or 0.0:.{digits}f} {unit}"
        truth = "-" if row.truth is None else f"{row.truth:.{digits}f} {unit}"
        bias = "-"
        if row.bias is not None and row.bias_percent is not None:
            bias = f"{row.bias:+.1f} points" if unit == "%" else f"{row.bias:+.1f} {unit} ({row.bias_percent:+.1f} %)"
        more: tuple[str, ...] = ()
        if exact:
            more = (
                "-" if row.exact_fit is None else f"{row.exact_fit:.{digits}f} {unit}",
                "-" if row.off_exact_fit is None else f"{row.off_exact_fit:+.1f}",
            )
        table.add_row(
            row.kind.value, row.status, f"{row.slices_made} of {row.slices_all}", measured, truth, bias, *more
        )
    if exact:
        table.caption = (
            "exact fit: of the model to simulated signals without noise; its distance from the truth is known"
        )
    return table


def _files_table(results: Path) -> Table:
    from rich.markup import escape
    from rich.table import Table

    table = Table(title="Files written")
    table.add_column("file")
    table.add_column("size", justify="right")
    images = sorted(results.glob("*.dcm"))
    table.add_row(f"{len(images)} DICOM objects (*.dcm)", _size(images))
    for path in sorted(item for item in (results / "results").glob("*") if item.is_file()):
        table.add_row(f"results/{escape(path.name)}", _size([path]))
    return table


def _size(files: list[Path]) -> str:
    kilobytes = sum(path.stat().st_size for path in files) / 1024
    return f"{kilobytes:.1f} kB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"
