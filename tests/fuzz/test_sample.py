"""Every mutator once or twice, in a short run of the harness: nothing that is not allowed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.oracle import NOT_ALLOWED, OUTCOMES, REFUSED, SAME, TOLD

pytestmark = pytest.mark.timeout(1600)  # seconds on a free machine; on a busy one it takes its time
ROOT = Path(__file__).resolve().parents[2]
_N_MUTANTS = 60
_BASES = ("t2", "enhanced", "seg", "rtstruct", "corrections")


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    state = tmp_path_factory.mktemp("fuzz") / "state.jsonl"
    options = [option for name in _BASES for option in ("--base", name)]
    options += ["--count", str(_N_MUTANTS), "--in-turn", "--command-every", "0", "--whole-every", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", "--state", str(state), *options],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    found = [json.loads(line) for line in state.read_text(encoding="ascii").splitlines()]
    assert len(found) == _N_MUTANTS, done.stderr[-2000:]
    return found


def test_nothing_is_not_allowed(lines: list[dict[str, object]]) -> None:
    assert [line for line in lines if line["outcome"] == NOT_ALLOWED] == []


def test_the_sample_has_every_mutator_and_every_allowed_outcome(lines: list[dict[str, object]]) -> None:
    from tests.fuzz import mutators  # noqa: F401
    from tests.fuzz.cases import MUTATORS

    made = [line for line in lines if line["outcome"] in OUTCOMES]
    assert len(made) == _N_MUTANTS
    assert {line["mutator"] for line in made} >= set(MUTATORS) - {"not made"}
    assert {SAME, TOLD, REFUSED} <= {line["outcome"] for line in made}
