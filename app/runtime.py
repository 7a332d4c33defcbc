"""How a run starts and ends: settings, the graph, one line on stderr, status.json, the exit code."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.ending import signals_are_held, watch
from app.limits import check_memory
from app.process import settle_sdk
from app.settings import RunSettings, find_status_folder, read_run_settings, read_timeout_s
from cmrmap.core.errors import EXIT_OK, CmrmapError, OutputError
from cmrmap.core.version import VERSION
from cmrmap.run.outcome import Outcome, write_status

if TYPE_CHECKING:
    from operators.base import GraphApplication

_LOG = logging.getLogger("cmrmap.run")


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run the application and return its exit code; never raises.

    Parameters
    ----------
    arguments : without the program's name; None takes those of the process
    environment : None takes that of the process
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    environment = os.environ if environment is None else environment
    outcome = Outcome()
    folder = find_status_folder(arguments, environment)
    try:
        if signals_are_held():
            watch(outcome, folder, read_timeout_s(environment))
        settings = read_run_settings(arguments, environment)
        configure_logging(settings.log_level)
        check_memory()
        run(settings, outcome)
    except KeyboardInterrupt:
        outcome.fail(CmrmapError("the run was interrupted; its results are incomplete"))
    except CmrmapError as error:
        outcome.fail(error)
    except Exception as error:
        outcome.fail(error)
        _LOG.debug("details of the failure", exc_info=True)
    _finish(outcome, folder)
    return outcome.exit_code


def run(settings: RunSettings, outcome: Outcome) -> None:
    """Run the graph; what became of it is in ``outcome`` afterwards, failures of its stages included."""
    settle_sdk(settings.log_level)
    if settings.hematocrit is not None and settings.hematocrit.note:
        _LOG.info(settings.hematocrit.note)
    try:
        build_application(settings, outcome).run()
    except SystemExit as ended:  # of a stage: how the process ends is for the outcome to say
        outcome.fail(ended)


def build_application(settings: RunSettings, outcome: Outcome) -> GraphApplication:
    """Load the network and make the application; nothing has run yet.

    Raises
    ------
    ModelError
        the model folder is incomplete, or its checksum is wrong
    """
    # These take seconds, and the SDK among them must find the process settled.
    from app.app import CmrmapApplication
    from cmrmap.core.provenance import SoftwareProvenance
    from cmrmap.segmentation import load_network, use_gpu

    network = use_gpu(load_network(settings.model_path))
    provenance = SoftwareProvenance(VERSION, network.weights_sha256, settings.analysis.sha256)
    return CmrmapApplication(settings, outcome, network, provenance)


def configure_logging(level: str) -> None:
    """Show our log on stderr at ``level``, other libraries' errors, at DEBUG everything.

    Warnings of libraries are shown at DEBUG only: they may quote values of the study.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    logging.basicConfig(level="DEBUG" if level == "DEBUG" else "ERROR", handlers=[handler], force=True)
    logging.getLogger("cmrmap").setLevel(level)
    if level != "DEBUG" and not sys.warnoptions:
        warnings.simplefilter("ignore")


def _finish(outcome: Outcome, folder: Path | None) -> None:
    if folder is not None:
        try:
            write_status(folder, outcome)
        except OutputError as error:
            if outcome.exit_code == EXIT_OK:
                outcome.fail(error)
    if outcome.exit_code == EXIT_OK:
        _LOG.info(outcome.message)
    else:
        print(f"cmrmap: {outcome.message}", file=sys.stderr)
