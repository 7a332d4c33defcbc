"""How a run ends: exit code, message and status.json for every way to end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmrmap.core.errors import InputError, NoMappingSeriesError, OutputError, RefusedError, SettingsError
from cmrmap.run.outcome import MapVerdict, Outcome, write_status


def _reported(**statuses: str) -> Outcome:
    outcome = Outcome()
    outcome.report({key: MapVerdict(status, f"why {key}") for key, status in statuses.items()}, skipped_files=3)
    return outcome


@pytest.mark.parametrize(
    ("statuses", "code", "word"),
    [
        ({"t2": "ok", "ecv": "absent"}, 0, "ok"),
        ({"t2": "partial", "native_t1": "refused"}, 0, "ok"),
        ({"t2": "refused", "ecv": "absent"}, 4, "refused"),
        ({"t2": "absent", "ecv": "absent"}, 3, "nothing_to_do"),
        ({}, 3, "nothing_to_do"),
    ],
)
def test_exit_code_follows_from_the_maps(statuses: dict[str, str], code: int, word: str) -> None:
    outcome = _reported(**statuses)
    assert outcome.exit_code == code
    assert outcome.as_dict()["outcome"] == word


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (InputError("a"), 2, "error"),
        (NoMappingSeriesError("a"), 3, "nothing_to_do"),
        (RefusedError("a"), 4, "refused"),
        (ValueError("a"), 1, "error"),
        (SystemExit(0), 1, "error"),
    ],
)
def test_exit_code_follows_from_a_failure_even_after_a_report(error: BaseException, code: int, word: str) -> None:
    outcome = _reported(t2="ok")
    outcome.fail(error, "read")
    assert outcome.failed
    assert (outcome.exit_code, outcome.as_dict()["outcome"]) == (code, word)


@pytest.mark.parametrize(("stage", "code"), [("", 2), ("read", 2), ("hematocrit", 2), ("load", 4), ("fit", 4)])
def test_data_that_a_stage_cannot_use_are_no_bad_argument(stage: str, code: int) -> None:
    outcome = Outcome()
    outcome.fail(InputError("times look like seconds"), stage)
    assert outcome.exit_code == code
    outcome = Outcome()
    outcome.fail(SettingsError("no such file"), stage)
    assert outcome.exit_code == 2


def test_a_run_that_never_reports_has_failed() -> None:
    outcome = Outcome()
    assert outcome.exit_code == 1
    assert "before its results were written" in outcome.message


def test_the_first_failure_counts() -> None:
    outcome = Outcome()
    outcome.fail(RefusedError("two patients"), "select")
    outcome.fail(ValueError("that follows"), "fit")
    assert (outcome.exit_code, outcome.message) == (4, "two patients")


def test_an_internal_error_does_not_quote_its_text() -> None:
    outcome = Outcome()
    try:
        raise ValueError("Doe^Jane")
    except ValueError as error:
        outcome.fail(error, "select")
    assert "Doe" not in outcome.message
    assert "internal error in stage select: ValueError at test_outcome.py:" in outcome.message


def test_a_map_that_cannot_be_right_is_not_told_as_made_and_no_more() -> None:
    outcome = Outcome()
    outcome.report({"t2": MapVerdict("ok"), "native_t1": MapVerdict("ok", errors=("T1 is 2303 ms",))}, skipped_files=0)
    assert outcome.message == "made t2, native_t1 (DO NOT USE, see its errors)"
    assert outcome.as_dict()["maps"]["native_t1"]["errors"] == ["T1 is 2303 ms"]
    assert "errors" not in outcome.as_dict()["maps"]["t2"]


def test_a_message_is_one_line() -> None:
    outcome = Outcome()
    outcome.fail(InputError("two\nlines"))
    assert outcome.message == "two lines"


def test_message_names_maps_made_and_reasons() -> None:
    assert _reported(t2="ok", ecv="absent").message == "made t2; ecv absent (why ecv)"


def test_an_unknown_status_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="status of a map is 'fine'; expected one of ok, partial, refused, absent"):
        MapVerdict("fine")


def test_status_is_written_whole_and_replaces_an_older_one(tmp_path: Path) -> None:
    write_status(tmp_path / "out", Outcome())
    path = write_status(tmp_path / "out", _reported(t2="ok"))
    content = json.loads(path.read_text(encoding="utf-8"))
    assert list(content) == ["outcome", "exit_code", "message", "maps", "skipped_files", "objects", "model", "versions"]
    assert content["maps"] == {"t2": {"status": "ok", "reason": "why t2"}}
    assert content["skipped_files"] == 3
    assert [item.name for item in path.parent.iterdir()] == ["status.json"]


def test_status_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"output folder cannot be written"):
        write_status(tmp_path / "file", Outcome())


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:75] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_memory_that_ran_out_is_told_as_that(error: Exception) -> None:
    outcome = Outcome()
    outcome.fail(error, "segment")
    assert outcome.exit_code == 1
    assert outcome.message.startswith("memory ran out in stage segment; allow more (of a container: --memory 4g)")


def test_a_thread_that_cannot_be_started_is_told_as_that() -> None:
    outcome = Outcome()
    outcome.fail(RuntimeError("can't start new thread"), "segment")
    assert outcome.exit_code == 1
    assert outcome.message.startswith("no thread could be started in stage segment: memory, or the number of processes")


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), RuntimeError("sizes do not match"), KeyError("x")])
def test_other_failures_are_not_told_as_that(error: Exception) -> None:
    outcome = Outcome()
    outcome.fail(error, "segment")
    assert outcome.message.startswith("internal error in stage segment")
