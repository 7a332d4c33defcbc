"""How a run starts and ends, whatever executes its stages: settings, one line on stderr, status.json, the exit code."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cmrmap.core.errors import EXIT_NO_MAPPING_SERIES, EXIT_OK, CmrmapError, OutputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.streams import say
from cmrmap.core.version import VERSION
from cmrmap.results import HematocritResult, InputSummary, SoftwareInfo, StudyResult, absent_map, to_json
from cmrmap.run.ending import watch
from cmrmap.run.limits import check_memory
from cmrmap.run.logs import configure_logging
from cmrmap.run.manifest import RESULTS_NAME, listed_files
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.output_folder import Claim, claim
from cmrmap.run.run_settings import RunSettings, find_status_folder, read_run_settings, read_timeout_s
from cmrmap.run.signals import signals_are_held
from cmrmap.run.staging import take_back, write_together

_LOG = logging.getLogger("cmrmap.run")
#: runs the stages; what became of them is in the outcome afterwards, or raised
Execute = Callable[[RunSettings, Outcome], None]


def run_command(
    execute: Execute,
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] | None = None,
    program: str = "python -m app",
) -> int:
    """Run the application and return its exit code; never raises.

    Parameters
    ----------
    execute : runs the stages: as the SDK's graph, or one after the other in this process
    arguments : without the program's name; None takes those of the process
    environment : None takes that of the process
    program : what it is called in the help
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    environment = os.environ if environment is None else environment
    outcome = Outcome()
    owned: Claim | None = None
    folder = find_status_folder(arguments, environment)
    try:
        settings = read_run_settings(arguments, environment, program)
        timeout_s = read_timeout_s(environment)
        check_memory()
        # from here on the last run's results are gone
        folder, owned = None, claim(settings.output_path, into_non_empty=settings.into_non_empty)
        folder = settings.output_path
        write_status(folder, outcome, running=True)
        if signals_are_held():
            watch(outcome, folder, timeout_s)
        configure_logging(settings.log_level)
        if settings.hematocrit is not None and settings.hematocrit.note:
            _LOG.info(settings.hematocrit.note)
        _execute(execute, settings, outcome)
    except KeyboardInterrupt:
        outcome.fail(CmrmapError("the run was interrupted; its results are incomplete"))
    except CmrmapError as error:
        outcome.fail(error)
    except Exception as error:
        outcome.fail(error)
        _LOG.debug("details of the failure", exc_info=True)
    _finish(outcome, folder, owned)
    return outcome.exit_code


def _execute(execute: Execute, settings: RunSettings, outcome: Outcome) -> None:
    try:
        execute(settings, outcome)
    except SystemExit as ended:  # of a stage: how the process ends is for the outcome to say
        outcome.fail(ended)


def _finish(outcome: Outcome, folder: Path | None, owned: Claim | None) -> None:
    """Write how the run ended; one that never came to its folder asks for it now, and leaves the last results there."""
    outcome.settled.set()
    if folder is not None:
        try:
            nothing_there = outcome.exit_code == EXIT_NO_MAPPING_SERIES and not outcome.maps  # an empty input folder
            if owned is None:
                owned = claim(folder, clear=nothing_there)
                outcome.objects = () if nothing_there else listed_files(folder) or ()
            if nothing_there:
                contents = ((RESULTS_NAME, to_json(_results_of_nothing()).encode("utf-8")),)
                write_together(folder, contents, outcome)
            write_status(folder, outcome)
        except OutputError as error:
            if outcome.exit_code == EXIT_OK:
                outcome.fail(error)
                _take_back(folder, outcome)
    if owned is not None:
        owned.release()
    if outcome.exit_code == EXIT_OK:
        _LOG.info(outcome.message)
    else:
        say(f"cmrmap: {outcome.message}")


def _take_back(folder: Path, outcome: Outcome) -> None:
    """Remove a run's files where its status cannot be written, as on a full disk: results without it are nobody's."""
    if outcome.sent is not None:  # an archive has them
        return
    take_back(folder / one.name for one in outcome.objects)
    outcome.objects = ()
    with contextlib.suppress(OutputError):
        write_status(folder, outcome)


def _results_of_nothing() -> StudyResult:
    return StudyResult(
        study_instance_uid="",
        software=SoftwareInfo(VERSION),
        input=InputSummary(n_files=0, n_used=0),
        hematocrit=HematocritResult(),
        quality=(),
        maps=tuple(absent_map(kind, "the input folder holds no files") for kind in MapKind),
    )
