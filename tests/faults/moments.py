"""In the process of a run: stop at a chosen moment, tell the harness, and go on when it says so.

The application is not changed for it: moments are Python's audit events (files that are opened, moved, removed, locked,
connections) and the lines that the application logs at the end of each stage.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

#: moments that are counted: "<name>:<n>" is the n-th of its kind
COUNTED = ("read", "make", "move", "drop", "lock", "connect")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
#: the harness's answer after which the clock of the process is a day ahead
JUMP = b"j"


class Watch:
    """Counts the moments of this process; at the one that is asked for it stops until the harness answers.

    Parameters
    ----------
    moment : "<name>:<n>", "stage:<name>" (when it begins), or "" for none
    source, output : folders of the run
    tell, answer : descriptors of pipes to and from the harness
    stages : names in their order
    """

    def __init__(
        self, moment: str, source: str, output: str, tell: int, answer: int, stages: tuple[str, ...] = ()
    ) -> None:
        self.moment, self.source, self.output, self.tell, self.answer = moment, source, output, tell, answer
        self.counts: Counter[str] = Counter()
        self._own = threading.local()
        self._lock = threading.Lock()
        name, _, stage = moment.partition(":")
        self._after = stages[stages.index(stage) - 1] if name == "stage" and stage in stages else None

    def install(self) -> None:
        """Begin to count."""
        sys.addaudithook(self._heard)
        logging.getLogger("cmrmap.stage").addFilter(self._logged)

    def report(self) -> None:
        """Tell the harness what was counted; to be called at the end of a run that was not stopped."""
        os.write(self.tell, json.dumps(dict(self.counts)).encode())

    def _heard(self, event: str, arguments: tuple[Any, ...]) -> None:
        if getattr(self._own, "busy", False):
            return
        name = self._name(event, arguments)
        if name is None:
            return
        with self._lock:
            self.counts[name] += 1
            count = self.counts[name]
        if self.moment == f"{name}:{count}":
            self._stop()

    def _logged(self, record: logging.LogRecord) -> bool:
        if self._after is not None and record.args and isinstance(record.args, tuple) and record.args[0] == self._after:
            self._after = None
            self._stop()
        return True

    def _stop(self) -> None:
        self._own.busy = True
        try:
            os.write(self.tell, b"!")
            if os.read(self.answer, 1) == JUMP:
                real = time.time
                time.time = lambda: real() + 86400.0
        finally:
            self._own.busy = False

    def _name(self, event: str, arguments: tuple[Any, ...]) -> str | None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and self._is_in(path, self.output):
                return "make"
            return "read" if self._is_in(path, self.source) else None
        if event in ("os.rename", "os.link"):
            return "move" if self._is_in(arguments[1], self.output) else None
        if event in ("os.remove", "shutil.rmtree"):
            return "drop" if self._is_in(arguments[0], self.output) else None
        return {"fcntl.flock": "lock", "socket.connect": "connect"}.get(event)

    @staticmethod
    def _is_in(path: object, folder: str) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        name = os.fsdecode(path)
        return name == folder or name.startswith(folder + os.sep)


def watch_from_environment(variables: dict[str, str] | os._Environ[str]) -> None:
    """Begin to count in a process that was started for it; without its variable nothing happens.

    Parameters
    ----------
    variables : of the process
    """
    told = variables.get("CMRMAP_FAULT_MOMENT")
    if told is None:
        return
    given = json.loads(told)
    Watch(given["moment"], given["source"], given["output"], *given["pipes"], tuple(given["stages"])).install()


def spelled(moment: str, source: Path, output: Path, pipes: tuple[int, int], stages: tuple[str, ...]) -> str:
    """Return what `watch_from_environment` reads."""
    about = {"moment": moment, "source": str(source), "output": str(output), "pipes": pipes, "stages": stages}
    return json.dumps(about)
