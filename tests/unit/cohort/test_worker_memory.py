"""What a worker keeps of a study that it is done with: nothing, and its scheduler no name of it."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import pytest

from cmrmap.cohort.cluster import open_client
from cmrmap.cohort.runner import CohortOptions, run_cohort
from cmrmap.cohort.studies import StudyFolder
from cmrmap.cohort.task import StudyTask, run_task
from cmrmap.run.defaults import read_settings
from cmrmap.run.lean_process import return_memory
from tests.small_studies import QUICK_SETTINGS, small_study, write_copy
from tests.soak.resources import memory_mb

_WARM, _MORE = 15, 45
#: MB from the warm-up to the end: what a study needs differs a little from run to run
_NOISE = 4.0


def _own_memory_mb() -> float:
    """Memory that is held, without what the allocator keeps for later: that grows in steps, which are no leak."""
    return_memory(cycles=True)
    return memory_mb(os.getpid())


def _nested(levels: int, seconds: float) -> int:
    if levels:
        return _nested(levels - 1, seconds) + 1
    time.sleep(seconds)
    return 0


def _kept_call_trees(dask_worker: object) -> int:
    recent = [dask_worker.profile_recent]  # type: ignore[attr-defined]
    return sum(tree["count"] for tree in recent + [tree for _, tree in dask_worker.profile_history])  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_worker_does_not_keep_where_its_studies_were() -> None:
    with open_client(None, 1) as client:
        assert client.submit(_nested, 50, 1.5).result(timeout=60) == 50
        assert list(client.run(_kept_call_trees).values()) == [0]


@pytest.mark.slow
def test_a_worker_s_memory_stays_level(tmp_path: Path, options: CohortOptions) -> None:
    """Of a worker as `cmrmap cohort` starts it; in a process of ours the same studies need no more either."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(QUICK_SETTINGS, encoding="utf-8")
    analysis = read_settings(settings).analysis
    images = write_copy(small_study(), tmp_path / "study", "P1")
    held = []
    with open_client(None, 1) as client:
        for number in range(_WARM + _MORE):
            study = StudyFolder(f"s{number}", images)
            task = StudyTask(study, tmp_path / "out" / study.name, options.model, analysis, "network", "print")
            assert client.submit(run_task, task, pure=False).result(timeout=120).outcome == "ok"
            held += client.run(_own_memory_mb).values()
    assert len(held) == _WARM + _MORE
    warm, end = statistics.median(held[_WARM - 5 : _WARM + 5]), statistics.median(held[-10:])
    assert end - warm < _NOISE, f"{warm} MB -> {end} MB"


@pytest.mark.slow
def test_the_scheduler_is_told_no_study_s_name(studies: Path, tmp_path: Path, options: CohortOptions) -> None:
    """Names of folders may be patients'; Dask shows the names of jobs on its pages, and keeps each first word."""
    (studies / "a").rename(studies / "Canary-Anna")
    known: list[str] = []

    from cmrmap.cohort import runner

    def looked_at(client, tasks):
        yield from results(client, tasks)
        scheduler = client.cluster.scheduler
        known.extend([*scheduler.task_prefixes, *(str(line[0]) for line in scheduler.transition_log)])

    results = runner._results
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "_results", looked_at)
        run_cohort(studies, tmp_path / "out", options, workers=1)
    assert (tmp_path / "out" / "studies" / "Canary-Anna" / "study.json").is_file()
    assert len(known) > 3
    assert not [name for name in known if "Canary" in name or "Anna" in name]
