"""Two sets of files, of which one takes the place of the other, and how they are looked at."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cmrmap.run.manifest import is_unchanged, listed_files
from cmrmap.run.outcome import MapVerdict, Outcome
from cmrmap.run.staging import write_together

OLD = {"1.dcm": b"same", "2.dcm": b"old", "results/results.json": b"old results"}
NEW = {"1.dcm": b"same", "3.dcm": b"new", "results/results.json": b"new results"}


def new_outcome() -> Outcome:
    """An outcome that nothing was reported to yet."""
    return Outcome(model="shipped model")


def report_of(outcome: Outcome) -> Callable[[], None]:
    """What tells it that the run has ended well."""
    return lambda: outcome.report({"t2": MapVerdict("ok")}, 0)


def save(folder: Path) -> None:
    """Write the new set in the place of the old one."""
    outcome = new_outcome()
    write_together(folder, NEW.items(), outcome, report_of(outcome), instead_of=listed_files(folder) or ())


def files_of(folder: Path) -> dict[str, bytes]:
    """All files but those that never came to their places, which the next run discards."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in found.items() if not name.startswith(".cmrmap-unfinished")}


def which_is_whole(folder: Path) -> str:
    """Which of the two sets is there, and nothing else; its status says so."""
    found = files_of(folder)
    status = json.loads(found.pop("results/status.json"))
    assert found in (OLD, NEW)
    assert (status["outcome"], status["exit_code"]) == ("ok", 0)
    assert {one["file"] for one in status["objects"]} == set(found)
    assert all(is_unchanged(folder, one) for one in listed_files(folder) or ())
    return "old" if found == OLD else "new"


def disk_is_full() -> None:
    """Fail as a full disk does."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def act_before(monkeypatch: pytest.MonkeyPatch, call: str, name: str, act: Callable[[], object]) -> None:
    """Have somebody else act right before the call of the system that moves that file away."""
    really = getattr(os, call)
    done: list[str] = []

    def late(source: Path, target: Path) -> None:
        if not done and name == Path(source).name:
            done.append(name)
            act()
        really(source, target)

    monkeypatch.setattr(f"os.{call}", late)


def status_of(folder: Path) -> bytes:
    """Content of status.json."""
    return (folder / "results/status.json").read_bytes()
