"""One set of files takes the place of another: whatever fails in between, or kills, one of the two is whole."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run.manifest import is_unchanged, listed_files
from cmrmap.run.outcome import MapVerdict, Outcome, write_status
from cmrmap.run.output_folder import claim
from cmrmap.run.staging import write_together

ROOT = Path(__file__).resolve().parents[3]
_OLD = {"1.dcm": b"same", "2.dcm": b"old", "results/results.json": b"old results"}
_NEW = {"1.dcm": b"same", "3.dcm": b"new", "results/results.json": b"new results"}
#: what is asked of the system between the first staged file and the last status
_CALLS = ("fdopen", "link", "replace", "unlink")


def _outcome() -> Outcome:
    return Outcome(model="shipped model")


def _report(outcome: Outcome) -> Callable[[], None]:
    return lambda: outcome.report({"t2": MapVerdict("ok")}, 0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A finished run."""
    outcome = _outcome()
    write_together(tmp_path, _OLD.items(), outcome, _report(outcome))
    write_status(tmp_path, outcome)
    return tmp_path


def _save(folder: Path) -> None:
    outcome = _outcome()
    write_together(folder, _NEW.items(), outcome, _report(outcome), instead_of=listed_files(folder) or ())


def _files(folder: Path) -> dict[str, bytes]:
    """All files but those that never came to their places, which the next run discards."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".part")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return {name: content for name, content in found.items() if not name.startswith(".cmrmap-unfinished")}


def _is_whole(folder: Path) -> str:
    """Which of the two sets is there, and nothing else; its status says so."""
    found = _files(folder)
    status = json.loads(found.pop("results/status.json"))
    assert found in (_OLD, _NEW)
    assert (status["outcome"], status["exit_code"]) == ("ok", 0)
    assert {one["file"] for one in status["objects"]} == set(found)
    assert all(is_unchanged(folder, one) for one in listed_files(folder) or ())
    return "old" if found == _OLD else "new"


class _Broken:
    """A call of the system that fails, or ends the process, from its n-th time on."""

    def __init__(self, patched: pytest.MonkeyPatch, call: str, first: int, act: Callable[[], None], forever: bool):
        self.seen, self._really = 0, getattr(os, call)
        self._first, self._act, self._forever = first, act, forever
        patched.setattr(f"os.{call}", self)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.seen += 1
        if self.seen == self._first or (self._forever and self.seen > self._first):
            self._act()
        return self._really(*arguments, **options)


def _full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_new_set_takes_the_place_of_the_old_one(folder: Path) -> None:
    _save(folder)
    assert _is_whole(folder) == "new"


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("forever", [False, True])
@pytest.mark.parametrize("call", _CALLS)
def test_wherever_it_fails_one_of_the_sets_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, forever: bool, links: bool
) -> None:
    if not links:
        monkeypatch.setattr("os.link", lambda *_, **__: _full())
    before = _files(folder)
    for first in range(1, 40):
        with monkeypatch.context() as patched:
            broken = _Broken(patched, call, first, _full, forever)
            try:
                _save(folder)
                failed = False
            except OutputError:
                failed = True
        # what could not be put back, or removed, then is put back or removed by whoever comes next
        if forever or call == "unlink":
            claim(folder, clear=False).release()
        assert _is_whole(folder) == ("old" if failed else "new")
        if failed:
            assert _files(folder) == before
        else:
            for name in _NEW:
                (folder / name).unlink()
            outcome = _outcome()
            write_together(folder, _OLD.items(), outcome, _report(outcome))
            write_status(folder, outcome)
            before = _files(folder)
        if broken.seen < first:
            return
    raise AssertionError("it never came to an end")


def _killed_everywhere(folder: Path, call: str) -> int:
    """End a process in the n-th call, for every n, and look at what is found next; how often it was the old set."""
    for first in range(1, 40):
        child = os.fork()
        if not child:
            try:
                _Broken(pytest.MonkeyPatch(), call, first, lambda: os._exit(9), False)
                _save(folder)
            finally:
                os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        claim(folder, clear=False).release()
        found = _is_whole(folder)
        assert code == 9 or found == "new"
        if found == "new":  # its status was there: from here on it is the new set
            return first - 1
    raise AssertionError("it never came to an end")


@pytest.mark.parametrize("call", _CALLS)
def test_whenever_it_is_killed_the_next_one_finds_a_whole_set(folder: Path, call: str) -> None:
    """In a process of its own, as forking one with threads is nothing to rely on."""
    script = (
        "import sys\nfrom tests.unit.run.test_replacing import Path, _killed_everywhere\n"
        "print(_killed_everywhere(Path(sys.argv[1]), sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), call],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3


def test_what_another_program_put_into_a_place_meanwhile_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = os.link

    def late(source: Path, target: Path) -> None:
        if Path(target).name == "3.dcm":
            Path(target).write_bytes(b"theirs")
        link(source, target)

    monkeypatch.setattr("os.link", late)
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        _save(folder)
    assert (folder / "3.dcm").read_bytes() == b"theirs"
    (folder / "3.dcm").unlink()
    assert _is_whole(folder) == "old"


def test_a_set_that_failed_can_be_saved_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        _Broken(patched, "link", 2, _full, True)
        patched.setattr("os.replace", _FailsAfter(3))
        with pytest.raises(OutputError):
            _save(folder)
    claim(folder, clear=False).release()
    _save(folder)
    assert _is_whole(folder) == "new"


class _FailsAfter:
    def __init__(self, calls: int) -> None:
        self._left, self._really = calls, os.replace

    def __call__(self, *arguments: Any, **options: Any) -> None:
        self._left -= 1
        if self._left < 0:
            _full()
        self._really(*arguments, **options)
