"""What status.json says of sending, and what the next sending reads of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cmrmap.core.errors import EndedError, NotStoredError, OutputError
from cmrmap.dicom.transfer.base import SendReport
from cmrmap.run import sent_record
from cmrmap.run.outcome import MapVerdict, Outcome, write_status
from cmrmap.run.sent_record import SentBefore, read_sent, record_sent
from cmrmap.run.staging import stage

_REPORT = SendReport("there", ("1.1",), ("1.2",), {"1.3": "refused", "1.4": "refused"}, ("a warning",))


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, Outcome]:
    outcome = Outcome()
    staged = stage(tmp_path, [(f"1.{n}.dcm", b"content") for n in range(1, 5)] + [("results/results.json", b"{}")])
    outcome.objects = staged.files
    staged.move()
    outcome.report({"t2": MapVerdict("ok")}, 0)
    write_status(tmp_path, outcome)
    return tmp_path, outcome


def _status(folder: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder / "results/status.json").read_text(encoding="utf-8"))
    return content


def test_a_run_that_sends_nothing_says_nothing_of_it(written: tuple[Path, Outcome]) -> None:
    folder, _ = written
    assert "sent" not in _status(folder)
    assert read_sent(folder) is None


def test_the_status_tells_what_became_of_each_object(written: tuple[Path, Outcome]) -> None:
    folder, outcome = written
    before = _status(folder)
    outcome.sent = _REPORT
    assert outcome.message == "made t2; 1 objects stored at there; 1 objects accepted by there, not verified"
    write_status(folder, outcome)
    by_run = _status(folder)
    assert by_run["sent"] == {
        "to": "there",
        "stored": 1,
        "accepted, not verified": 1,
        "not stored": 2,
        "reasons": {"refused": 2},
        "warnings": ["a warning"],
    }
    assert {one["file"]: one.get("sent") for one in by_run["objects"]} == {  # type: ignore[attr-defined]
        "1.1.dcm": "stored",
        "1.2.dcm": "accepted, not verified",
        "1.3.dcm": "not stored",
        "1.4.dcm": "not stored",
        "results/results.json": None,
    }
    assert read_sent(folder) == SentBefore("there", frozenset({"1.1", "1.2"}))
    # and `cmrmap send` writes the same, and leaves how the run ended
    outcome.sent = None
    write_status(folder, outcome)
    record_sent(folder, _REPORT)
    assert _status(folder) == {**by_run, "message": before["message"]}


def test_a_run_that_an_archive_failed_keeps_what_it_knows(written: tuple[Path, Outcome]) -> None:
    folder, outcome = written
    outcome.sent = _REPORT
    outcome.fail(NotStoredError("2 of 4"))
    write_status(folder, outcome)
    assert (_status(folder)["exit_code"], _status(folder)["outcome"]) == (5, "error")
    assert read_sent(folder) is not None


@pytest.mark.parametrize(
    "content", ["[]", "{}", '{"sent": 1, "objects": []}', '{"sent": {"to": "x"}}', '{"sent": {"to": 1}, "objects": []}']
)
def test_a_status_that_is_odd_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results/status.json").write_text(content)
    assert read_sent(tmp_path) is None


def test_objects_that_are_odd_were_not_sent(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    odd = {"sent": {"to": "there"}, "objects": [1, {}, {"file": 2, "sent": "stored"}, {"file": "1.dcm", "sent": "x"}]}
    (tmp_path / "results/status.json").write_text(json.dumps(odd))
    assert read_sent(tmp_path) == SentBefore("there", frozenset())


def test_a_folder_without_a_status_gets_none(tmp_path: Path) -> None:
    record_sent(tmp_path, _REPORT)
    assert list(tmp_path.iterdir()) == []


def test_a_status_that_cannot_be_written_is_told(
    written: tuple[Path, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> Path:
        raise OutputError("no space left")

    monkeypatch.setattr(sent_record, "write_file", full)
    with pytest.raises(OutputError, match="no space left"):
        record_sent(written[0], _REPORT)


def test_a_run_that_was_ended_while_sending_may_be_sent(written: tuple[Path, Outcome]) -> None:
    from cmrmap.core.errors import InputError
    from cmrmap.run.sendable import sendable_files

    folder, outcome = written
    outcome.fail(EndedError("the run was ended by SIGTERM while sending", 143))
    write_status(folder, outcome)
    with pytest.raises(InputError, match="ended with exit code 143"):
        sendable_files(folder)
    outcome.sent = SendReport("there", failed={f"1.{n}": "not sent" for n in range(1, 5)})
    write_status(folder, outcome)
    with pytest.raises(InputError, match="expected a complete DICOM file"):  # it looks at the objects: these are none
        sendable_files(folder)
