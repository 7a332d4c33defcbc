"""What a study more costs a cohort beside its analysis: time and memory of the process that hands out the studies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
#: sizes of the cohorts
SIZES = (250, 500, 1000, 2000)
#: runs a cohort in this process and prints what it took: seconds, processor seconds of this process, MB at the most
_PROGRAM = """
import json, os, resource, sys, time
from pathlib import Path
from cmrmap.cohort import runner
from cmrmap.cohort.runner import CohortOptions, run_cohort
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.settings import AnalysisSettings
from tests.soak.resources import memory_mb

if __name__ == "__main__":
    studies, output = map(Path, sys.argv[1:3])
    options = CohortOptions(find_model_folder(None), AnalysisSettings())
    seen = {}
    def tell(record, done, total):
        seen[done] = (time.monotonic(), time.process_time(), memory_mb(os.getpid()))
    begun = time.process_time()
    summary = run_cohort(studies, output, options, workers=2, progress=tell)
    ended = time.process_time()
    first, last = min(seen), max(seen)
    print(json.dumps({
        "outcomes": sorted({one.outcome for one in summary.records}),
        "before_s": seen[first][1] - begun,
        "handing_out_s": seen[last][1] - seen[first][1],
        "wall_s": seen[last][0] - seen[first][0],
        "after_s": ended - seen[last][1],
        "most_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        "grown_mb": seen[last][2] - seen[min(seen, key=lambda n: abs(n - 50))][2],
    }))
"""


def measure(folder: Path, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Run cohorts of studies that hold no image, which cost next to nothing, and return what they took.

    Parameters
    ----------
    folder : for studies, outputs and growth.jsonl; sizes that stand in it already are not measured again
    sizes : of the cohorts
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "growth.jsonl"
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []
    for size in sizes:
        if size in {line["studies"] for line in lines}:
            continue
        studies = folder / f"studies-{size}"
        for index in range(size):
            study = studies / f"s{index:06d}"
            study.mkdir(parents=True, exist_ok=True)
            (study / "notes.txt").write_text("no image", encoding="utf-8")
        program = folder / "cohort_of_nothing.py"
        program.write_text(_PROGRAM, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(program), str(studies), str(folder / f"out-{size}")],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        line = {"studies": size, **json.loads(done.stdout)}
        lines.append(line)
        with log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        shutil.rmtree(studies)
        shutil.rmtree(folder / f"out-{size}")
    return {"measured": lines, "a study more costs": _slopes(lines)}


def _slopes(lines: list[dict[str, Any]]) -> dict[str, str]:
    """Return least-squares slopes, and what they come to at 100 000 studies."""
    sizes = np.array([line["studies"] for line in lines], dtype=float)
    found = {}
    for key, unit in (("before_s", "ms"), ("handing_out_s", "ms"), ("after_s", "ms"), ("most_mb", "kB")):
        slope, start = np.polyfit(sizes, [line[key] for line in lines], 1)
        at = start + 1e5 * slope
        whole = f"{at:.0f} s" if unit == "ms" else f"{at:.0f} MB"
        found[key] = f"{1000 * slope:.2f} {unit}; {whole} at 100 000 studies"
    return found
