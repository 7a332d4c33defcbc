"""A real archive between: everything that the demo run wrote goes to Orthanc and comes back as it was, by both ways."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from dicomweb_client.api import DICOMwebClient
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts

from cmrmap.dicom.transfer.destinations import parse_destination
from cmrmap.dicom.transfer.sending import find_files, send

_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"

pytestmark = pytest.mark.program("Orthanc")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Archive:
    """An Orthanc on loopback, with a storage node beside it that C-MOVE sends to."""

    def __init__(self, folder: Path) -> None:
        self.http, self.dicom, self.mover = _free_port(), _free_port(), _free_port()
        settings = {
            "Name": "test",
            "StorageDirectory": str(folder / "db"),
            "IndexDirectory": str(folder / "db"),
            "HttpPort": self.http,
            "DicomPort": self.dicom,
            "DicomAet": "ORTHANC",
            "DicomCheckCalledAet": False,
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "DicomModalities": {"mover": ["MOVER", "127.0.0.1", self.mover]},
            "DicomAlwaysAllowFind": True,
            "DicomAlwaysAllowMove": True,
            "UnknownSopClassAccepted": True,
            "Plugins": [str(_PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        }
        (folder / "orthanc.json").write_text(json.dumps(settings))
        self.web = f"http://127.0.0.1:{self.http}/dicom-web"
        self.node = f"dicom://ORTHANC@127.0.0.1:{self.dicom}"
        command = [shutil.which("Orthanc") or "Orthanc", str(folder / "orthanc.json")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._await()

    def _await(self) -> None:
        for _ in range(300):
            if self._process.poll() is not None:
                break
            try:
                self.ask("/system")
                return
            except OSError:
                time.sleep(0.2)
        self.close()
        pytest.fail("Orthanc did not start")

    def ask(self, path: str, method: str = "GET") -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def empty(self) -> None:
        for patient in json.loads(self.ask("/patients")):
            self.ask(f"/patients/{patient}", "DELETE")

    def move(self, study_uid: str) -> dict[str, Dataset]:
        """C-MOVE a study to the node beside the archive."""
        got: dict[str, Dataset] = {}

        def store(event: evt.Event) -> int:
            dataset = event.dataset
            got[str(dataset.SOPInstanceUID)] = dataset
            return 0x0000

        receiver = AE(ae_title="MOVER")
        receiver.supported_contexts = AllStoragePresentationContexts
        server = receiver.start_server(("127.0.0.1", self.mover), block=False, evt_handlers=[(evt.EVT_C_STORE, store)])
        try:
            query = Dataset()
            query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", study_uid
            asker = AE(ae_title="ASKER")
            asker.add_requested_context(_MOVE)
            association = asker.associate("127.0.0.1", self.dicom, ae_title="ORTHANC")
            assert association.is_established
            statuses = [status.Status for status, _ in association.send_c_move(query, "MOVER", _MOVE)]
            association.release()
        finally:
            server.shutdown()
        assert statuses[-1] == 0x0000
        return got

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    if not _PLUGIN.is_file():
        pytest.skip("orthanc-dicomweb is not installed (`make system-packages`)")
    running = Archive(tmp_path_factory.mktemp("orthanc"))
    yield running
    running.close()


@pytest.fixture(scope="module")
def outgoing(demo_run):
    assert demo_run.exit_code == 0, demo_run.stderr
    return find_files(demo_run.output)


@pytest.fixture(scope="module")
def originals(outgoing):
    return {one.sop_instance_uid: pydicom.dcmread(one.path) for one in outgoing}


def _same(found: Dataset, original: Dataset) -> bool:
    """Every attribute of the data set, pixels and documents included."""
    return Dataset(found) == Dataset(original)


def test_store_find_and_move(archive, outgoing, originals) -> None:
    archive.empty()
    report = send(outgoing, parse_destination(archive.node), timeout_s=120.0)
    assert (dict(report.failed), report.warnings) == ({}, ())
    assert set(report.stored) == set(originals)
    moved = archive.move(outgoing[0].study_uid)
    assert moved.keys() == originals.keys()
    assert [uid for uid, dataset in moved.items() if not _same(dataset, originals[uid])] == []


def test_stow_qido_and_wado(archive, outgoing, originals) -> None:
    archive.empty()
    report = send(outgoing, parse_destination(archive.web), timeout_s=120.0)
    assert (dict(report.failed), report.warnings) == ({}, ())
    client = DICOMwebClient(archive.web)
    study_uid = outgoing[0].study_uid
    (listed,) = client.search_for_studies(search_filters={"StudyInstanceUID": study_uid})
    assert listed["0020000D"]["Value"] == [study_uid]
    series = client.search_for_series(study_uid)
    assert {one["0020000E"]["Value"][0] for one in series} == {str(o.SeriesInstanceUID) for o in originals.values()}
    retrieved = {str(d.SOPInstanceUID): d for d in client.retrieve_study(study_uid)}
    assert retrieved.keys() == originals.keys()
    assert [uid for uid, dataset in retrieved.items() if not _same(dataset, originals[uid])] == []


def test_the_archive_keeps_the_files_byte_by_byte_and_sending_twice_changes_nothing(archive, outgoing) -> None:
    archive.empty()
    for _ in range(2):
        send(outgoing, parse_destination(archive.node), timeout_s=120.0).check()
    instances = json.loads(archive.ask("/instances?expand"))
    assert len(instances) == len(outgoing)
    paths = {one.sop_instance_uid: one.path for one in outgoing}
    for instance in instances:
        kept = pydicom.dcmread(BytesIO(archive.ask(f"/instances/{instance['ID']}/file")))
        assert _same(kept, pydicom.dcmread(paths[instance["MainDicomTags"]["SOPInstanceUID"]]))


def test_pictures_and_maps_can_be_shown_by_the_archive(archive, outgoing, originals) -> None:
    send(outgoing, parse_destination(archive.node), timeout_s=120.0).check()
    shown = 0
    for instance in json.loads(archive.ask("/instances?expand")):
        kind = originals[instance["MainDicomTags"]["SOPInstanceUID"]].SOPClassUID.name
        if kind in ("MR Image Storage", "Secondary Capture Image Storage"):
            assert archive.ask(f"/instances/{instance['ID']}/preview").startswith(b"\x89PNG")
            shown += 1
    assert shown >= 40


def test_an_archive_that_is_gone_is_told(outgoing) -> None:
    gone = parse_destination(f"http://127.0.0.1:{_free_port()}/dicom-web")
    report = send(outgoing[:1], gone, retries=0)
    assert "no answer from" in next(iter(report.failed.values()))
