"""``cmrmap run``: one study, in this process. Imports are late, so that a bad path is told at once."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from cmrmap.core.errors import EXIT_NOT_STORED, EXIT_OK

if TYPE_CHECKING:
    from cmrmap.run.outcome import Outcome
    from cmrmap.run.run_settings import RunSettings

_MADE = (EXIT_OK, EXIT_NOT_STORED)


def run(context: typer.Context) -> None:
    """Analyse a study: cmrmap run -i IN -o OUT [-m MODELS] [--hematocrit 0.42].

    IN is a folder with the DICOM files of one study, in any order and depth; see cmrmap run --help for every option.
    It makes what python -m app makes, in this process and without the SDK. On a terminal it shows how far it is;
    --summary prints the maps at the end.
    """
    from cmrmap.run.lean_process import settle_imports

    settle_imports()
    from cmrmap.cli.live_progress import live_progress
    from cmrmap.run.entry import run_command

    with live_progress():
        code = run_command(_run_in_process, context.args, program="cmrmap run")
    if "--summary" in context.args and code in _MADE:
        _print_summary(context.args)
    raise typer.Exit(code)


def _print_summary(arguments: list[str]) -> None:
    """Print the maps of the run that has just ended."""
    from cmrmap.cli.summary_verb import print_summary
    from cmrmap.run.run_settings import find_status_folder

    folder = find_status_folder(arguments, os.environ)
    if folder is not None:
        print_summary(folder)


def _run_in_process(settings: RunSettings, outcome: Outcome) -> None:
    """Run the stages; they are imported once the arguments and folders have been looked at, since it takes seconds."""
    from cmrmap.pipeline.in_process import run_in_process

    run_in_process(settings, outcome)
