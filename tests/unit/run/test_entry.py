"""How a run starts and ends whatever executes its stages; the graph's ways to end are in tests/unit/operators."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cmrmap.core.errors import EXIT_NOT_STORED, NotStoredError, OutputError, RefusedError
from cmrmap.run import entry
from cmrmap.run.entry import run_command
from cmrmap.run.outcome import MapVerdict, Outcome
from cmrmap.run.run_settings import RunSettings


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("cmrmap")
    kept = root.level, list(root.handlers), ours.level
    with warnings.catch_warnings():
        yield
    root.setLevel(kept[0])
    root.handlers[:] = kept[1]
    ours.setLevel(kept[2])


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    for name in ("in", "models/net"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "model.json").touch()
    return ["-i", f"{tmp_path}/in", "-o", f"{tmp_path}/out", "-m", f"{tmp_path}/models"]


def _raises(error: BaseException, reported: bool = False) -> Callable[[RunSettings, Outcome], None]:
    def execute(settings: RunSettings, outcome: Outcome) -> None:
        if reported:
            outcome.report({"t2": MapVerdict("ok")}, 0)
        raise error

    return execute


def _made(settings: RunSettings, outcome: Outcome) -> None:
    outcome.report({"t2": MapVerdict("ok")}, 2)


def _status(arguments: list[str]) -> dict[str, object]:
    content: dict[str, object] = json.loads((Path(arguments[3]) / "results" / "status.json").read_text())
    return content


def test_a_run_that_made_something_is_told_in_the_log(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(_made, [*arguments, "--hematocrit", "42"], {}) == 0
    out, told = capsys.readouterr()
    assert out == ""
    assert [line.split(" ", 1)[1] for line in told.splitlines()] == [
        "INFO hematocrit 42 read as percent (0.42)",
        "INFO made t2",
    ]
    assert _status(arguments)["skipped_files"] == 2


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (RefusedError("every series refused"), 4, "every series refused"),
        (ValueError("Doe^Jane"), 1, "internal error: ValueError"),
        (SystemExit(0), 1, "internal error: SystemExit"),
        (KeyboardInterrupt(), 1, "the run was interrupted"),
    ],
)
def test_a_failure_is_one_line_and_its_code(
    arguments: list[str], capsys: pytest.CaptureFixture[str], error: BaseException, code: int, message: str
) -> None:
    assert run_command(_raises(error), arguments, {}) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"cmrmap: {message}")
    assert "Doe" not in line
    assert _status(arguments)["exit_code"] == code


def test_results_that_an_archive_did_not_take_keep_their_maps(arguments: list[str]) -> None:
    assert run_command(_raises(NotStoredError("1 of 9"), reported=True), arguments, {}) == EXIT_NOT_STORED
    assert _status(arguments)["maps"] == {"t2": {"status": "ok", "reason": None}}


def test_bad_arguments_reach_no_stage(arguments: list[str]) -> None:
    assert run_command(_raises(AssertionError("a stage ran")), [*arguments, "--bogus"], {}) == 2
    assert "unrecognized arguments: --bogus" in str(_status(arguments)["message"])


def test_a_status_that_cannot_be_written_is_the_runs_failure(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(folder: Path, outcome: Outcome) -> Path:
        raise OutputError("no space left")

    monkeypatch.setattr(entry, "write_status", full)
    assert run_command(_made, arguments, {}) == 2
    assert "no space left" in capsys.readouterr().err


def test_help_names_the_program(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(_made, ["--help"], {}, program="cmrmap run")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: cmrmap run ")
