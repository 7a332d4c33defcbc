"""Faults that are planted into the application, to see that the harness finds them: ``python -m tests.fuzz.planted``.

It prints a line of JSON for each: its name, the outcome, and why.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from cmrmap.pipeline import stages
from tests.canaries import CANARY
from tests.fuzz import process
from tests.fuzz.bases import Bases
from tests.fuzz.cases import copy_of
from tests.fuzz.oracle import judge
from tests.fuzz.process import command_line, run_forked
from tests.fuzz.remembered import Remembered
from tests.fuzz.studies import BASES


def _summarise_with(change: Callable[[Any], Any]) -> Callable[[], None]:
    """Change the results that the application makes."""

    def plant() -> None:
        original = stages.summarise
        stages.summarise = lambda *given: change(original(*given))  # type: ignore[assignment]

    return plant


def _other_mean(results: Any) -> Any:
    maps = []
    for one in results.maps:
        changed = one.kind.value == "t2"
        maps.append(replace(one, patient=replace(one.patient, mean=one.patient.mean * 1.0001)) if changed else one)
    return replace(results, maps=tuple(maps))


def _raise(_: object) -> None:
    raise ValueError(f"{CANARY}name")


def _unhandled() -> None:
    stages.run_stages = None  # type: ignore[assignment]
    process.run_entry = lambda *_, **__: _raise(None)  # type: ignore[assignment]


def _busy(_: object) -> None:
    while True:
        pass


def _wait(_: object) -> None:
    time.sleep(600)


def _much(results: Any) -> Any:
    held = [bytearray(b"x") * 50_000_000 for _ in range(16)]
    return results if held else None


def _say(where: Any) -> Callable[[Any], Any]:
    def change(results: Any) -> Any:
        print(f"patient {CANARY}", file=where(), flush=True)
        return results

    return change


def _killed(_: object) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _exit_two() -> None:
    def end(*_: object, **__: object) -> int:
        print("cmrmap: a file is bad", file=sys.stderr)
        return 2

    process.run_entry = end  # type: ignore[assignment]


#: limits that are soon reached, for the faults that take time or memory
_LIMITS = {
    "a busy loop": ("PROCESSOR_S", 2.0),
    "waiting": ("CLOCK_S", 5.0),
    "much memory": ("MEMORY_BYTES", 900_000_000),
}
PLANTED: dict[str, Callable[[], None]] = {
    "nothing": lambda: None,
    "an exception in a stage": _summarise_with(_raise),
    "an exception that nobody catches": _unhandled,
    "another number": _summarise_with(_other_mean),
    "a busy loop": _summarise_with(_busy),
    "waiting": _summarise_with(_wait),
    "much memory": _summarise_with(_much),
    "a patient's name on stderr": _summarise_with(_say(lambda: sys.stderr)),
    "words on stdout": _summarise_with(_say(lambda: sys.stdout)),
    "a killed process": _summarise_with(_killed),
    "exit code 2 for data": _exit_two,
}


def _try(name: str, bases: Bases, work: Path) -> dict[str, str]:
    source, results = bases.of("t2")
    case = copy_of(BASES["t2"], source, work, Random(1))
    arguments = ["run", "-i", str(case.folder), "-o", str(work / "out"), "-c", str(work / "beside" / "settings.yaml")]

    def entry(given: Sequence[str]) -> None:  # in the child: this process stays as it is
        PLANTED[name]()
        command_line(given)

    limits = {key: getattr(process, key) for key, _ in _LIMITS.values()}
    for key, value in [_LIMITS[name]] if name in _LIMITS else ():
        setattr(process, key, value)
    verdict = judge(run_forked(arguments, work, entry), work / "out", results, asked=False)
    for key, value in limits.items():
        setattr(process, key, value)
    return {"name": name, "outcome": verdict.outcome, "why": verdict.why}


def main() -> None:
    """Try every planted fault."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        memory = Remembered(Path(folder) / "kept")
        memory.install()
        bases = Bases(Path(folder), memory)
        for name in PLANTED:
            print(json.dumps(_try(name, bases, Path(folder) / "work")), flush=True)


if __name__ == "__main__":
    main()
