"""A cohort of many small studies on two workers, one of which is killed in the middle."""

from __future__ import annotations

import bisect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.small_studies import QUICK_SETTINGS, small_study, write_copy
from tests.soak.resources import memory_mb, processes_below

ROOT = Path(__file__).resolve().parents[2]
_SEEDS = (1, 2, 3, 4)
_LOOK_S = 5.0
_WORKERS = 2
#: studies of a worker's own after which everything that is made once is made
WARM = 10


def write_cohort(folder: Path, n_studies: int) -> Path:
    """Write ``n_studies`` small studies of as many patients, copies of four phantoms by turns; those there are kept.

    Parameters
    ----------
    folder : of the cohort
    n_studies : how many
    """
    phantoms = [small_study(seed) for seed in _SEEDS]
    for index in range(n_studies):
        study = folder / f"s{index:05d}"
        if not study.is_dir():
            whole = write_copy(phantoms[index % len(phantoms)], folder / f".{study.name}", f"P{index:05d}")
            whole.rename(study)
    return folder


def run_soak(folder: Path, n_studies: int) -> dict[str, Any]:
    """Run ``cmrmap cohort`` on small studies and return what was measured; a run that was stopped is gone on with.

    When half of the studies are done, the worker that wrote the newest record is killed.

    Parameters
    ----------
    folder : for studies, output, and cohort.jsonl: the memory of each process every few seconds
    n_studies : how many
    """
    studies = write_cohort(folder / "studies", n_studies)
    settings, output = folder / "settings.yaml", folder / "out"
    settings.write_text(QUICK_SETTINGS, encoding="utf-8")
    command = [sys.executable, "-m", "cmrmap", "cohort", "-i", str(studies), "-o", str(output)]
    command += ["-c", str(settings), "--workers", str(_WORKERS)]
    started = time.monotonic()
    killed: int | None = None
    with (folder / "cohort.jsonl").open("a", encoding="utf-8") as log, (folder / "said.txt").open("ab") as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said, env=_environment())
        while process.poll() is None:
            records = list(output.glob("studies/*/study.json"))
            if killed is None and len(records) >= n_studies // 2:
                killed = _kill_a_worker(records, process.pid)
            children = {child: memory_mb(child) for child in processes_below(process.pid)}
            line = {"at": time.time(), "done": len(records), "run": process.pid, "client_mb": memory_mb(process.pid)}
            log.write(json.dumps({**line, "killed": killed, "below_mb": children}) + "\n")
            log.flush()
            time.sleep(_LOOK_S)
    found = {"exit code": process.returncode, "killed worker": killed is not None}
    found["minutes of this run"] = round((time.monotonic() - started) / 60, 1)
    return {**found, **_lost(output, n_studies), **_memory(folder / "cohort.jsonl", _ended(output))}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _kill_a_worker(records: Sequence[Path], run: int) -> int | None:
    """Kill the worker of this run that wrote the newest record; None: it was one of an earlier run."""
    newest = max(records, key=lambda path: path.stat().st_mtime_ns)
    worker = int(json.loads(newest.read_text(encoding="utf-8"))["worker"].rpartition(":")[2])
    if worker not in processes_below(run):
        return None
    os.kill(worker, signal.SIGKILL)
    return worker


def _lost(output: Path, n_studies: int) -> dict[str, Any]:
    """Count the studies whose results are not there, or not the numbers that the same phantom gave first."""
    expected: dict[int, Any] = {}
    outcomes: dict[str, int] = {}
    missing = wrong = 0
    for index in range(n_studies):
        study = output / "studies" / f"s{index:05d}"
        try:
            record = json.loads((study / "study.json").read_text(encoding="utf-8"))
            maps = json.loads((study / "results" / "results.json").read_text(encoding="utf-8"))["maps"]
        except (OSError, ValueError):
            missing += 1
            continue
        outcomes[record["outcome"]] = outcomes.get(record["outcome"], 0) + 1
        wrong += maps != expected.setdefault(index % len(_SEEDS), maps)
    rows = (output / "studies.csv").read_text(encoding="utf-8").count("\n") - 1
    left = len(list(output.rglob(".*.part"))) + len(list(output.rglob(".cmrmap-unfinished")))
    found = {"studies": n_studies, "lines of studies.csv": rows, "without results": missing, "outcomes": outcomes}
    return {**found, "other numbers than the same phantom": wrong, "unfinished files": left}


def _ended(output: Path) -> dict[str, list[float]]:
    """Return when each worker was done with each of its studies, s since 1970, in order."""
    times: dict[str, list[float]] = {}
    for path in output.glob("studies/*/study.json"):
        worker = json.loads(path.read_text(encoding="utf-8"))["worker"].rpartition(":")[2]
        times.setdefault(worker, []).append(path.stat().st_mtime)
    return {worker: sorted(found) for worker, found in times.items()}


def _memory(log: Path, ended: dict[str, list[float]]) -> dict[str, Any]:
    """Return the memory of client and workers after their first `WARM` studies and at the end, and the line between.

    A worker's studies are its own, not those of all.
    """
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    lines = [line for line in lines if line["run"] == lines[-1]["run"] and line["done"]]
    client = [(line["done"], line["client_mb"]) for line in lines if line["client_mb"] == line["client_mb"]]
    found = {"client and scheduler": _growth(client)}
    for number, (worker, times) in enumerate(sorted(ended.items()), start=1):
        at_work = [line for line in lines if worker in line["below_mb"] and times[0] <= line["at"] <= times[-1]]
        series = [(bisect.bisect(times, line["at"]), line["below_mb"][worker]) for line in at_work]
        found[f"worker {number}"] = _growth(series)
    return found


def _growth(series: Sequence[tuple[int, float]]) -> str:
    """Say how memory (MB) goes with the number of studies; the slope is that of least squares, in kB a study."""
    warm = np.array([one for one in series if one[0] >= WARM], dtype=float).reshape(-1, 2)
    if len(warm) < 3 or warm[0, 0] == warm[-1, 0]:
        return "too few studies"
    slope = 1000 * np.polyfit(warm[:, 0], warm[:, 1], 1)[0]
    (first, first_mb), (last, last_mb) = warm[0], warm[-1]
    return f"{first_mb:.1f} MB (study {first:.0f}) -> {last_mb:.1f} MB (study {last:.0f}), {slope:+.1f} kB a study"
