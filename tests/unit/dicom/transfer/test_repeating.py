"""What is tried again and what is not, with senders that only pretend."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmrmap.core.errors import NotStoredError
from cmrmap.dicom.transfer.base import Delivery, Outgoing, SendReport
from cmrmap.dicom.transfer.repeating import delivered, repeated, verified

_FILES = tuple(Outgoing(Path(f"{uid}.dcm"), "1", "2", "3", uid, "4") for uid in ("1.1", "1.2"))
_OK, _LATER, _NEVER = Delivery(True), Delivery(False, "busy", passing=True), Delivery(False, "refused")


class Pretender:
    """Answers each try with the next entry, the last one for ever."""

    def __init__(self, answers: list[dict[str, Delivery]], listings: list[set[str] | str]) -> None:
        self.answers, self.listings = answers, listings
        self.tried: list[tuple[str, ...]] = []
        self.asked = 0

    def deliver(self, files):
        self.tried.append(tuple(one.sop_instance_uid for one in files))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return {one.sop_instance_uid: answer[one.sop_instance_uid] for one in files}

    def listed(self, files):
        self.asked += 1
        return self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]


@pytest.fixture
def pauses(monkeypatch):
    """Seconds that were waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    return waited


def test_only_what_may_pass_is_tried_again_after_pauses_that_double(pauses):
    sender = Pretender([{"1.1": _NEVER, "1.2": _LATER}], [set()])
    report = delivered(sender, _FILES, "there", repeated(3, 2.0))
    assert sender.tried == [("1.1", "1.2"), ("1.2",), ("1.2",), ("1.2",)]
    assert pauses == [2.0, 4.0, 8.0]
    assert (report.stored, dict(report.failed)) == ((), {"1.1": "refused", "1.2": "busy"})


def test_no_pause_where_nothing_is_left(pauses):
    sender = Pretender([{"1.1": Delivery(True, "stored with warning"), "1.2": _OK}], [{"1.1", "1.2"}])
    again = repeated(3, 2.0)
    report = verified(sender, _FILES, delivered(sender, _FILES, "there", again), again)
    assert report == SendReport("there", ("1.1", "1.2"), {}, ("stored with warning",))
    assert (len(sender.tried), sender.asked, pauses) == (1, 1, [])


def test_without_repetitions_one_try_is_all(pauses):
    sender = Pretender([{"1.1": _LATER, "1.2": _LATER}], [set()])
    delivered(sender, _FILES, "there", repeated(0, 2.0))
    assert (len(sender.tried), pauses) == (1, [])


def test_an_archive_may_need_a_moment_to_list_what_it_took(pauses):
    sender = Pretender([{"1.1": _OK, "1.2": _OK}], [{"1.1"}, {"1.1", "1.2"}])
    report = verified(sender, _FILES, SendReport("there", ("1.1", "1.2")), repeated(3, 2.0))
    assert (report.failed, sender.asked, pauses) == ({}, 2, [2.0])


def test_an_archive_that_cannot_be_asked_any_more_is_a_warning(pauses):
    sender = Pretender([{}], [{"1.1"}, "no C-FIND"])
    report = verified(sender, _FILES, SendReport("there", ("1.1", "1.2")), repeated(3, 2.0))
    assert report.stored == ("1.1", "1.2")
    assert report.warnings == ("what arrived could not be verified: no C-FIND",)


def test_nobody_is_asked_where_nothing_was_taken(pauses):
    sender = Pretender([{}], [set()])
    report = SendReport("there", (), {"1.1": "refused"})
    assert verified(sender, _FILES, report, repeated(3, 2.0)) is report
    assert sender.asked == 0


def test_a_report_without_failures_is_fine():
    SendReport("dicom://A@h:1", ("1.2",)).check()


def test_a_report_with_failures_is_an_error_that_names_the_first():
    with pytest.raises(NotStoredError, match=r"1 of 2 objects were not stored at there; the first, 1\.1: refused"):
        SendReport("there", ("1.2",), {"1.1": "refused"}).check()
