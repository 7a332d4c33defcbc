"""The application sends by itself to an archive that never ends to answer: it can be ended, its results are kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.unit.dicom.transfer.raw_server import dripping, talking

ROOT = Path(__file__).resolve().parents[2]
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/dicom+json\r\nContent-Length: 100000\r\n\r\n["


@pytest.mark.slow
@pytest.mark.parametrize("module", ["app", "cmrmap"])
def test_a_run_is_ended_while_it_sends(one_slice_study: Path, tmp_path: Path, module: str) -> None:
    connected = threading.Event()
    drip = dripping(_ANSWER)

    def talk(connection: Any) -> None:
        connected.set()
        drip(connection)

    verb = ["run"] if module == "cmrmap" else []
    with talking(talk) as port:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *verb, "-i", str(one_slice_study), "-o", str(tmp_path / "out")],
            cwd=ROOT,
            env=os.environ | {"CMRMAP_SEND_TO": f"http://127.0.0.1:{port}/web"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert connected.wait(300)
        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1]
        assert time.monotonic() - started < 5
    assert process.returncode == 143
    assert "cmrmap: the run was ended by SIGTERM while sending; the results are written" in said.splitlines()[-1]
    status = json.loads((tmp_path / "out/results/status.json").read_text(encoding="utf-8"))
    objects = [one for one in status["objects"] if one["file"].endswith(".dcm")]
    assert (status["exit_code"], status["maps"]["ecv"]["status"]) == (143, "ok")
    assert all((tmp_path / "out" / one["file"]).is_file() and one["sent"] == "not stored" for one in objects)
    assert status["sent"]["not stored"] == len(objects) > 10
