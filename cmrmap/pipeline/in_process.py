"""``cmrmap run``: the application's run with its stages one after the other in this process, without the SDK."""

from __future__ import annotations

from cmrmap.pipeline.context import context_of_run
from cmrmap.pipeline.execution import run_stages
from cmrmap.pipeline.stages import stages_of
from cmrmap.run.outcome import Outcome
from cmrmap.run.run_settings import RunSettings


def run_in_process(settings: RunSettings, outcome: Outcome) -> None:
    """Run all stages of a run; what was made, or the failure of a stage, is in ``outcome`` afterwards.

    Parameters
    ----------
    settings : of the run
    outcome : of the run

    Raises
    ------
    CmrmapError
        of a stage, or of the model folder
    """
    context = context_of_run(settings, outcome)
    run_stages(stages_of(context), context, until="sent" if context.send_to is not None else "written")
