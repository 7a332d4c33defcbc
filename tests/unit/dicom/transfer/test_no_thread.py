"""A system that gives no more threads: nothing is sent, which the report says; the results are not lost for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cmrmap.dicom.transfer.base import Outgoing
from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import send


def _failing(words: str):
    def start(thread: threading.Thread) -> None:
        raise RuntimeError(words)

    return start


def test_where_no_thread_can_be_started_nothing_is_sent_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", _failing("can't start new thread"))
    report = send([_FILE], parse_destination("dicom://CMRMAP@127.0.0.1:11112"))
    assert (report.stored, report.accepted, set(report.failed)) == ((), (), {"1.2.5"})
    assert "no thread could be started" in report.failed["1.2.5"]


def test_another_fault_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", _failing("threads can only be started once"))
    with pytest.raises(RuntimeError, match="only be started once"):
        send([_FILE], parse_destination("dicom://CMRMAP@127.0.0.1:11112"))


_FILE = Outgoing(Path("1.dcm"), "1.2.3", "1.2.4", "1.2.840.10008.5.1.4.1.1.4", "1.2.5", "1.2.840.10008.1.2.1")
