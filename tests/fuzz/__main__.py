"""``python -m tests.fuzz``: run mutants, or one of them again, or print the tables of what was run."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import pydicom
import torch

import cmrmap.cli.main  # noqa: F401  # all that the command imports, before the first child
from tests.fuzz.bases import Bases
from tests.fuzz.harness import Plan, read_state, run_one, run_plan
from tests.fuzz.oracle import NOT_ALLOWED
from tests.fuzz.remembered import Remembered, sources_digest
from tests.fuzz.tables import tables


def main() -> int:
    """Run the harness; 1 where something is not allowed."""
    given = _arguments()
    if given.tables:
        print(tables(read_state(given.state)))
        return 0
    if os.environ.get("OMP_NUM_THREADS") != "1":
        sys.exit("set OMP_NUM_THREADS=1: a process with threads cannot be forked safely")
    for name in [name for name in os.environ if name.startswith(("HOLOSCAN_", "MERCURE_", "CMRMAP_"))]:
        del os.environ[name]  # what the user has set is not part of a study
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
    shared = Path("/dev/shm")
    root = Path(tempfile.mkdtemp(prefix="cmrmap-fuzz-", dir=shared if os.access(shared, os.W_OK) else None))
    memory = Remembered(given.state.parent / f"kept-{sources_digest()}")
    if not given.forget:
        memory.install()
    plan = Plan(given.seed, given.count, tuple(given.base or ()), given.command_every, given.whole_every, given.in_turn)
    try:
        if given.only is not None:
            return _one(plan, given.only, Bases(root, memory), given.keep or root / "one")
        run_plan(plan, Bases(root, memory), root, given.state, given.workers)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    lines = read_state(given.state)
    print(tables(lines))
    return 1 if any(line["outcome"] == NOT_ALLOWED for line in lines) else 0


def _one(plan: Plan, number: int, bases: Bases, work: Path) -> int:
    line = run_one(plan, number, bases, work)
    for key, value in line.items():
        print(f"{key:12} {value}")
    print((work / "stderr").read_text(encoding="utf-8", errors="replace"))
    return 1 if line["outcome"] == NOT_ALLOWED else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants, by number from 0")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument(
        "--state", type=Path, default=Path("out/fuzz/state.jsonl"), help="one line a mutant; goes on there"
    )
    parser.add_argument("--only", type=int, metavar="ID", help="run this mutant again and show what it says")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="with --only: leave the mutant and its output there")
    parser.add_argument("--base", action="append", help="only these studies; may be given several times")
    parser.add_argument("--command-every", type=int, default=Plan.command_every, help="0: never a process of its own")
    parser.add_argument("--whole-every", type=int, default=Plan.whole_every, help="0: never with every output")
    parser.add_argument("--in-turn", action="store_true", help="every mutator in turn, not by its share")
    parser.add_argument("--forget", action="store_true", help="compute everything anew for every mutant")
    parser.add_argument("--tables", action="store_true", help="print the tables of the state file and end")
    given = parser.parse_args()
    given.state.parent.mkdir(parents=True, exist_ok=True)
    return given


if __name__ == "__main__":
    sys.exit(main())
