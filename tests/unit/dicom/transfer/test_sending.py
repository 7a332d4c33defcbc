"""Sending to nodes in this process that behave badly in every way a real one does."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError, NotStoredError
from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import find_files, send

_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_QUICK = {"retries": 2, "wait_s": 0.01, "timeout_s": 10.0}


class Node:
    """A storage node: what it got, and what it shall answer."""

    def __init__(self) -> None:
        self.got: dict[str, Dataset] = {}
        self.attempts: Counter[str] = Counter()
        self.answer = lambda uid, attempt: 0x0000
        self.listed = None  # None: everything that it got
        self.associations = 0

    def store(self, event):
        uid = str(event.request.AffectedSOPInstanceUID)
        self.attempts[uid] += 1
        status = self.answer(uid, self.attempts[uid])
        if status == "abort":
            event.assoc.abort()
            return 0x0110
        if status == 0x0000 or 0xB000 <= status <= 0xBFFF:
            dataset = event.dataset
            dataset.file_meta = event.file_meta
            self.got[uid] = dataset
        return status

    def find(self, event):
        for uid in self.got if self.listed is None else self.listed:
            answer = Dataset()
            answer.QueryRetrieveLevel = "IMAGE"
            answer.SOPInstanceUID = uid
            yield 0xFF00, answer
        yield 0x0000, None

    def established(self, event):
        self.associations += 1


@contextmanager
def serving(node: Node, classes, syntaxes=(ExplicitVRLittleEndian,), find=True, require_called=False):
    entity = AE(ae_title="ARCHIVE")
    entity.require_called_aet = require_called
    for sop_class in classes:
        entity.add_supported_context(sop_class, list(syntaxes))
    if find:
        entity.add_supported_context(_FIND)
    handlers = [(evt.EVT_C_STORE, node.store), (evt.EVT_C_FIND, node.find), (evt.EVT_ESTABLISHED, node.established)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        yield parse_destination(f"dicom://ARCHIVE@127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()


def test_every_kind_of_object_arrives_unchanged(outgoing, classes):
    node = Node()
    with serving(node, classes) as there:
        report = send(outgoing, there, **_QUICK)
    assert (report.failed, report.warnings) == ({}, ())
    assert set(report.stored) == {one.sop_instance_uid for one in outgoing} == set(node.got)
    for one in outgoing:
        assert node.got[one.sop_instance_uid] == pydicom.dcmread(one.path)
    report.check()


def test_a_class_that_is_not_accepted_fails_alone_and_is_not_repeated(outgoing, classes):
    node = Node()
    refused = "1.2.840.10008.5.1.4.1.1.30"  # Parametric Map
    with serving(node, classes - {refused}) as there:
        report = send(outgoing, there, **_QUICK)
    (reason,) = report.failed.values()
    assert "does not accept Parametric Map Storage in Explicit VR Little Endian" in reason
    assert len(report.stored) == len(outgoing) - 1
    assert node.associations == 2  # one to send, one to ask
    with pytest.raises(NotStoredError, match=f"1 of {len(outgoing)} objects were not stored") as caught:
        report.check()
    assert caught.value.exit_code == 5


def test_a_transfer_syntax_that_is_not_accepted_is_no_reason_to_send_another(outgoing, classes):
    node = Node()
    with serving(node, classes, (ImplicitVRLittleEndian,)) as there:
        report = send(outgoing, there, **_QUICK)
    assert node.got == {}
    assert len(report.failed) == len(outgoing)


def test_out_of_resources_is_tried_again(outgoing, classes):
    node = Node()
    node.answer = lambda uid, attempt: 0xA700 if attempt < 3 else 0x0000
    with serving(node, classes) as there:
        report = send(outgoing, there, **_QUICK)
    assert report.failed == {}
    assert set(node.attempts.values()) == {3}


def test_what_stays_refused_is_told_and_the_rest_is_stored(outgoing, classes):
    node = Node()
    bad = outgoing[0].sop_instance_uid
    node.answer = lambda uid, attempt: 0xC000 if uid == bad else 0x0000
    with serving(node, classes) as there:
        report = send(outgoing, there, **_QUICK)
    assert dict(report.failed) == {bad: "refused with status 0xC000"}
    assert node.attempts[bad] == 1
    assert len(report.stored) == len(outgoing) - 1


def test_a_lost_association_is_made_again_for_what_is_left(outgoing, classes):
    node = Node()
    second = outgoing[1].sop_instance_uid
    node.answer = lambda uid, attempt: "abort" if uid == second and attempt == 1 else 0x0000
    with serving(node, classes) as there:
        report = send(outgoing, there, **_QUICK)
    assert report.failed == {}
    assert set(node.got) == {one.sop_instance_uid for one in outgoing}
    assert node.attempts[outgoing[0].sop_instance_uid] == 1


def test_what_is_taken_but_not_listed_is_not_stored(outgoing, classes):
    node = Node()
    lost = outgoing[-1].sop_instance_uid
    node.listed = [one.sop_instance_uid for one in outgoing if one.sop_instance_uid != lost]
    with serving(node, classes) as there:
        report = send(outgoing, there, **_QUICK)
        unverified = send(outgoing, there, verify=False, **_QUICK)
    assert dict(report.failed) == {lost: "accepted, but not listed afterwards"}
    assert unverified.failed == {}


def test_a_node_that_cannot_be_asked_is_a_warning(outgoing, classes):
    with serving(Node(), classes, find=False) as there:
        report = send(outgoing, there, **_QUICK)
    assert report.failed == {}
    (warning,) = report.warnings
    assert "could not be verified" in warning


def test_a_warning_status_is_stored_and_told(outgoing, classes):
    node = Node()
    node.answer = lambda uid, attempt: 0xB000
    with serving(node, classes) as there:
        report = send(outgoing, there, **_QUICK)
    assert report.failed == {}
    assert report.warnings == ("stored with warning 0xB000",)


def test_a_wrong_title_is_rejected_for_good(outgoing, classes):
    node = Node()
    with serving(node, classes, require_called=True) as there:
        wrong = parse_destination(f"dicom://OTHER@127.0.0.1:{there.port}")
        report = send(outgoing, wrong, retries=5, wait_s=30.0)  # would take minutes if it were tried again
    assert len(report.failed) == len(outgoing)
    assert all("rejects the association" in reason for reason in report.failed.values())


# the library leaves the socket of a refused connection to the garbage collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_nobody_there(outgoing):
    with serving(Node(), ["1.2.840.10008.1.1"]) as there:
        pass
    report = send(outgoing, there, retries=1, wait_s=0.01, timeout_s=2.0)
    assert all("is it running?" in reason for reason in report.failed.values())
    assert len(report.failed) == len(outgoing)


def test_files_that_cannot_be_sent(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        find_files(tmp_path / "none")
    with pytest.raises(InputError, match=r"holds no \*\.dcm"):
        find_files(tmp_path)
    (tmp_path / "bad.dcm").write_text("no DICOM")
    with pytest.raises(InputError, match="cannot be sent"):
        find_files(tmp_path)


def test_the_command_says_what_was_stored(folder, outgoing, classes, capsys):
    with serving(Node(), classes) as there:
        cli(["send", str(folder), "--to", there.address], standalone_mode=False)
    assert f"{len(outgoing)} objects stored at {there.address}" in capsys.readouterr().out


def test_the_command_fails_where_one_object_is_not_stored(folder, outgoing, classes, capsys):
    node = Node()
    node.answer = lambda uid, attempt: 0xC000 if uid == outgoing[0].sop_instance_uid else 0x0000
    with serving(node, classes) as there, pytest.raises(NotStoredError):
        cli(["send", str(folder), "--to", there.address], standalone_mode=False)
    assert f"not stored: {outgoing[0].sop_instance_uid}" in capsys.readouterr().err


def test_a_file_in_a_folder_that_cannot_be_sent_is_told_without_its_name(tmp_path):
    (tmp_path / "Doe^Jane.dcm").write_text("no DICOM")
    with pytest.raises(InputError, match=r"one of the 1 \*\.dcm files in .* cannot be sent") as told:
        find_files(tmp_path)
    assert "Doe" not in str(told.value)
