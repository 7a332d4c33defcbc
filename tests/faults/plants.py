"""Faults planted in the application, and the cases that must find them: the proof that the harness sees."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import cmrmap.run.entry as entry
import cmrmap.run.output_folder as output_folder
import cmrmap.run.replacing as replacing
import cmrmap.run.run_settings as run_settings
import cmrmap.run.sendable as sendable
import cmrmap.run.staging as staging
from cmrmap.core.errors import OutputError
from cmrmap.run.manifest import WrittenFile

#: name -> patches, what is wrong, and beginnings of the names of cases that find it
Plant = tuple[Callable[[], Sequence[AbstractContextManager[Any]]], str, tuple[str, ...]]


def _quiet(write: Callable[..., Any]) -> Callable[..., Any]:
    """Write no status while a run goes on."""

    def wrapped(*given: Any, running: bool = False, **more: Any) -> Any:
        return None if running else write(*given, running=running, **more)

    return wrapped


def _swallowing(write: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(path: Path, content: bytes) -> Path:
        with contextlib.suppress(OutputError):
            write(path, content)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    return wrapped


def _clear_all(folder: Path, _: Sequence[str]) -> None:
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _littering(check: Callable[[Path], None]) -> Callable[[Path], None]:
    def wrapped(path: Path) -> None:
        os.close(tempfile.mkstemp()[0])
        check(path)

    return wrapped


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _slow_end(*_: Any, **__: Any) -> None:
    time.sleep(8)


PLANTS: Mapping[str, Plant] = {
    "status-late": (
        lambda: (patch.object(entry, "write_status", _quiet(entry.write_status)),
                 patch.object(output_folder, "write_status", _quiet(output_folder.write_status)),
                 patch.object(replacing, "write_status", _quiet(replacing.write_status))),
        'no status "running": a killed run leaves the old "ok"',
        ("kill-002", "kill-005"),
    ),
    "no-lock": (lambda: (patch.object(output_folder, "_lock", _nothing),), "two runs in one folder", ("two-001",)),
    "in-place": (
        lambda: (patch.object(staging, "_STAGING_NAME", "."), patch.object(staging, "discard_unfinished", _nothing)),
        "files are written where they belong, one after the other",
        ("filesize-00", "full-000"),
    ),
    "litter": (
        lambda: (patch.object(staging, "discard_unfinished", _nothing),
                 patch.object(output_folder, "discard_unfinished", _nothing)),
        "what a killed run had begun stays",
        ("kill-001", "kill-008", "kill-003"),
    ),
    "deaf": (lambda: (patch.object(entry, "watch", _nothing),), "signals are ignored", ("term-012",)),
    "late": (
        lambda: (
            patch("cmrmap.run.ending.discard_unfinished", _slow_end),
            patch("cmrmap.run.ending._LAST_WORDS_S", 9.0),
        ),
        "the end after a signal takes too long",
        ("int-002", "term-004"),
    ),
    "unchecked": (
        lambda: (patch.object(sendable, "read_status", lambda _: {"outcome": "ok", "exit_code": 0}),
                 patch.object(sendable, "is_unchanged", lambda *_: True)),
        "what is not whole is sent",
        ("kill-012",),
    ),
    "greedy": (
        lambda: (patch.object(output_folder, "_clear", _clear_all),),
        "foreign files are removed",
        ("kill-010",),
    ),
    "stale": (
        lambda: (patch.object(output_folder, "_clear", _nothing),),
        "another patient's objects stay",
        ("term-002", "input-001"),
    ),
    "swallow": (
        lambda: (patch.object(staging, "write_file", _swallowing(staging.write_file)),),
        "a file that could not be written is no error",
        ("filesize-00", "full-000"),
    ),
    "hashes": (
        lambda: (patch.object(staging, "WrittenFile", lambda name, _: WrittenFile(name, "0" * 64)),),
        "the list has other hashes",
        ("clock-000",),
    ),
    "unlike": (
        lambda: (patch("cmrmap.run.bundle.to_csv", lambda _: f"{time.time_ns()}\n"),),
        "two runs differ",
        ("clock-000",),
    ),
    "temporary": (
        lambda: (patch.object(run_settings, "check_output", _littering(run_settings.check_output)),),
        "a temporary file stays",
        ("clock-000",),
    ),
}  # fmt: skip


@contextlib.contextmanager
def planted(name: str) -> Iterator[None]:
    """Have one of the faults in the application while this lasts; runs that are forked meanwhile have it too.

    Parameters
    ----------
    name : a key of `PLANTS`
    """
    with ExitStack() as stack:
        for one in PLANTS[name][0]():
            stack.enter_context(one)
        yield
