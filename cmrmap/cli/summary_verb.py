"""``cmrmap summary``: one study's maps, a phantom's beside its truth. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cmrmap.core.errors import InputError

if TYPE_CHECKING:
    from rich.table import Table

    from cmrmap.evaluation.study_summary import MapSummary


def summary(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="[STUDY] RESULTS",
            help="RESULTS: the application's output folder. STUDY before it: the phantom study, as `cmrmap phantom "
            "study` writes it, whose truth is then shown beside the maps.",
        ),
    ],
) -> None:
    """Print one study's maps and the files that were written; a phantom's beside its truth."""
    if len(folders) > 2:
        raise InputError(f"{len(folders)} folders were given; expected the results, or a phantom study and its results")
    print_summary(folders[-1], folders[0] if len(folders) > 1 else None)


def print_summary(results: Path, study: Path | None = None) -> None:
    """Print the maps of an output folder, and its files.

    Parameters
    ----------
    results : the application's output folder
    study : the phantom study that they are of; None: any study, whose truth nobody knows
    """
    from rich.console import Console

    from cmrmap.evaluation.study_summary import findings_of, summarise_study

    rows = tuple(row for row in summarise_study(study, results) if row.is_listed)
    console = Console()
    console.print(_maps_table(rows, against_truth=study is not None))
    for row in rows:
        if row.reason:
            console.print(f"{row.kind.value}: {row.status}, {row.reason}", markup=False)
    errors, n_warnings = findings_of(results)
    for one in errors:
        console.print(f"ERROR, do not use the map: {one}", markup=False)
    if n_warnings:
        plural = "s" if n_warnings > 1 else ""
        console.print(f"{n_warnings} warning{plural}: see the report", markup=False)
    console.print(_files_table(results))
    console.print(f"in {results}", soft_wrap=True, markup=False)  # as the user typed it; it names no study


def _maps_table(rows: tuple[MapSummary, ...], *, against_truth: bool) -> Table:
    from rich.table import Table

    beside = ", against the phantom's truth" if against_truth else ""
    table = Table(title=f"Maps: mean ± SD over the pixels of the myocardium{beside}", pad_edge=False)
    for name in ("map", "status"):
        table.add_column(name, no_wrap=True)
    exact = any(row.exact_fit is not None for row in rows)
    of_truth = ("truth", "bias", *(("exact fit", "off it") if exact else ())) if against_truth else ()
    for name in ("slices", "measured", *of_truth):
        table.add_column(name, justify="right", no_wrap=name == "measured")
    for row in rows:
        unit, digits = row.kind.unit, row.kind.spec.decimals
        spread = "" if row.sd is None else f" ± {row.sd:.{digits}f}"
        measured = "-" if row.mean is None else f"{row.mean:.{digits}f}{spread} {unit}"
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
        beside_it = (truth, bias, *more) if against_truth else ()
        table.add_row(row.kind.value, row.status, f"{row.slices_made} of {row.slices_all}", measured, *beside_it)
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
    kilobytes = sum(path.stat().st_size for path in files) / 1000
    return f"{kilobytes:.1f} kB" if kilobytes < 1000 else f"{kilobytes / 1000:.1f} MB"
