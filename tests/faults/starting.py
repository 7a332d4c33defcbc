"""Start a run: as a process of its own, or forked from this one, in which everything is imported already."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.moments import Watch, spelled

ROOT = Path(__file__).resolve().parents[2]
_INJECTED = Path(__file__).with_name("injected")
#: descriptors of the pipes in a forked run, far from those that it opens
_TELL, _ANSWER = 200, 201
_LONGEST_S = 240.0
_URGENT = -10  # niceness of a run that was told to end: how long it takes is measured


@dataclass(frozen=True)
class Started:
    """What is started.

    Attributes
    ----------
    program : "run" (cmrmap run), "app" (python -m app) or "send"
    arguments : of the program
    source, output : folders
    folder : for what it says; its temporary folder is below
    moment : see `Watch`
    streams : by number of the stream (0, 1, 2): "closed", "full" (no space) or "broken" (nobody reads)
    variables : of the environment
    cold : a process of its own, which imports everything
    limits : by the resource's name in the module `resource`: soft limit from the start
    """

    program: str
    arguments: tuple[str, ...]
    source: Path
    output: Path
    folder: Path
    moment: str = ""
    streams: Mapping[int, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    cold: bool = False
    limits: Mapping[str, int] = field(default_factory=dict)


@dataclass
class Running:
    """A run that has been started."""

    process: int
    tell: int
    answer: int
    begun: float
    folder: Path

    def wait_for_moment(self, longest_s: float = _LONGEST_S) -> bool:
        """Wait until the run stops at its moment; False: it ended without."""
        import select

        ready, _, _ = select.select([self.tell], [], [], longest_s)
        return bool(ready) and os.read(self.tell, 1) == b"!"

    def go_on(self, word: bytes = b".") -> None:
        """Let the run go on."""
        with contextlib.suppress(OSError):
            os.write(self.answer, word)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the run; how long it takes to end must not depend on what else the machine does."""
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{self.process}/task"):
                os.setpriority(os.PRIO_PROCESS, int(thread), _URGENT)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, number)

    def wait(self, longest_s: float = _LONGEST_S) -> int | None:
        """Wait for the end: exit code, minus the number of a signal that killed it; None: it hangs, and is killed."""
        until = time.monotonic() + longest_s
        while True:
            found, status = os.waitpid(self.process, os.WNOHANG)
            if found:
                break
            if time.monotonic() > until:
                os.kill(self.process, signal.SIGKILL)
                os.waitpid(self.process, 0)
                self._close()
                return None
            time.sleep(0.01)
        self._close()
        return os.waitstatus_to_exitcode(status)

    def counted(self) -> bytes:
        """Return what a run that was only counted told."""
        parts = []
        while part := os.read(self.tell, 65536):
            parts.append(part)
        return b"".join(parts)

    def said(self) -> str:
        """Return what the run said on stderr."""
        return (self.folder / "stderr.txt").read_text(encoding="utf-8", errors="replace")

    def survivors(self) -> list[int]:
        """Return the processes of the run's session that are still there."""
        found = []
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                parts = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(parts[3]) == self.process and parts[0] != "Z":
                    found.append(int(entry.name))
        return found

    def _close(self) -> None:
        self.counts = b""
        os.close(self.answer)


def start(run: Started, stages: tuple[str, ...]) -> Running:
    """Start a run.

    Parameters
    ----------
    run : what is started
    stages : names of the application's stages in their order
    """
    (run.folder / "tmp").mkdir(parents=True, exist_ok=True)
    tell, answer = os.pipe(), os.pipe()
    begun = time.monotonic()
    process = (_cold if run.cold else _forked)(run, stages, tell[1], answer[0])
    os.close(tell[1])
    os.close(answer[0])
    return Running(process, tell[0], answer[1], begun, run.folder)


def _environment(run: Started) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("CMRMAP_", "HOLOSCAN_", "MERCURE_"))}
    return {**kept, "TMPDIR": str(run.folder / "tmp"), "CMRMAP_STACK_SETTLED": "1", **run.variables}


def _command(run: Started) -> list[str]:
    return ["-m", "app", *run.arguments] if run.program == "app" else ["-m", "cmrmap", run.program, *run.arguments]


def _cold(run: Started, stages: tuple[str, ...], tell: int, answer: int) -> int:
    variables = _environment(run)
    variables["PYTHONPATH"] = os.pathsep.join([str(_INJECTED), str(ROOT)])
    variables["CMRMAP_FAULT_MOMENT"] = spelled(run.moment, run.source, run.output, (tell, answer), stages)

    def prepare() -> None:
        _limit(run)
        _set_streams(run)

    process = subprocess.Popen(
        [sys.executable, *_command(run)],
        cwd=ROOT,
        env=variables,
        pass_fds=(tell, answer),
        preexec_fn=prepare,
        start_new_session=True,
    )
    process.returncode = 0  # waited for by `Running.wait`
    return process.pid


def _forked(run: Started, stages: tuple[str, ...], tell: int, answer: int) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    process = os.fork()
    if process:
        return process
    code = 99
    try:
        os.setsid()
        os.dup2(tell, _TELL)
        os.dup2(answer, _ANSWER)
        os.closerange(3, _TELL)
        os.chdir(ROOT)
        os.environ.clear()
        os.environ.update(_environment(run))
        tempfile.tempdir = None
        _set_streams(run)
        _limit(run)
        watch = Watch(run.moment, str(run.source), str(run.output), _TELL, _ANSWER, stages)
        watch.install()
        code = _ended(run)
        if not run.moment:
            watch.report()
    finally:
        os._exit(code)


def _ended(run: Started) -> int:
    """Do what the interpreter does with a program: its exit code."""
    command = _command(run)
    sys.argv = [command[1], *command[2:]]
    try:
        if run.program == "app":
            from app.runtime import main as run_app
            from cmrmap.core.streams import open_streams
            from cmrmap.run.signals import hold_signals

            open_streams()
            hold_signals()
            return run_app()
        from cmrmap.__main__ import main

        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(AttributeError):
                stream.flush()
    return 0


def _limit(run: Started) -> None:
    import resource

    for name, value in run.limits.items():
        kind = getattr(resource, name)
        resource.setrlimit(kind, (value, resource.getrlimit(kind)[1]))


def _set_streams(run: Started) -> None:
    """Give this process its three streams: files of the run, but for those that are to be at fault."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        fault = run.streams.get(number)
        if fault == "closed":
            with contextlib.suppress(OSError):
                os.close(number)
            if not run.cold:
                setattr(sys, name, None)
            continue
        if fault == "broken":
            reading, writing = os.pipe()
            os.close(reading)
        else:
            path = "/dev/full" if fault == "full" else os.devnull if number == 0 else run.folder / f"{name}.txt"
            writing = os.open(path, os.O_RDWR | (0 if fault or number == 0 else os.O_CREAT | os.O_TRUNC), 0o600)
        os.dup2(writing, number)
        if writing != number:
            os.close(writing)
