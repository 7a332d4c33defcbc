"""One set of files takes the place of another: whatever fails in between, or kills, one of the two is whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cmrmap.core.errors import OutputError
from cmrmap.run.outcome import write_status
from cmrmap.run.output_folder import claim
from cmrmap.run.staging import write_together
from tests.unit.run.replaced_set import NEW, OLD, disk_is_full, files_of, new_outcome, report_of, save, which_is_whole

ROOT = Path(__file__).resolve().parents[3]
#: what is asked of the system between the first staged file and the last status
_CALLS = ("fdopen", "link", "replace", "unlink")


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


def test_a_new_set_takes_the_place_of_the_old_one(folder: Path) -> None:
    save(folder)
    assert which_is_whole(folder) == "new"


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("forever", [False, True])
@pytest.mark.parametrize("call", _CALLS)
def test_wherever_it_fails_one_of_the_sets_is_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, forever: bool, links: bool
) -> None:
    if not links:
        monkeypatch.setattr("os.link", lambda *_, **__: disk_is_full())
    before = files_of(folder)
    for first in range(1, 40):
        with monkeypatch.context() as patched:
            broken = _Broken(patched, call, first, disk_is_full, forever)
            try:
                save(folder)
                failed = False
            except OutputError:
                failed = True
        # what could not be put back, or removed, then is put back or removed by whoever comes next
        if forever or call == "unlink":
            claim(folder, clear=False).release()
        assert which_is_whole(folder) == ("old" if failed else "new")
        if failed:
            assert files_of(folder) == before
        else:
            for name in NEW:
                (folder / name).unlink()
            outcome = new_outcome()
            write_together(folder, OLD.items(), outcome, report_of(outcome))
            write_status(folder, outcome)
            before = files_of(folder)
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
                save(folder)
            finally:
                os._exit(0)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        claim(folder, clear=False).release()
        found = which_is_whole(folder)
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


def test_a_set_that_failed_can_be_saved_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        _Broken(patched, "link", 2, disk_is_full, True)
        patched.setattr("os.replace", _FailsAfter(3))
        with pytest.raises(OutputError):
            save(folder)
    claim(folder, clear=False).release()
    save(folder)
    assert which_is_whole(folder) == "new"


class _FailsAfter:
    def __init__(self, calls: int) -> None:
        self._left, self._really = calls, os.replace

    def __call__(self, *arguments: Any, **options: Any) -> None:
        self._left -= 1
        if self._left < 0:
            disk_is_full()
        self._really(*arguments, **options)
