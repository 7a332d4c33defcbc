"""What is tied to a process ends with it, and otherwise runs as if it were not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cmrmap.cohort import tied

TIED = str(Path(tied.__file__))


def test_a_command_runs_with_its_arguments_and_exit_code() -> None:
    command = [sys.executable, "-c", "import sys; print(sys.argv[1:]); sys.exit(7)", "a b", "-c"]
    done = subprocess.run(
        [sys.executable, TIED, str(os.getpid()), *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 7
    assert done.stdout.strip() == "['a b', '-c']"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_ends_when_its_parent_is_killed() -> None:
    parent_code = (
        "import os, subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, {TIED!r}, str(os.getpid()), sys.executable, '-c',\n"
        "    'import time; print(\"up\", flush=True); time.sleep(120)'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _runs(child)
    parent.send_signal(signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 20
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_it_does_not_begin_when_its_parent_has_ended_already() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    command = [sys.executable, TIED, str(gone.pid), sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 128 + signal.SIGTERM
    assert not done.stdout


def _runs(process: int) -> bool:
    """Whether the process is there and not only waits to be collected."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
