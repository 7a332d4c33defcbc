"""An Orthanc on loopback, started and stopped by the tests that need an archive."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.presentation import AllStoragePresentationContexts

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end_process(process: subprocess.Popen[bytes]) -> None:
    """End a server: asked first, forced after half a minute."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Archive:
    """An Orthanc with DICOMweb and WADO, with a storage node beside it that C-MOVE sends to."""

    def __init__(self, folder: Path) -> None:
        if not PLUGIN.is_file():
            pytest.skip("orthanc-dicomweb is not installed (`make system-packages`)")
        self.http, self.dicom, self.mover = free_port(), free_port(), free_port()
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
            "Plugins": [str(PLUGIN)],
            "DicomWeb": {
                "Enable": True,
                "Root": "/dicom-web/",
                "EnableWado": True,
                "WadoRoot": "/wado",
                "StudiesMetadata": "Full",
                "SeriesMetadata": "Full",
            },
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

    def ask(self, path: str, method: str = "GET", content: bytes | None = None) -> bytes:
        """Ask its own interface and return the body of the answer."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method=method, data=content)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return bytes(answer.read())

    def empty(self) -> None:
        """Remove all that it holds."""
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
        """End it."""
        end_process(self._process)
