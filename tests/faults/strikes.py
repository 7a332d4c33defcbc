"""What happens to a run at its moment; done from outside, while the run waits."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.moments import JUMP
from tests.faults.places import Place
from tests.faults.starting import Running

_GROUPS = Path("/sys/fs/cgroup/memory")
GONE = "gone"  # what is taken away lies beside it


def strike(action: str, running: Running, place: Place, second: Callable[[bool], None], patient: Path) -> bytes:
    """Let an action happen, and return the word with which the run goes on.

    Parameters
    ----------
    action : name, with ":" and a number where it takes one
    running : the run
    place : of the case
    second : runs another run into the same folder until its end; True: of another patient
    patient : folder of another patient's study
    """
    name, _, amount = action.partition(":")
    if name in _SIGNALS:
        for number in _SIGNALS[name]:
            running.signal(number)
            time.sleep(0.05 if name == "twice" else 0.0)
    elif name in ("gone", "some-gone", "cut", "emptied", "other-patient"):
        _harm_input(name, place, patient)
    elif name == "full":
        place.fill()
    elif name == "ro":
        place.make_read_only()
    elif name == "memory":
        size = int(Path(f"/proc/{running.process}/statm").read_text().split()[0]) * os.sysconf("SC_PAGESIZE")
        _limit(running, resource.RLIMIT_AS, size + int(amount) * 1_000_000)
    elif name == "handles":
        _limit(running, resource.RLIMIT_NOFILE, max(map(int, os.listdir(f"/proc/{running.process}/fd"))) + int(amount))
    elif name == "cgroup":
        _confine(running, int(amount))
    elif name.startswith("second"):
        second(name == "second-other")
        if name == "second-then-kill":
            running.signal(signal.SIGKILL)
    elif name == "stranger":
        (place.output / "late.txt").write_bytes(b"of somebody else")
    elif name == "namesake":
        (place.output / "results").mkdir(exist_ok=True)
        (place.output / "results" / "segments.csv").write_bytes(b"of somebody else")
    elif name == "output-gone":
        shutil.rmtree(place.output)
    elif name == "jump":
        return JUMP
    else:
        raise ValueError(action)
    return b"."


_SIGNALS = {
    "kill": (signal.SIGKILL,),
    "term": (signal.SIGTERM,),
    "int": (signal.SIGINT,),
    "twice": (signal.SIGTERM, signal.SIGTERM),
}


def _limit(running: Running, kind: int, value: int) -> None:
    resource.prlimit(running.process, kind, (value, resource.prlimit(running.process, kind)[1]))


def _harm_input(name: str, place: Place, patient: Path) -> None:
    files = sorted(place.source.rglob("*.dcm"))
    if name == "gone":
        place.source.rename(place.folder / GONE)
        return
    shutil.copytree(place.source, place.folder / GONE)
    for path in files if name == "emptied" else files[len(files) // 2 :]:
        if name == "some-gone":
            path.unlink()
        elif name == "other-patient":
            shutil.copy(patient / path.name, path)
        else:
            os.truncate(path, 0 if name == "emptied" else path.stat().st_size // 2)


def mend_input(place: Place) -> None:
    """Put the study back as it was."""
    if (place.folder / GONE).exists():
        shutil.rmtree(place.source, ignore_errors=True)
        (place.folder / GONE).rename(place.source)


def _confine(running: Running, megabytes: int) -> None:
    """Put a run into a control group in which it may take so much more memory; the kernel kills what takes more."""
    group = _GROUPS / f"cmrmap-faults-{running.process}"
    group.mkdir()
    (group / "memory.limit_in_bytes").write_text(str(megabytes * 1_000_000))
    (group / "cgroup.procs").write_text(str(running.process))


def release_groups() -> None:
    """Remove the control groups of runs that have ended."""
    for group in _GROUPS.glob("cmrmap-faults-*"):
        with contextlib.suppress(OSError):
            group.rmdir()
