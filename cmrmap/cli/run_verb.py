"""``cmrmap run``: one study, in this process. Imports are late, so that a bad path is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from cmrmap.run.outcome import Outcome
    from cmrmap.run.run_settings import RunSettings


def run(context: typer.Context) -> None:
    """Analyse a study: cmrmap run -i IN -o OUT [-m MODELS] [--hematocrit 0.42].

    IN is a folder with the DICOM files of one study, in any order and depth; see cmrmap run --help for every option.
    It makes what python -m app makes, in this process and without the SDK.
    """
    from cmrmap.run.ending import hold_signals

    hold_signals()  # before the libraries of the stages start threads
    from cmrmap.run.entry import run_command

    raise typer.Exit(run_command(_run_in_process, context.args, program="cmrmap run"))


def _run_in_process(settings: RunSettings, outcome: Outcome) -> None:
    """Run the stages; they are imported once the arguments and folders have been looked at, since it takes seconds."""
    from cmrmap.pipeline.in_process import run_in_process

    run_in_process(settings, outcome)
