"""How a run starts and ends whatever executes its stages; the graph's ways to end are in tests/unit/operators."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cmrmap.core.errors import EXIT_NOT_STORED, InputError, NotStoredError, OutputError, RefusedError
from cmrmap.run import entry
from cmrmap.run.entry import run_command
from cmrmap.run.manifest import listed_files
from cmrmap.run.outcome import MapVerdict, Outcome
from cmrmap.run.run_settings import RunSettings
from cmrmap.run.staging import write_together


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
    def full(folder: Path, outcome: Outcome, *, running: bool = False) -> Path:
        if running:
            return folder
        raise OutputError("no space left")

    monkeypatch.setattr(entry, "write_status", full)
    assert run_command(_made, arguments, {}) == 2
    assert "no space left" in capsys.readouterr().err


def test_help_names_the_program(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command(_made, ["--help"], {}, program="cmrmap run")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: cmrmap run ")


def test_a_run_says_that_it_runs_before_anything_else(arguments: list[str]) -> None:
    def look(settings: RunSettings, outcome: Outcome) -> None:
        seen.update(_status(arguments))
        _made(settings, outcome)

    seen: dict[str, object] = {}
    assert run_command(_made, arguments, {}) == 0
    assert run_command(look, arguments, {}) == 0
    assert (seen["outcome"], seen["exit_code"], seen["maps"]) == ("running", None, {})
    assert _status(arguments)["outcome"] == "ok"


def test_a_folder_of_somebody_else_is_left_as_it_is(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    theirs = Path(arguments[3]) / "Doe^Jane.dcm"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")
    assert run_command(_made, arguments, {}) == 2
    said = capsys.readouterr().err
    assert "holds 1 file (.dcm) that no run wrote" in said
    assert "Doe" not in said
    assert [path.name for path in theirs.parent.rglob("*")] == [theirs.name]
    # nor does a run with bad arguments mark it as ours
    assert run_command(_made, [*arguments, "--bogus"], {}) == 2
    assert [path.name for path in theirs.parent.rglob("*")] == [theirs.name]


@pytest.mark.parametrize(("more", "environment"), [(["--into-non-empty"], {}), ([], {"CMRMAP_INTO_NON_EMPTY": "1"})])
def test_it_may_be_used_where_the_user_says_so(
    arguments: list[str], more: list[str], environment: dict[str, str]
) -> None:
    theirs = Path(arguments[3]) / "theirs.txt"
    theirs.parent.mkdir()
    theirs.write_bytes(b"theirs")
    assert run_command(_made, [*arguments, *more], environment) == 0
    assert theirs.read_bytes() == b"theirs"
    assert _status(arguments)["outcome"] == "ok"


def test_two_runs_at_once_do_not_mix(arguments: list[str]) -> None:
    def second(settings: RunSettings, outcome: Outcome) -> None:
        codes.append(run_command(_made, arguments, {}))
        _made(settings, outcome)

    codes: list[int] = []
    assert run_command(second, arguments, {}) == 0
    assert codes == [2]
    assert _status(arguments)["outcome"] == "ok"
    assert run_command(_made, arguments, {}) == 0  # the folder is free again


def _writes(settings: RunSettings, outcome: Outcome) -> None:
    write_together(settings.output_path, (("1.2.dcm", b"one"), ("results/results.json", b"{}")), outcome)
    _made(settings, outcome)


def _results(arguments: list[str]) -> set[str]:
    folder = Path(arguments[3])
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def _listed(arguments: list[str]) -> list[str]:
    return [file.name for file in listed_files(Path(arguments[3])) or ()]


@pytest.mark.parametrize(
    ("more", "environment"),
    [(["--bogus"], {}), (["--hematocrit", "3"], {}), (["-m", "/nowhere"], {}), ([], {"HOLOSCAN_TIMEOUT": "soon"})],
)
def test_bad_arguments_leave_the_last_results_and_their_list(
    arguments: list[str], more: list[str], environment: dict[str, str]
) -> None:
    assert run_command(_writes, arguments, {}) == 0
    before = _results(arguments)
    assert run_command(_made, [*arguments, *more], environment) == 2
    assert _results(arguments) == before
    assert _listed(arguments) == ["1.2.dcm", "results/results.json"]
    assert (_status(arguments)["outcome"], _status(arguments)["exit_code"]) == ("error", 2)
    assert run_command(_made, arguments, {}) == 0  # they are still known, and go now
    assert _results(arguments) == {"results/status.json"}


def test_too_little_memory_leaves_them_too(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def little() -> None:
        raise InputError("memory is limited")

    assert run_command(_writes, arguments, {}) == 0
    monkeypatch.setattr(entry, "check_memory", little)
    assert run_command(_made, arguments, {}) == 2
    assert _listed(arguments) == ["1.2.dcm", "results/results.json"]
    assert "1.2.dcm" in _results(arguments)


def test_an_input_without_a_file_has_results_of_its_own(arguments: list[str]) -> None:
    assert run_command(_writes, arguments, {}) == 0
    for path in Path(arguments[1]).iterdir():
        path.unlink()
    assert run_command(_made, arguments, {}) == 3
    assert _results(arguments) == {"results/results.json", "results/status.json"}
    assert _listed(arguments) == ["results/results.json"]
