"""``cmrmap send`` as a process: how it ends, what it says, and what it leaves for the next time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from cmrmap.cli.main import cli
from cmrmap.core.errors import InputError, NotStoredError
from cmrmap.run.outcome import MapVerdict, Outcome, write_status
from cmrmap.run.staging import stage
from tests.unit.dicom.transfer.raw_server import dripping, talking

ROOT = Path(__file__).resolve().parents[3]
_UIDS = [f"1.2.{number}" for number in range(1, 6)]
_MR, _FIND = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.2.2.1"
_QUICK = ["--retries", "0", "--wait-s", "0", "--timeout-s", "5"]
_DROPS = b"\x02\x00\x00\x00\x00\xff"


def _object(uid: str) -> tuple[str, bytes]:
    header = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = uid
    buffer = pydicom.filebase.DicomBytesIO()
    header.save_as(buffer)
    return f"{uid}.dcm", buffer.getvalue()


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The output folder of a run that made five objects."""
    folder, outcome = tmp_path / "out", Outcome()
    staged = stage(folder, map(_object, _UIDS))
    outcome.objects = staged.files
    staged.move()
    outcome.report({"t2": MapVerdict("ok")}, 0)
    write_status(folder, outcome)
    return folder


class Archive:
    """A node that counts what comes, refuses what it shall, and lists what it has if it can be asked."""

    def __init__(self) -> None:
        self.came: list[str] = []
        self.has: set[str] = set()
        self.refuses: set[str] = set()
        self.address = ""

    def store(self, event: evt.Event) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        self.came.append(uid)
        if uid in self.refuses:
            return 0xC000
        self.has.add(uid)
        return 0x0000

    def find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        for uid in sorted(self.has):
            answer = Dataset()
            answer.QueryRetrieveLevel, answer.SOPInstanceUID = "IMAGE", uid
            yield 0xFF00, answer
        yield 0x0000, None


