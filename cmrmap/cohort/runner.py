"""Run a cohort: every study once, a study that is done never again, and one table at the end."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from distributed import Client, as_completed
from distributed.scheduler import KilledWorker

from cmrmap.cohort.analysis import SOURCES
from cmrmap.cohort.cluster import dashboard, open_client
from cmrmap.cohort.studies import StudyFolder, find_studies, fingerprint
from cmrmap.cohort.study_tables import write_tables
from cmrmap.cohort.task import StudyRecord, StudyTask, failed, run_task
from cmrmap.core.errors import InputError, OutputError
from cmrmap.core.files import write_file
from cmrmap.core.provenance import model_in_words
from cmrmap.core.threads import available_cpus
from cmrmap.core.version import VERSION
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.run.software import source_commit
from cmrmap.segmentation import load_network
from cmrmap.settings import AnalysisSettings

STUDIES_FOLDER = "studies"
ABOUT_NAME = "cohort.json"
Progress = Callable[[StudyRecord, int, int], None]


@dataclass(frozen=True, slots=True)
class CohortOptions:
    """How the studies are analysed; see `StudyTask` for the fields that it shares.

    Attributes
    ----------
    retry : analyse anew the studies that ended with an error
    command : written into the tables, so that they say where they come from
    """

    model: Path
    settings: AnalysisSettings
    source: str = "network"
    hematocrit: Hematocrit | None = None
    times: GivenTimes = field(default_factory=GivenTimes)
    config: Path | None = None
    full: bool = False
    retry: bool = False
    command: str = ""

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise InputError(f"outlines come from one of {', '.join(SOURCES)}; found {self.source!r}")
        if self.full and self.source != "network":
            raise InputError(f"the full application makes its own outlines; found outlines from {self.source!r}")


@dataclass(frozen=True, slots=True)
class CohortSummary:
    """What a run did: all records by name of the study, and how many of them were there before."""

    records: tuple[StudyRecord, ...]
    n_kept: int


def run_cohort(
    studies: Path,
    output: Path,
    options: CohortOptions,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> CohortSummary:
    """Analyse every study of a folder into ``output/studies/<name>`` and write the cohort's tables.

    A study whose input, settings, weights and software are those of its record is not analysed again: a run that was
    killed goes on where it stopped. With a cluster, input, output and model must be at the same paths everywhere.

    Parameters
    ----------
    studies, output : folders
    options : how the studies are analysed
    scheduler, workers : as for :func:`cmrmap.cohort.cluster.open_client`; workers None: one a core
    progress : called with each record, the number of those done and of all
    tell : called once, before the first study, with the address of Dask's dashboard in words

    Raises
    ------
    InputError, ModelError, OutputError
        nothing to run, no cluster, a damaged model, a folder that cannot be written or in which another run is at work
    """
    found = find_studies(studies)
    network = load_network(options.model)
    parts = (VERSION, network.weights_sha256, options.settings.sha256, options.source, str(options.full))
    given = "" if options.hematocrit is None else str(options.hematocrit.value_fraction)
    times = repr(options.times) if options.times.series else ""
    with _only_run(output):
        tasks = [_task(study, output, options, fingerprint(study, *parts, given, times)) for study in found]
        records = {task.study.name: record for task in tasks if (record := _done(task, options.retry)) is not None}
        n_kept = len(records)
        todo = [task for task in tasks if task.study.name not in records]
        if todo:
            with open_client(scheduler, min(workers or available_cpus(), len(todo))) as client:
                if tell is not None:
                    tell(dashboard(client))
                for record in _results(client, todo):
                    records[record.name] = record
                    if progress is not None:
                        progress(record, len(records), len(tasks))
        ordered = tuple(records[task.study.name] for task in tasks)
        about = {
            "command": options.command,
            "version": VERSION,
            "commit": source_commit(),
            "model": network.name,
            "model_version": network.version,
            "model_origin": model_in_words(network.convention),
            "convention": network.convention,
            "weights_sha256": network.weights_sha256,
            "settings_sha256": options.settings.sha256,
            "source": options.source,
            "card": _card(options.model),
            "studies": len(tasks),
            "input": _input_about(studies),
        }
        write_file(output / ABOUT_NAME, (json.dumps(about, indent=1) + "\n").encode())
        write_tables(output, ordered, output / STUDIES_FOLDER)
    return CohortSummary(ordered, n_kept)


def _task(study: StudyFolder, output: Path, options: CohortOptions, digest: str) -> StudyTask:
    return StudyTask(
        study=StudyFolder(study.name, study.images.resolve(), study.truth.resolve() if study.truth else None),
        output=(output / STUDIES_FOLDER / study.name).resolve(),
        model=options.model.resolve(),
        settings=options.settings,
        source=options.source,
        fingerprint=digest,
        hematocrit=options.hematocrit,
        times=options.times,
        config=options.config,
        full=options.full,
    )


def _done(task: StudyTask, retry: bool) -> StudyRecord | None:
    record = StudyRecord.read(task.output)
    if record is None or record.fingerprint != task.fingerprint or (retry and record.outcome == "error"):
        return None
    return record


def _results(client: Client, tasks: Sequence[StudyTask]) -> Iterator[StudyRecord]:
    """Yield the records as they come; a worker that dies gives its study to another.

    No more studies are handed out than there are threads, so that a study that kills its worker is never blamed on
    one that waits behind it. A study on which workers keep dying is tried once more when it is alone. Dask names the
    jobs: a study's name, which may be a patient's, would be seen on its pages, and Dask keeps statistics of each name.
    """
    waiting = list(reversed(tasks))
    suspects: list[StudyTask] = []
    window = max(1, sum(client.nthreads().values()))
    jobs = {}
    completed = as_completed([], raise_errors=False)

    def submit() -> None:
        if waiting:
            task = waiting.pop()
            future = client.submit(run_task, task, pure=False)
            jobs[future.key] = task
            completed.add(future)

    for _ in range(min(window, len(tasks))):
        submit()
    for future in completed:
        task = jobs.pop(future.key)
        error = future.exception() if future.status == "error" else None
        if future.status == "finished":
            yield future.result()
        elif isinstance(error, KilledWorker):
            suspects.append(task)
        else:
            yield _lost(task, f"the cluster lost the study ({type(error).__name__ if error else future.status})")
        future.release()
        for _ in range(max(1, sum(client.nthreads().values()) - len(jobs))):
            submit()
    for task in suspects:
        future = client.submit(run_task, task, pure=False)
        try:
            yield future.result()
        except KilledWorker:
            yield _lost(task, "every worker that took this study died (killed, crashed, or out of memory)")


def _lost(task: StudyTask, message: str) -> StudyRecord:
    record = failed(task, message)
    record.write(task.output)
    return record


def _card(model: Path) -> dict[str, Any]:
    """Return the model's card without its measured figures: what Table 1 shows of a network."""
    card: dict[str, Any] = json.loads((model / "model.json").read_text(encoding="utf-8"))
    return {key: value for key, value in card.items() if key not in ("measured", "weights")}


def _input_about(studies: Path) -> dict[str, Any] | None:
    """Return what a phantom cohort says of itself (seed, number of patients)."""
    path = studies / ABOUT_NAME
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


@contextmanager
def _only_run(output: Path) -> Iterator[None]:
    """Hold the output folder for this run; the lock goes with the process, however it ends."""
    try:
        output.mkdir(parents=True, exist_ok=True)
        stream = (output / ".lock").open("w")
    except OSError as error:
        raise OutputError(f"output folder cannot be written ({error.strerror}); give another") from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(
                "another run is at work in the output folder; wait for it, or give another folder"
            ) from error
        yield
