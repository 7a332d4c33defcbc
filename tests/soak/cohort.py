"""A cohort of many small studies on two workers, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.small_studies import QUICK_SETTINGS, small_study, write_copy
from tests.soak.resources import memory_mb, processes_below

ROOT = Path(__file__).resolve().parents[2]
_SEEDS = (1, 2, 3, 4)
_LOOK_S = 5.0
_WORKERS = 2


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
            line = {"done": len(records), "run": process.pid, "client_mb": memory_mb(process.pid)}
            log.write(json.dumps({**line, "killed": killed, "below_mb": children}) + "\n")
            log.flush()
            time.sleep(_LOOK_S)
    found = {"exit code": process.returncode, "killed worker": killed is not None}
    found["minutes of this run"] = round((time.monotonic() - started) / 60, 1)
    return {**found, **_lost(output, n_studies), **_memory(folder / "cohort.jsonl")}


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


def _memory(log: Path) -> dict[str, Any]:
    """Return the memory of client and workers after a tenth of the studies and at the end."""
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    last = lines[-1]["run"]
    lines = [line for line in lines if line["run"] == last and line["done"]]
    total, first = lines[-1]["done"], lines[0]["done"]
    warm = [line for line in lines if line["done"] >= first + (total - first) // 10]
    client = [line["client_mb"] for line in warm if line["client_mb"] == line["client_mb"]]
    found: dict[str, Any] = {"client and scheduler, MB": f"{client[0]:.0f} -> {client[-1]:.0f}"}
    workers: dict[str, list[tuple[int, float]]] = {}
    for line in warm:
        for process, memory in line["below_mb"].items():
            if memory > 300:  # those that have the network loaded
                workers.setdefault(process, []).append((line["done"], memory))
    for number, series in enumerate((one for one in workers.values() if len(one) > 4), start=1):
        (begun, first_mb), (ended, last_mb) = series[2], series[-2]
        found[f"worker {number}, MB"] = f"{first_mb:.0f} (study {begun}) -> {last_mb:.0f} (study {ended})"
    return found
