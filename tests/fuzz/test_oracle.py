"""What is allowed of a run on a damaged study, on outputs that are made up."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import CANARY
from tests.fuzz.oracle import NOT_ALLOWED, REFUSED, SAME, TOLD, WRITTEN, judge
from tests.fuzz.process import Ran

_MAP = {
    "status": "ok",
    "reason": None,
    "source": "weighted_images",
    "drawn_by": "network",
    "model": "t2_3p",
    "timing_source": "ImageComments",
    "patient": {"mean": 50.0, "sd": 3.0, "n_pixels": 300, "uncertainty": 0.5},
    "slices": [{"status": "ok", "reason": None, "mean": 50.0, "segments": [{"aha": 7, "mean": 51.0}]}],
}
RESULTS: dict[str, Any] = {
    "hematocrit": {"value": None, "source": None},
    "input": {"skipped": {}, "frames_not_used": {}},
    "quality": [{"code": "fit_residuals", "map": "t2", "message": "SNR 30"}],
    "maps": {"t2": _MAP, "native_t1": {**copy.deepcopy(_MAP), "status": "absent", "reason": "none"}},
}


def _ran(code: int = 0, stderr: str = "", stdout: str = "", ended: str = "") -> Ran:
    return Ran(code, ended, stdout, stderr, 0.2, 0.3, 400_000_000)


def _out(folder: Path, results: dict[str, Any] | None, code: int = 0) -> Path:
    (folder / "results").mkdir()
    (folder / "results" / "status.json").write_text(json.dumps({"exit_code": code}))
    if results is not None:
        (folder / "results" / "results.json").write_text(json.dumps(results))
    return folder


def _changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    made = copy.deepcopy(RESULTS)
    change(made)
    return made


def _mean(results: dict[str, Any]) -> None:
    results["maps"]["t2"]["slices"][0]["segments"][0]["mean"] = 51.00001


def test_equal_numbers_are_the_same_whatever_else_is_said(tmp_path: Path) -> None:
    more = _changed(lambda found: found["quality"].append({"code": "image_lost", "map": None, "message": "x"}))
    assert judge(_ran(), _out(tmp_path, more), RESULTS, asked=False).outcome == SAME


def test_another_number_without_a_word_is_not_allowed_unless_it_was_asked_for(tmp_path: Path) -> None:
    out = _out(tmp_path, _changed(_mean))
    found = judge(_ran(), out, RESULTS, asked=False)
    assert (found.outcome, found.why) == (NOT_ALLOWED, "other numbers of t2, without a word")
    assert judge(_ran(), out, RESULTS, asked=True).outcome == WRITTEN


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        (lambda found: found["quality"].append({"code": "image_lost", "map": None, "message": "x"}), TOLD),
        (lambda found: found["quality"].append({"code": "images_missing", "map": "t2", "message": "x"}), TOLD),
        (lambda found: found["maps"]["t2"].update(status="partial", reason="a slice is missing"), TOLD),
        (lambda found: found["input"]["skipped"].update(truncated=1), TOLD),
        # a finding of another map, and one whose words follow from the numbers, tell nothing of this one
        (
            lambda found: found["quality"].append({"code": "images_missing", "map": "native_t1", "message": "x"}),
            NOT_ALLOWED,
        ),
        (lambda found: found["quality"][0].update(message="SNR 29"), NOT_ALLOWED),
    ],
)
def test_another_number_is_told_by_what_is_said_of_its_map_or_the_study(
    more: Callable[[dict[str, Any]], object], outcome: str, tmp_path: Path
) -> None:
    made = _changed(_mean)
    more(made)
    assert judge(_ran(), _out(tmp_path, made), RESULTS, asked=False).outcome == outcome


def test_a_map_that_is_gone_must_have_a_reason(tmp_path: Path) -> None:
    gone = _changed(lambda found: found["maps"]["t2"].update(patient={}, slices=[]))
    assert judge(_ran(), _out(tmp_path, gone), RESULTS, asked=False).outcome == NOT_ALLOWED


_LINE = "cmrmap: no mapping series; send one\n"


@pytest.mark.parametrize("code", [3, 4])
def test_a_refusal_is_one_line_and_its_code(code: int, tmp_path: Path) -> None:
    out = _out(tmp_path, None, code)
    assert judge(_ran(code, _LINE), out, RESULTS, asked=False).outcome == REFUSED
    assert judge(_ran(code, _LINE * 2), out, RESULTS, asked=False).outcome == NOT_ALLOWED
    assert judge(_ran(code, ""), out, RESULTS, asked=False).outcome == NOT_ALLOWED
    (out / "x.dcm").touch()
    assert "leaves DICOM objects" in judge(_ran(code, _LINE), out, RESULTS, asked=False).why


def test_a_refusal_whose_status_says_something_else_is_not_allowed(tmp_path: Path) -> None:
    assert "status.json" in judge(_ran(4, _LINE), _out(tmp_path, None, 3), RESULTS, asked=False).why


def test_bad_arguments_are_refused_where_they_were_given_only(tmp_path: Path) -> None:
    out = _out(tmp_path, None, 2)
    assert judge(_ran(2, _LINE), out, RESULTS, asked=True).outcome == REFUSED
    assert judge(_ran(2, _LINE), out, RESULTS, asked=False).outcome == NOT_ALLOWED


@pytest.mark.parametrize(
    "ran",
    [
        _ran(1, "cmrmap: internal error"),
        _ran(-11),
        _ran(137),
        _ran(stderr="Traceback (most recent call last):"),
        _ran(stderr="/x.py:3: UserWarning: odd"),
        _ran(stderr=f"INFO {CANARY.lower()}"),
        _ran(stdout="words"),
        _ran(ended="more than 3 GB"),
    ],
)
def test_faults_of_a_run_are_not_allowed_even_with_the_same_numbers(ran: Ran, tmp_path: Path) -> None:
    assert judge(ran, _out(tmp_path, RESULTS), RESULTS, asked=True).outcome == NOT_ALLOWED


def test_text_of_the_input_in_a_file_or_its_name_is_not_allowed(tmp_path: Path) -> None:
    out = _out(tmp_path, RESULTS)
    (out / "results" / "segments.csv").write_text(CANARY)
    assert "segments.csv" in judge(_ran(), out, RESULTS, asked=False).why
    (out / "results" / "segments.csv").unlink()
    (out / f"{CANARY}.dcm").touch()
    assert "name" in judge(_ran(), out, RESULTS, asked=False).why


def test_exit_code_0_without_results_is_not_allowed(tmp_path: Path) -> None:
    assert judge(_ran(), _out(tmp_path, None), RESULTS, asked=False).outcome == NOT_ALLOWED
