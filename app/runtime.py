"""The application's run: that of cmrmap.run.entry, with the SDK's graph executing the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from app.process import settle_sdk
from cmrmap.run.entry import run_command
from cmrmap.run.outcome import Outcome
from cmrmap.run.run_settings import RunSettings

if TYPE_CHECKING:
    from operators.base import GraphApplication


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run the application and return its exit code; never raises.

    Parameters
    ----------
    arguments : without the program's name; None takes those of the process
    environment : None takes that of the process
    """
    return run_command(run, arguments, environment, program="python -m app")


def run(settings: RunSettings, outcome: Outcome) -> None:
    """Run the graph; what became of it is in ``outcome`` afterwards, failures of its stages included."""
    settle_sdk(settings.log_level)
    build_application(settings, outcome).run()


def build_application(settings: RunSettings, outcome: Outcome) -> GraphApplication:
    """Load the network and make the application; nothing has run yet.

    Raises
    ------
    ModelError
        the model folder is incomplete, or its checksum is wrong
    """
    # These take seconds, and the SDK among them must find the process settled.
    from app.app import CmrmapApplication
    from cmrmap.pipeline.context import context_of_run

    return CmrmapApplication(context_of_run(settings, outcome))