@pytest.fixture(params=[True, False], ids=["can be asked", "cannot be asked"])
def archive(request: pytest.FixtureRequest) -> Iterator[Archive]:
    made, entity = Archive(), AE(ae_title="ARCHIVE")
    entity.add_supported_context(_MR)
    if request.param:
        entity.add_supported_context(_FIND)
    handlers: Any = [(evt.EVT_C_STORE, made.store), (evt.EVT_C_FIND, made.find)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    made.address = f"dicom://ARCHIVE@127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()


def _send(folder: Path, to: str, *more: str) -> None:
    cli(["send", str(folder), "--to", to, *_QUICK, *more], standalone_mode=False)


def _states(folder: Path) -> dict[str, str]:
    status = json.loads((folder / "results/status.json").read_text(encoding="utf-8"))
    return {one["file"].removesuffix(".dcm"): one["sent"] for one in status["objects"]}


def test_only_what_is_missing_is_sent_again(
    results: Path, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    there = "stored" if _may_be_asked(archive) else "accepted, not verified"
    archive.refuses = {_UIDS[1], _UIDS[3]}
    with pytest.raises(NotStoredError, match="2 of 5"):
        _send(results, archive.address)
    assert f"not stored: {_UIDS[1]}, {_UIDS[3]}: refused with status 0xC000" in capsys.readouterr().err
    expected = {uid: "not stored" if uid in archive.refuses else there for uid in _UIDS}
    assert _states(results) == expected

    archive.refuses, archive.came = set(), []
    _send(results, archive.address)
    assert archive.came == [_UIDS[1], _UIDS[3]]
    assert _states(results) == dict.fromkeys(_UIDS, there)

    archive.came = []
    _send(results, archive.address)  # all of it is there
    assert archive.came == []
    _send(results, archive.address, "--no-resume")
    assert archive.came == _UIDS


def _may_be_asked(archive: Archive) -> bool:
    asker = AE()
    asker.add_requested_context(_FIND)
    host, port = archive.address.rpartition("@")[2].split(":")
    association = asker.associate(host, int(port))
    offered = bool(association.accepted_contexts)
    association.abort()
    return offered


@pytest.mark.parametrize("archive", [True], indirect=True)
def test_what_an_archive_has_lost_is_sent_again(results: Path, archive: Archive) -> None:
    _send(results, archive.address)
    archive.has.remove(_UIDS[2])
    archive.came = []
    _send(results, archive.address)
    assert archive.came == [_UIDS[2]]


def test_another_archive_gets_everything(results: Path, archive: Archive) -> None:
    _send(results, archive.address)
    archive.came = []
    _send(results, f"{archive.address}?from=ANOTHER")  # the same address: nothing
    assert archive.came == []
    _send(results, archive.address.replace("127.0.0.1", "localhost"))
    assert archive.came == _UIDS


def test_what_was_not_verified_is_not_called_stored(
    results: Path, archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    _send(results, archive.address, "--no-verify")
    assert capsys.readouterr().out == f"5 objects accepted by {archive.address}, not verified\n"
    assert set(_states(results).values()) == {"accepted, not verified"}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # see test_sending
def test_a_dead_host_is_told_once(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with talking(lambda connection: None) as port:
        pass
    for address in (f"dicom://A@127.0.0.1:{port}", f"http://127.0.0.1:{port}/web"):
        with pytest.raises(NotStoredError, match=r"^5 of 5 objects were not stored at ") as told:
            _send(results, address)
        assert capsys.readouterr() == ("", "")
        assert str(told.value).count("127.0.0.1") == 2  # where to, and why not


def test_a_folder_that_cannot_be_written_is_sent_all_the_same(
    results: Path, archive: Archive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        from cmrmap.core.errors import OutputError

        raise OutputError("no space left")

    monkeypatch.setattr("cmrmap.run.sent_record.write_file", full)
    _send(results, archive.address)
    assert archive.came == _UIDS
    assert "warning: status.json cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("archive", [True], indirect=True)
def test_a_folder_of_others_may_be_resumed_too(results: Path, archive: Archive) -> None:
    (results / "results/status.json").unlink()
    archive.has = set(_UIDS[:3])
    _send(results, archive.address, "--resume")
    assert archive.came == _UIDS[3:]
    assert not (results / "results/status.json").exists()


def _start(folder: Path, to: str, *more: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cmrmap", "send", str(folder), "--to", to, "--timeout-s", "60", *more],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("CMRMAP")} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    ("way", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), ("HOLOSCAN_TIMEOUT", 124), ("limit", 5)]
)
def test_a_server_that_drips_does_not_hold_it(results: Path, way: signal.Signals | str, code: int) -> None:
    connected = threading.Event()
    drip = dripping(_DROPS)

    def talk(connection: Any) -> None:
        connected.set()
        drip(connection)

    with talking(talk) as port:
        more = ["--limit-s", "3"] if way == "limit" else []
        variables = {"HOLOSCAN_TIMEOUT": "4"} if way == "HOLOSCAN_TIMEOUT" else {}
        process = _start(results, f"dicom://A@127.0.0.1:{port}", *more, **variables)
        assert connected.wait(60)
        started = time.monotonic()
        if isinstance(way, signal.Signals):
            process.send_signal(way)
        said = process.communicate(timeout=20)[1]
        assert time.monotonic() - started < (5 if isinstance(way, signal.Signals) else 9)
    assert (process.returncode, len(said.splitlines())) == (code, 1), said
    assert "Traceback" not in said
    assert set(_states(results).values()) == {"not stored"}


@pytest.mark.parametrize(
    "to",
    [
        "",
        " ",
        "pacs",
        "dicom://",
        "dicom://A@",
        "dicom://A@host",
        "dicom://A@host:0",
        "dicom://A@host:99999",
        "dicom://A@host:-1",
        "dicom://A@host:1e3",
        "dicom://A@ho st:104",
        "dicom://A@..:104",
        f"dicom://A@{'x' * 64}:104",
        f"dicom://A@{'x.' * 200}x:104",
        "dicom://A@[::1:104",
        "dicom://A@[::g]:104",
        "dicom://A@host:104/path",
        "dicom://A@host:104?form=B",
        "dicom://A@host:104?from=",
        "dicom://A:s3cret@host:104",
        "dicom://%5C@host:104",
        "dicom://A@host:104#x",
        "dicom://TOOLONGTITLE12345@host:104",
        "http://",
        "http://[",
        "https://host:port",
        "https://host:99999/web",
        "https://host/web?token=s3cret",
        "https://me:s3cret@/web",
        "me:s3cret@host/web",
        "https:host/web",
        "ftp://host",
        "file:///etc/passwd",
        "https://host/\u00e9",
        "https://\u2100.example/",
        "https://host\x00/",
        "https://ho\nst/",
    ],
)
def test_a_bad_address_is_one_line(results: Path, to: str) -> None:
    with pytest.raises(InputError, match="expected") as told:
        _send(results, to)
    assert "s3cret" not in str(told.value)
    assert "\n" not in str(told.value)
    assert told.value.exit_code == 2


@pytest.mark.parametrize(
    "to",
    [
        "dicom://A@host:104",
        "DICOM://A@host.:104/",
        "dicom-tls://MY%20PACS@[::1]:2762?from=B",
        "https://10.0.0.1:8443/a/b/",
        "http://[::1]:80/web",
    ],
)
def test_an_odd_address_may_be_right(to: str) -> None:
    from cmrmap.dicom.transfer.destinations import parse_destination

    assert parse_destination(to).address
