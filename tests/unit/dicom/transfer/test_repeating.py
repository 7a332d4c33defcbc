"""What is tried again and what is not, with senders that only pretend."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from cmrmap.core.errors import NotStoredError
from cmrmap.dicom.transfer.base import Delivery, Outgoing, SendReport
from cmrmap.dicom.transfer.deliveries import Progress
from cmrmap.dicom.transfer.repeating import deliver, listed_already, repeated, verify

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
        for one in files:
            yield one.sop_instance_uid, answer[one.sop_instance_uid]

    def listed(self, files):
        self.asked += 1
        return self.listings.pop(0) if len(self.listings) > 1 else self.listings[0]


@pytest.fixture
def pauses(monkeypatch):
    """Seconds that were waited, without waiting."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", waited.append)
    return waited


@pytest.fixture
def progress():
    begun = Progress()
    begun.begin("there", [one.sop_instance_uid for one in _FILES])
    return begun


def test_only_what_may_pass_is_tried_again_after_pauses_that_double(pauses, progress):
    sender = Pretender([{"1.1": _NEVER, "1.2": _LATER}], [set()])
    deliver(sender, _FILES, progress, repeated(3, 2.0))
    assert sender.tried == [("1.1", "1.2"), ("1.2",), ("1.2",), ("1.2",)]
    assert pauses == [2.0, 4.0, 8.0]
    assert progress.report() == SendReport("there", failed={"1.1": "refused", "1.2": "busy"})


def test_no_pause_where_nothing_is_left(pauses, progress):
    sender = Pretender([{"1.1": Delivery(True, "stored with warning"), "1.2": _OK}], [{"1.1", "1.2"}])
    again = repeated(3, 2.0)
    deliver(sender, _FILES, progress, again)
    assert progress.report().accepted == ("1.1", "1.2")  # nobody has asked yet
    verify(sender, _FILES, progress, again)
    assert progress.report() == SendReport("there", ("1.1", "1.2"), warnings=("stored with warning",))
    assert (len(sender.tried), sender.asked, pauses) == (1, 1, [])


def test_without_repetitions_one_try_is_all(pauses, progress):
    sender = Pretender([{"1.1": _LATER, "1.2": _LATER}], [set()])
    deliver(sender, _FILES, progress, repeated(0, 2.0))
    assert (len(sender.tried), pauses) == (1, [])


def test_nothing_is_repeated_once_it_is_over(progress):
    over = threading.Event()
    over.set()
    sender = Pretender([{"1.1": _LATER, "1.2": _LATER}], [set()])
    deliver(sender, _FILES, progress, repeated(5, 60.0, over))
    assert len(sender.tried) == 1


def test_an_archive_may_need_a_moment_to_list_what_it_took(pauses, progress):
    sender = Pretender([{"1.1": _OK, "1.2": _OK}], [{"1.1"}, {"1.1", "1.2", "9.9"}])
    deliver(sender, _FILES, progress, repeated(0, 0))
    verify(sender, _FILES, progress, repeated(3, 2.0))
    assert progress.report() == SendReport("there", ("1.1", "1.2"))
    assert (sender.asked, pauses) == (2, [2.0])


def test_what_it_never_lists_is_not_stored(pauses, progress):
    sender = Pretender([{"1.1": _OK, "1.2": _OK}], [{"1.1"}])
    deliver(sender, _FILES, progress, repeated(0, 0))
    verify(sender, _FILES, progress, repeated(1, 2.0))
    assert progress.report() == SendReport("there", ("1.1",), failed={"1.2": "accepted, but not listed afterwards"})


@pytest.mark.parametrize(("listings", "stored"), [(["no C-FIND"], ()), ([{"1.1"}, "no C-FIND"], ("1.1",))])
def test_what_cannot_be_asked_for_is_accepted_and_not_stored(pauses, progress, listings, stored):
    sender = Pretender([{"1.1": _OK, "1.2": _OK}], listings)
    deliver(sender, _FILES, progress, repeated(0, 0))
    verify(sender, _FILES, progress, repeated(3, 2.0))
    report = progress.report()
    assert report.stored == stored
    assert report.accepted == tuple(uid for uid in ("1.1", "1.2") if uid not in stored)
    assert report.warnings == ("what arrived could not be verified: no C-FIND",)
    report.check()


def test_nobody_is_asked_where_nothing_was_taken(pauses, progress):
    sender = Pretender([{"1.1": _NEVER, "1.2": _NEVER}], [set()])
    deliver(sender, _FILES, progress, repeated(0, 0))
    verify(sender, _FILES, progress, repeated(3, 2.0))
    assert sender.asked == 0


def test_an_answer_that_tells_nothing_is_looked_up(pauses, progress):
    unclear = Delivery(False, "not understood", unclear=True)
    sender = Pretender([{"1.1": unclear, "1.2": unclear}], [{"1.1"}])
    deliver(sender, _FILES, progress, repeated(0, 0))
    verify(sender, _FILES, progress, repeated(0, 0))
    assert progress.report() == SendReport("there", ("1.1",), failed={"1.2": "not understood"})


def test_what_is_there_already_is_asked_first(progress):
    assert listed_already(Pretender([{}], [{"1.2", "9.9"}]), _FILES, progress, {"1.1"}) == {"1.2"}
    assert progress.report().stored == ("1.2",)


def test_what_was_accepted_counts_where_nobody_can_be_asked(progress):
    assert listed_already(Pretender([{}], ["no C-FIND"]), _FILES, progress, {"1.1"}) == {"1.1"}


def test_what_nobody_came_to_is_told_with_the_reason(progress):
    progress.tell("1.1", _OK)
    assert progress.report("the time is over").failed == {"1.2": "the time is over"}


def test_a_report_without_failures_is_fine():
    SendReport("dicom://A@h:1", ("1.2",)).check()


def test_a_report_with_failures_is_an_error_that_names_the_first():
    with pytest.raises(NotStoredError, match=r"1 of 2 objects were not stored at there; the first, 1\.1: refused"):
        SendReport("there", ("1.2",), failed={"1.1": "refused"}).check()


def test_a_reason_that_all_objects_share_is_told_once():
    report = SendReport("there", failed={"1.1": "nobody there", "1.2": "nobody there"})
    with pytest.raises(NotStoredError, match=r"^2 of 2 objects were not stored at there: nobody there$"):
        report.check()
    assert report.reasons == {"nobody there": ["1.1", "1.2"]}


@pytest.mark.parametrize(
    ("stored", "accepted", "words"),
    [
        (("1",), (), "1 objects stored at there"),
        ((), ("1", "2"), "2 objects accepted by there, not verified"),
        (("1",), ("2",), "1 objects stored at there; 1 objects accepted by there, not verified"),
    ],
)
def test_what_arrived_in_words(stored, accepted, words):
    assert SendReport("there", stored, accepted).words == words
