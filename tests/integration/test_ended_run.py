"""A run as a user's shell starts it, which sets no number of threads: a signal ends it with its own words and code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

#: without them, numpy starts a thread for each core when it is imported
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def _open_threads(process: int) -> list[str]:
    """Threads that do not hold both signals: one waits for them; given to any other, they end the process."""
    wanted = sum(1 << (one - 1) for one in (signal.SIGTERM, signal.SIGINT))
    told = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/status")]
    masks = [next(line for line in text.splitlines() if line.startswith("SigBlk")).split()[1] for text in told]
    assert masks
    return [mask for mask in masks if int(mask, 16) & wanted != wanted]


@pytest.mark.parametrize("command", [("-m", "app"), ("-m", "cmrmap", "run"), ("bin/monai-deploy", "exec", ".")])
def test_a_signal_ends_a_run_by_its_own_words(command: tuple[str, ...], one_slice_study: Path, tmp_path: Path) -> None:
    status = tmp_path / "out" / "results" / "status.json"
    started = subprocess.Popen(
        [sys.executable, *command, "-i", str(one_slice_study), "-o", str(tmp_path / "out"), "-l", "ERROR"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name not in _THREADS} | {"PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + 120
        while not status.exists() and started.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.3)
        found = _open_threads(started.pid) if Path("/proc/self/task").is_dir() else []
        started.terminate()
        _, said = started.communicate(timeout=60)
    finally:
        started.kill()
    assert len(found) <= 1
    assert (started.returncode, said.count("\n"), "was ended by SIGTERM" in said) == (143, 1, True)
    assert json.loads(status.read_text(encoding="utf-8"))["exit_code"] == 143
