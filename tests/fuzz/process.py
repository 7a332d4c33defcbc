"""One run of the command: in a child of this process that has imported everything, or as a process of its own.

Both are watched from outside: seconds of the processor and of the clock, memory, what was said.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cmrmap.pipeline.in_process import run_in_process
from cmrmap.run.entry import run_command as run_entry
from cmrmap.run.signals import hold_signals

ROOT = Path(__file__).resolve().parents[2]
#: what a run may take; the clock of a busy machine is no measure: its limit ends what waits for ever
PROCESSOR_S, CLOCK_S, MEMORY_BYTES = 60.0, 300.0, 3_000_000_000
_LOOK_S = 0.05


@dataclass(frozen=True)
class Ran:
    """What became of a run: its exit code (-9 where it was killed), why we ended it (or ""), what it said and took."""

    code: int
    ended: str
    stdout: str
    stderr: str
    processor_s: float
    clock_s: float
    memory_bytes: int


def command_line(arguments: Sequence[str]) -> None:
    """Be ``cmrmap run`` with these arguments, but for the parser of verbs, which takes longer than most mutants."""
    hold_signals()
    sys.exit(run_entry(run_in_process, arguments[1:], program="cmrmap run"))


def run_forked(arguments: Sequence[str], folder: Path, entry: Callable[[Sequence[str]], None] = command_line) -> Ran:
    """Run the command in a child of this process; what it says goes to files in ``folder``."""
    begun = time.monotonic()
    child = os.fork()
    if child == 0:
        _be_the_command(arguments, folder, entry)
    return _watched(child, folder, begun)


def run_command(arguments: Sequence[str], folder: Path) -> Ran:
    """Run the command as a user does."""
    begun = time.monotonic()
    with (folder / "stdout").open("wb") as said, (folder / "stderr").open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "cmrmap", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=told
        )
    ran = _watched(process.pid, folder, begun)
    process.returncode = ran.code  # it was waited for
    return ran


def _be_the_command(arguments: Sequence[str], folder: Path, entry: Callable[[Sequence[str]], None]) -> None:
    code = 1
    try:
        for number, name in ((1, "stdout"), (2, "stderr")):
            target = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            os.dup2(target, number)
            os.close(target)
        sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (int(PROCESSOR_S) + 1,) * 2)
        entry(arguments)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _watched(child: int, folder: Path, begun: float) -> Ran:
    poll = select.poll()
    handle = os.pidfd_open(child)
    poll.register(handle, select.POLLIN)
    ended = ""
    try:
        while not poll.poll(_LOOK_S * 1000.0):
            if time.monotonic() - begun > CLOCK_S:
                ended = f"more than {CLOCK_S:.0f} s on the clock"
            elif _resident_bytes(child) > MEMORY_BYTES:
                ended = f"more than {MEMORY_BYTES / 1e9:.0f} GB"
            if ended:
                os.kill(child, signal.SIGKILL)
                break
    finally:
        os.close(handle)
    _, status, used = os.wait4(child, 0)
    processor_s = used.ru_utime + used.ru_stime
    memory_bytes = used.ru_maxrss * 1024
    if not ended and processor_s > PROCESSOR_S:
        ended = f"more than {PROCESSOR_S:.0f} s of the processor"
    if not ended and memory_bytes > MEMORY_BYTES:
        ended = f"more than {MEMORY_BYTES / 1e9:.0f} GB"
    said, told = ((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("stdout", "stderr"))
    code = os.waitstatus_to_exitcode(status)
    return Ran(code, ended, said, told, processor_s, time.monotonic() - begun, memory_bytes)


def _resident_bytes(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):  # it has just ended
        return 0
