"""The harness finds what is planted, and what it remembers is what would be computed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz.oracle import NOT_ALLOWED, SAME

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1600)]
ROOT = Path(__file__).resolve().parents[2]
#: words of the verdict on each planted fault
WORDS = {
    "an exception in a stage": "exit code 1: cmrmap: internal error",
    "an exception that nobody catches": "exit code 1",
    "another number": "other numbers of t2, without a word",
    "a busy loop": "s of the processor",
    "waiting": "s on the clock",
    "much memory": "GB",
    "a patient's name on stderr": "text of the input in stderr",
    "words on stdout": "words on stdout",
    "a killed process": "exit code -11",
    "exit code 2 for data": "exit code 2 for damaged data",
}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.planted"],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", list(WORDS))
def test_a_planted_fault_is_found(name: str, found: dict[str, dict[str, str]]) -> None:
    assert found[name]["outcome"] == NOT_ALLOWED
    assert WORDS[name] in found[name]["why"]


def test_without_a_fault_a_study_is_itself(found: dict[str, dict[str, str]]) -> None:
    assert found["nothing"]["outcome"] == SAME
    assert set(found) == {"nothing", *WORDS}
