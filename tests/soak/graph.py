"""Many studies through the application's own graph, one after the other in one process."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.small_studies import QUICK_SETTINGS, small_study, write_copy
from tests.soak.resources import held

#: studies after which everything that is made once is made
WARM = 20
_SEEDS = (1, 2, 3, 4)


def run_graph(folder: Path, n_studies: int) -> dict[str, Any]:
    """Run the application ``n_studies`` times and return what was measured.

    Each study is a copy of one of four phantoms as another patient; its results must have that phantom's numbers.

    Parameters
    ----------
    folder : for studies, outputs, and graph.jsonl: one line a study
    n_studies : more than `WARM`
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / "temporary"  # what is left behind here is ours
    own.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(own)
    lines = []
    with (folder / "graph.jsonl").open("w", encoding="utf-8") as stream:
        for line in _studies(folder, n_studies):
            lines.append(line)
            stream.write(json.dumps(line) + "\n")
            stream.flush()
    return summary(lines)


def summary(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a soak's lines say: the state after the warm-up (mean of ten studies) and that at the end.

    Parameters
    ----------
    lines : one a study
    """
    warm, end = lines[WARM - 10 : WARM], lines[-10:]
    assert len(lines) > WARM >= 10, "too few studies for a warm-up"
    memory = [sum(line["memory_mb"] for line in part) / len(part) for part in (warm, end)]
    found: dict[str, Any] = {
        "studies": len(lines),
        "exit codes": sorted({line["exit_code"] for line in lines}),
        "studies with other numbers than the same phantom before": sum(line["differs"] for line in lines),
        "memory after the warm-up, MB": round(memory[0], 1),
        "memory at the end, MB": round(memory[1], 1),
        "growth, %": round(100 * (memory[1] / memory[0] - 1), 2),
        "most, MB": max(line["memory_mb"] for line in lines),
        "seconds a study, processor": round(sum(line["seconds"] for line in lines[WARM:]) / len(lines[WARM:]), 2),
    }
    for name in ("files", "threads", "shared", "temporary"):
        found[name] = f"{lines[WARM - 1][name]} -> {lines[-1][name]}"
    return found


def _studies(folder: Path, n_studies: int) -> Iterator[dict[str, Any]]:
    from app.runtime import main  # after TMPDIR is set

    settings = folder / "settings.yaml"
    settings.write_text(QUICK_SETTINGS, encoding="utf-8")
    phantoms = [small_study(seed) for seed in _SEEDS]
    numbers: dict[int, Any] = {}
    for index in range(n_studies):
        which = index % len(phantoms)
        study = write_copy(phantoms[which], folder / "study", f"P{index:05d}")
        output = folder / "out"
        started = time.process_time()
        code = main(["-i", str(study), "-o", str(output), "-c", str(settings), "-l", "ERROR"], {})
        seconds = time.process_time() - started
        found = json.loads((output / "results" / "results.json").read_text(encoding="utf-8"))["maps"]
        expected = numbers.setdefault(which, found)
        yield {
            "study": index,
            "exit_code": code,
            "differs": found != expected,
            "seconds": round(seconds, 3),
            **held().as_dict(),
        }
        print(f"{index + 1}/{n_studies}: {held().memory_mb:.1f} MB", file=sys.stderr)
    shutil.rmtree(folder / "out")
