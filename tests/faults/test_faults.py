"""A sample of the fault harness, and planted faults that it must find; `make faults` runs all of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.cases import BEFORE, Case, all_cases
from tests.faults.verdicts import STATUS, Ended, faults, kept, refused_by_send

ROOT = Path(__file__).resolve().parents[2]
_COUNTS = {"read": 8, "make": 20, "move": 12, "drop": 4}
_DIGEST = "cd42404d52ad55ccfa9aca4adc828aa5800ad9d385a0671fbcbf724118320619"  # of b"value"
_RESULTS = "results/results.json"


def _status(outcome: str, code: int | None, *names: str) -> bytes:
    objects = [{"file": name, "sha256": _DIGEST} for name in names]
    return json.dumps({"outcome": outcome, "exit_code": code, "objects": objects}).encode()


_WHOLE = {"1.dcm": b"value", _RESULTS: b"value", STATUS: _status("ok", 0, "1.dcm", _RESULTS)}
_PART = {"1.dcm": b"value", STATUS: _status("running", None, "1.dcm", _RESULTS)}
_KILL, _TERM = Case("kill-000", "run", "move:1", "kill"), Case("term-000", "run", "move:1", "term")


def _ended(code: int | None, after: dict[str, bytes], said: str = "cmrmap: why", **more: object) -> Ended:
    values = {"seconds": 1.0, "struck": True, "before": {}, **more}
    return Ended(code, said, after=after, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("case", "ended"),
    [
        (_KILL, _ended(0, _WHOLE)),
        (_KILL, _ended(-9, _PART)),
        (_KILL, _ended(-9, _WHOLE, before=_WHOLE)),
        (_TERM, _ended(143, {STATUS: _status("error", 143)})),
    ],
)
def test_what_may_be_is_no_fault(case: Case, ended: Ended) -> None:
    assert faults(case, ended, _WHOLE) == []


@pytest.mark.parametrize(
    ("case", "ended", "told"),
    [
        (_KILL, _ended(-9, {STATUS: _WHOLE[STATUS]}, before=_WHOLE), "status ok of a run that did not complete"),
        (_KILL, _ended(-9, {**_PART, "2.dcm": b"value"}), "part of a set"),
        (_TERM, _ended(143, _PART), "part of a set"),
        (_TERM, _ended(143, {STATUS: _status("error", 2)}), "the process 143"),
        (_TERM, _ended(143, {STATUS: _status("error", 143)}, seconds=5.1), "5.1 s after the signal"),
        (_TERM, _ended(139, {STATUS: _status("error", 139)}), "exit code 139"),
        (_TERM, _ended(1, {STATUS: _status("error", 1)}), "exit code 1"),
        (_TERM, _ended(None, {}), "it hangs"),
        (_TERM, _ended(2, {STATUS: _status("error", 2)}, said="Traceback (most"), "traceback"),
        (_TERM, _ended(2, {STATUS: _status("error", 2)}, said="oh"), "no line says why"),
        (_TERM, _ended(2, _WHOLE), "exit code 2 with a set that is whole"),
        (_TERM, _ended(0, {**_WHOLE, "1.dcm": b"other"}), "hash of 1.dcm is another"),
        (_TERM, _ended(0, {STATUS: _WHOLE[STATUS]}), "2 files of the list are not there"),
        (_TERM, _ended(0, {**_WHOLE, "results/.a.part": b""}), "temporary file"),
        (_TERM, _ended(0, _WHOLE, strangers=("notes.txt",)), "foreign file changed: notes.txt"),
        (_TERM, _ended(0, _WHOLE, left=("process 7",)), "left behind: process 7"),
    ],
)
def test_what_must_not_be_is_told(case: Case, ended: Ended, told: str) -> None:
    assert told in "; ".join(faults(case, ended, _WHOLE))


def test_what_is_kept_has_a_name() -> None:
    assert kept(_ended(0, _WHOLE), _WHOLE) == "whole"
    assert kept(_ended(-9, _PART), _WHOLE) == "part"
    assert kept(_ended(2, {STATUS: b""}), _WHOLE) == "none"
    assert kept(_ended(2, _PART, before=_PART), _WHOLE) == "before"
    assert kept(_ended(3, {_RESULTS: b"", STATUS: b""}), _WHOLE) == "reason"


def test_sending_must_refuse_what_is_not_whole() -> None:
    assert not refused_by_send(_WHOLE)
    assert refused_by_send(_PART)
    assert refused_by_send({STATUS: _WHOLE[STATUS]})
    assert refused_by_send({})
    assert refused_by_send({**_WHOLE, STATUS: _status("error", 143, "1.dcm")})


def test_the_list_of_cases_is_the_seeds() -> None:
    cases = all_cases(1, _COUNTS)
    assert cases == all_cases(1, _COUNTS)
    assert cases != all_cases(2, _COUNTS)
    assert len(cases) >= 300
    assert {case.before for case in cases} == set(BEFORE)


def _harness(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_sample_of_faults() -> None:
    assert "in which something did not hold" in _harness("--sample")


@pytest.mark.slow
def test_faults_that_are_planted_are_found() -> None:
    assert "NOT FOUND" not in _harness("--plants")
