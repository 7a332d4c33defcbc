"""A real scheduler and two worker processes on loopback; one of them is killed at work."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from distributed import Client, Security

from cmrmap.cohort.cluster import dashboard, open_client
from cmrmap.cohort.runner import run_cohort
from cmrmap.core.errors import InputError
from tests.unit.cohort.conftest import ROOT

_N_STUDIES = 6


def _start(*arguments: str, log: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "distributed.cli." + arguments[0], *arguments[1:]]
    with log.open("wb") as stream:
        return subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment)


def _wait_for(what: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    about = tmp_path / "scheduler.json"
    process = _start(
        *("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(about)),
        log=tmp_path / "scheduler.log",
    )
    try:
        _wait_for(lambda: about.is_file() and about.read_text().endswith("}"))
        yield json.loads(about.read_text())["address"]
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def workers(scheduler: str, tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    started = [
        _start(
            *("dask_worker", scheduler, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"),
            *("--local-directory", str(tmp_path / f"worker{number}")),
            log=tmp_path / f"worker{number}.log",
        )
        for number in range(2)
    ]
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_where_the_dashboard_is_is_told() -> None:
    with open_client(None, 1) as client:
        told = dashboard(client)
        link = re.search(r"http://127\.0\.0\.1:\d+/status", told)
        assert link is not None
        with urllib.request.urlopen(link[0], timeout=20) as answer:
            assert b"bokeh" in answer.read().lower()  # its page, or what it says in its place
    assert ("pip install" in told) == (importlib.util.find_spec("bokeh") is None)


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(scheduler, workers, small_study, tmp_path, options) -> None:
    studies = tmp_path / "studies"
    for number in range(_N_STUDIES):
        shutil.copytree(small_study, studies / f"s{number}")
    with Client(scheduler) as client:
        client.wait_for_workers(2, timeout=60)
    victim, killed, told = workers[0], [], []

    def kill_one(record: object, done: int, total: int) -> None:
        told.append(record.worker)  # type: ignore[attr-defined]
        if not killed and not told[-1].endswith(f":{victim.pid}"):  # a record of the other: this one is at work
            os.kill(victim.pid, signal.SIGKILL)
            killed.append(done)

    summary = run_cohort(studies, tmp_path / "out", options, scheduler=scheduler, progress=kill_one)
    assert victim.wait(10) == -signal.SIGKILL
    assert killed[0] < _N_STUDIES
    assert [one.outcome for one in summary.records] == ["ok"] * _N_STUDIES
    assert len(told) == _N_STUDIES
    means = {
        json.loads((tmp_path / "out" / "studies" / f"s{n}" / "results" / "results.json").read_text())["maps"]["t2"][
            "patient"
        ]["mean"]
        for n in range(_N_STUDIES)
    }
    assert len(means) == 1  # the same images: whoever analysed them found the same


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_stopped(small_study: Path, tmp_path: Path) -> None:
    studies, output = tmp_path / "studies", tmp_path / "out"
    for number in range(3):
        shutil.copytree(small_study, studies / f"s{number}")
    command = [sys.executable, "-m", "cmrmap", "cohort", "-i", str(studies), "-o", str(output), "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    records = [output / "studies" / f"s{number}" / "study.json" for number in range(3)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _wait_for(lambda: any(path.is_file() for path in records))
    process.kill()
    process.communicate()
    time.sleep(1.0)  # its worker ends when it finds nobody to report to
    before = {path: path.stat().st_mtime_ns for path in records if path.is_file()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert f"{len(before)} were done before" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert all(path.is_file() for path in records)


def test_a_scheduler_without_workers_is_told(scheduler: str, studies: Path, tmp_path: Path, options) -> None:
    with mock.patch("cmrmap.cohort.cluster._SECONDS_TO_JOIN", 1), pytest.raises(InputError, match="no worker has"):
        run_cohort(studies, tmp_path / "out", options, scheduler=scheduler)


def test_nobody_else_reaches_the_local_scheduler() -> None:
    with open_client(None, 1) as ours:
        assert ours.submit(sum, [1, 2]).result(timeout=60) == 3
        address = ours.scheduler.address
        assert address.startswith("tls://")
        plain = address.replace("tls://", "tcp://")
        # somebody on the machine without a certificate, and one with a certificate of their own
        for other, security in ((plain, None), (address, Security.temporary())):
            with pytest.raises(OSError, match=r"Timed out|TLS certificate does not match|Connection reset by peer"):
                Client(other, security=security, timeout=5)
