"""Whatever happens while a run sends, its results are there, and it ends with 5."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import EXIT_NOT_STORED, InputError, NotStoredError
from cmrmap.dicom.transfer.base import SendReport
from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.run.delivery import send_results
from cmrmap.run.outcome import MapVerdict, Outcome

_THERE = parse_destination("dicom://A@127.0.0.1:1")


@pytest.fixture
def outcome() -> Outcome:
    made = Outcome()
    made.report({"t2": MapVerdict("ok")}, 0)
    return made


@pytest.mark.parametrize("error", [InputError("/data/Doe^Jane is missing"), OSError("x"), RecursionError(), KeyError()])
def test_nothing_that_fails_is_an_internal_error(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("cmrmap.dicom.transfer.sending.find_files", fail)
    with pytest.raises(NotStoredError) as told:
        send_results(tmp_path, ["1.2.dcm", "1.3.dcm"], _THERE, outcome)
    outcome.fail(told.value, "send")
    assert outcome.exit_code == EXIT_NOT_STORED
    assert outcome.message == (
        f"2 of 2 objects were not stored at {_THERE.address}: sending failed ({type(error).__name__})"
    )
    assert outcome.sent is not None
    assert outcome.as_dict()["sent"]["not stored"] == 2


def test_what_was_sent_is_known_to_the_run(
    outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    report = SendReport(_THERE.address, accepted=("1.2",), warnings=("could not be verified",))
    monkeypatch.setattr("cmrmap.dicom.transfer.sending.find_files", lambda *_: ())
    monkeypatch.setattr("cmrmap.dicom.transfer.sending.send", lambda *_, **__: report)
    send_results(tmp_path, ["1.2.dcm"], _THERE, outcome)
    assert outcome.sent is report
    assert outcome.exit_code == 0
    assert "accepted by dicom://A@127.0.0.1:1, not verified" in outcome.message
    assert "could not be verified" in caplog.text


def test_a_run_without_objects_sends_nothing(outcome: Outcome, tmp_path: Path) -> None:
    send_results(tmp_path, [], _THERE, outcome)
    assert (outcome.sending, outcome.sent) == (None, None)
