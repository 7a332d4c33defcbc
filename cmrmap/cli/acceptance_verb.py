"""``cmrmap acceptance``: does it measure here what it should? Imports are late, so that help comes at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def acceptance(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for study/, results/ and acceptance.json.")],
    model: Annotated[
        Path | None, typer.Option("--model", "-m", help="Models folder; default: the one shipped.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", help="Settings file; default: a checkout's app.yaml."),
    ] = None,
) -> None:
    """Analyse the fixed phantom study with the whole application and check the results against the stated limits.

    For a site that installs or updates the application. The exit code is 0 if every check passed, else 1.

      cmrmap acceptance -o acceptance
    """
    from rich.console import Console
    from rich.table import Table

    from cmrmap.evaluation.acceptance import run_acceptance

    more = [*(["-m", str(model)] if model else []), *(["-c", str(config)] if config else [])]
    checks = run_acceptance(output, more)
    table = Table(title="Acceptance: phantom study, seed 1")
    for name in ("check", "limit", "found", ""):
        table.add_column(name)
    for one in checks:
        table.add_row(one.what, one.limit, one.found, "pass" if one.passed else "FAIL")
    Console().print(table)
    failed = sum(not one.passed for one in checks)
    print(f"acceptance: {'passed' if not failed else f'FAILED, {failed} of {len(checks)} checks'}")
    raise typer.Exit(1 if failed else 0)
