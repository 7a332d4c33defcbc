"""``cmrmap reference-ranges``: a site's normal values. Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cmrmap.cli.shared import this_command
from cmrmap.core.errors import InputError


def reference_ranges(
    results: Annotated[Path, typer.Option("--input", "-i", help="Output of `cmrmap cohort` on normal subjects.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, e.g. ranges.json.")],
    site: Annotated[str, typer.Option(help="Name of the site, scanner and protocol; shown beside every z-score.")],
    subjects: Annotated[
        Path | None, typer.Option(help="Text file with the names of the normal subjects, one per line; default: all.")
    ] = None,
) -> None:
    """Make a site's reference-range file from its own normal subjects; the application then gives z-scores.

    The file has ranges per patient, level and AHA segment. It needs at least 10 subjects, all with the same protocol.
    Then set analysis.reference_ranges.file in app.yaml to this file.

      cmrmap cohort -i normals -o results

      cmrmap reference-ranges -i results -o ranges.json --site "Site A, 1.5 T, STONE"
    """
    from rich.console import Console
    from rich.table import Table

    from cmrmap.evaluation.site_ranges import make_reference_ranges

    names = None
    if subjects is not None:
        try:
            names = [line.strip() for line in subjects.read_text(encoding="utf-8").splitlines() if line.strip()]
        except OSError as error:
            raise InputError(f"list of subjects {subjects} cannot be read ({error.strerror})") from error
    content = make_reference_ranges(results, output, site=site, subjects=names, command=this_command())
    table = Table(title=f"Reference ranges of {site}: mean ± SD over subjects")
    for name in ("map", "model", "subjects", "patient"):
        table.add_column(name)
    for kind, found in content["maps"].items():
        patient = found["patient"]
        table.add_row(kind, found["model"], str(patient["n"]), f"{patient['mean']:.1f} ± {patient['sd']:.1f}")
    Console().print(table)
    print(f"written: {output}{'; ' + content['note'] if content['note'] else ''}")
