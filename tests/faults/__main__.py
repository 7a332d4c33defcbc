"""``python -m tests.faults``: the whole harness, a sample of it, or single cases."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.process import settle_process

if TYPE_CHECKING:
    from tests.faults.cases import Case
    from tests.faults.harness import Harness

#: one of each family that takes no other user than root, and little time
SAMPLE = ("kill-006", "term-001", "input-001", "filesize-002", "two-003", "streams-006", "memory-001")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run cases; the exit code is 1 where something did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--state", type=Path, help="file with one line a case: those in it stay")
    parser.add_argument("--only", help="names or beginnings of names, of cases or of plants, with commas")
    parser.add_argument("--sample", action="store_true", help="a few cases, for every test run")
    parser.add_argument("--share", default="0/1", help="e.g. 1/2: every second case, from the second on")
    parser.add_argument("--plants", action="store_true", help="plant faults in the application; each must be found")
    given = parser.parse_args(arguments)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from tests.faults.cases import all_cases
    from tests.faults.harness import Harness, commit
    from tests.faults.places import PLACES, remove_left

    done = _read(given.state)
    part, parts = (int(one) for one in given.share.split("/"))
    folder = Path(tempfile.gettempdir()).resolve() / f"{PLACES}{os.getpid()}"
    remove_left(folder.parent)
    harness = Harness(folder)
    n_faults = n_run = 0
    try:
        cases = all_cases(given.seed, harness.counts)
        if given.plants:
            return _plant(harness, cases, tuple((given.only or "").split(",")))
        wanted = SAMPLE if given.sample else tuple((given.only or "").split(","))
        for case in cases[part::parts]:
            if case.name in done or not case.name.startswith(wanted):
                continue
            if case.needs_root and os.geteuid() != 0:
                print(f"{case.name}: left out, it needs root", flush=True)
                continue
            record = {**harness.run(case), "commit": commit(), "seed": given.seed}
            n_run += 1
            n_faults += bool(record["faults"])
            found = "; ".join(record["faults"])
            words = " ".join(filter(None, (case.program, case.moment, case.action, case.before, case.surroundings)))
            print(f"{case.name} [{words}] {record['code']} {record['kept']} {found}", flush=True)
            if given.state is not None:
                given.state.parent.mkdir(parents=True, exist_ok=True)
                with given.state.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(record) + "\n")
    finally:
        harness.close()
    print(f"{n_run} cases, {n_faults} in which something did not hold")
    return 1 if n_faults else 0


def _plant(harness: Harness, cases: Sequence[Case], wanted: tuple[str, ...]) -> int:
    """Plant every fault in turn, and run cases until one finds it; the exit code is 1 where none does."""
    from tests.faults.plants import PLANTS, planted

    missed = n_planted = 0
    for name, (_, words, finders) in PLANTS.items():
        if not name.startswith(wanted):
            continue
        found: list[str] = []
        with planted(name):
            for case in cases:
                if case.name.startswith(finders) and not (case.needs_root and os.geteuid() != 0):
                    found = harness.run(case)["faults"]
                    if found:
                        break
        n_planted += 1
        missed += not found
        print(f"{name} ({words}): {f'{case.name}: {found[0]}' if found else 'NOT FOUND'}", flush=True)
    print(f"{n_planted} planted, {n_planted - missed} found")
    return 1 if missed else 0


def _read(state: Path | None) -> set[str]:
    if state is None or not state.is_file():
        return set()
    return {json.loads(line)["case"] for line in state.read_text(encoding="utf-8").splitlines()}


if __name__ == "__main__":
    settle_process()
    sys.exit(main())
