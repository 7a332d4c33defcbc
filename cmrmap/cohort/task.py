"""What a worker does with one study, and the record that it leaves; nothing that happens to a study leaves here."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from cmrmap.cohort.analysis import analyse_study
from cmrmap.cohort.studies import StudyFolder
from cmrmap.core.errors import CmrmapError, OutputError
from cmrmap.core.files import write_file
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.run.manifest import STATUS_NAME, listed_files, read_status
from cmrmap.run.outcome import Outcome, write_status
from cmrmap.run.output_folder import claim
from cmrmap.settings import AnalysisSettings

RECORD_NAME = "study.json"
_TIED = Path(__file__).with_name("tied.py")
_LOG = logging.getLogger("cmrmap.cohort")


@dataclass(frozen=True, slots=True)
class StudyTask:
    """One study to analyse; travels to the worker.

    Attributes
    ----------
    output : folder of this study's results
    model : model folder
    source : of the outlines, one of `cmrmap.cohort.analysis.SOURCES`
    times : of ``settings.selection.times``, read: a worker need not have the file
    config : settings file, for ``full``; None the shipped one
    full : run the application itself, with every DICOM object and report, instead of tables only
    fingerprint : of input and settings
    """

    study: StudyFolder
    output: Path
    model: Path
    settings: AnalysisSettings
    source: str
    fingerprint: str
    hematocrit: Hematocrit | None = None
    times: GivenTimes = field(default_factory=GivenTimes)
    config: Path | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class StudyRecord:
    """How one study ended.

    Attributes
    ----------
    outcome : "ok", "nothing_to_do", "refused" or "error", as in status.json
    exit_code : of the application for this study
    message : one line
    seconds : of the analysis
    worker : machine and process that did it
    """

    name: str
    fingerprint: str
    outcome: str
    exit_code: int
    message: str
    seconds: float = 0.0
    worker: str = ""
    maps: dict[str, str] = field(default_factory=dict)

    def write(self, output: Path) -> None:
        """Write the record; its presence says that the study is done."""
        write_file(output / RECORD_NAME, (json.dumps(asdict(self), indent=1) + "\n").encode())

    @classmethod
    def read(cls, output: Path) -> StudyRecord | None:
        """Return the record of an output folder; None where there is none that can be read."""
        try:
            content: dict[str, Any] = json.loads((output / RECORD_NAME).read_text(encoding="utf-8"))
            return cls(**content)
        except (OSError, ValueError, TypeError):
            return None


def run_task(task: StudyTask) -> StudyRecord:
    """Analyse one study and write its output folder; an error of any kind is in the record, never raised."""
    started = time.perf_counter()
    (task.output / RECORD_NAME).unlink(missing_ok=True)
    if listed_files(task.output) is None:  # of a version that listed nothing; the folder is the cohort's own
        shutil.rmtree(task.output / "results", ignore_errors=True)
    record = _run_application(task) if task.full else _run_here(task)
    record = StudyRecord(
        **{
            **asdict(record),
            "seconds": round(time.perf_counter() - started, 3),
            "worker": f"{socket.gethostname()}:{os.getpid()}",
        }
    )
    record.write(task.output)
    return record


def _run_here(task: StudyTask) -> StudyRecord:
    outcome = Outcome()
    try:
        with claim(task.output):
            _analyse(task, outcome)
            write_status(task.output, outcome)
    except OutputError as error:
        outcome.fail(error)
    return _record(task, outcome.as_dict())


def _analyse(task: StudyTask, outcome: Outcome) -> None:
    try:
        with _quiet():
            analyse_study(
                task.study,
                task.output,
                task.model,
                task.settings,
                source=task.source,
                hematocrit=task.hematocrit,
                times=task.times,
                outcome=outcome,
            )
    except CmrmapError as error:
        outcome.fail(error)
    except Exception as error:
        outcome.fail(error)
        _LOG.debug("details of the failure of %s", task.study.name, exc_info=True)


def _run_application(task: StudyTask) -> StudyRecord:
    command = [sys.executable, str(_TIED), str(os.getpid())]
    command += [sys.executable, "-m", "cmrmap", "run", "-i", str(task.study.images), "-o", str(task.output)]
    command += ["-m", str(task.model), "-l", "ERROR"]
    command += ["-c", str(task.config)] if task.config else []
    command += ["--hematocrit", str(task.hematocrit.value_fraction)] if task.hematocrit else []
    before = _status_written(task.output)
    ended = subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status = read_status(task.output)
    # what an earlier run, or another one that holds the folder, says of itself is no record of this one
    if status is None or status.get("exit_code") != ended.returncode or _status_written(task.output) == before:
        return failed(
            task,
            f"the application ended with exit code {ended.returncode} and no status of its own; run it on this study "
            "alone to see why",
        )
    return _record(task, status)


def _status_written(output: Path) -> tuple[int, int] | None:
    """Return what tells one status.json of a folder from the next; None where there is none."""
    try:
        found = (output / STATUS_NAME).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def failed(task: StudyTask, message: str) -> StudyRecord:
    """Record of a study that could not be analysed."""
    return StudyRecord(task.study.name, task.fingerprint, "error", 1, message)


def _record(task: StudyTask, status: dict[str, Any]) -> StudyRecord:
    maps = {key: one["status"] for key, one in status["maps"].items()}
    return StudyRecord(
        task.study.name,
        task.fingerprint,
        str(status["outcome"]),
        int(status["exit_code"]),
        str(status["message"]),
        maps=maps,
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Warnings of libraries may quote values of the study, and belong in no log."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
