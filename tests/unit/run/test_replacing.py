"""One set of files takes the place of another: whatever fails in between, or kills, one of the two is whole."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
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


def _at(monkeypatch: pytest.MonkeyPatch, call: str, name: str, act: Callable[[], object]) -> None:
    """Have somebody else act right before the call of the system that moves that file away."""
    really = getattr(os, call)
    done: list[str] = []

    def late(source: Path, target: Path) -> None:
        if not done and name == Path(source).name:
            done.append(name)
            act()
        really(source, target)

    monkeypatch.setattr(f"os.{call}", late)


def test_a_file_changed_after_it_was_looked_at_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _at(monkeypatch, "replace", "2.dcm", lambda: (folder / "2.dcm").write_bytes(b"theirs"))
    with pytest.raises(OutputError, match="another program is changing files"):
        _save(folder)
    assert _files(folder) == {**_OLD, "2.dcm": b"theirs", "results/status.json": _status(folder)}
    assert json.loads(_status(folder))["outcome"] == "ok"


def _status(folder: Path) -> bytes:
    return (folder / "results/status.json").read_bytes()


@pytest.mark.parametrize("change", ["file", "folder", "link", "pipe"])
@pytest.mark.parametrize("name", ["2.dcm", "results/notes.txt", "4.dcm"])
def test_what_others_put_beside_the_set_stays(folder: Path, name: str, change: str) -> None:
    """Also in the place of a file of the old set, which the new one does not have."""
    place = folder / name
    place.unlink(missing_ok=True)
    _put(place, change)
    _save(folder)
    assert _what(place) == change
    assert json.loads(_status(folder))["outcome"] == "ok"
    assert (folder / "3.dcm").read_bytes() == b"new"


@pytest.mark.parametrize("change", ["file", "folder", "link", "pipe"])
@pytest.mark.parametrize("name", ["3.dcm", "results/results.json"])
def test_what_others_put_into_a_place_of_the_new_set_stays(folder: Path, name: str, change: str) -> None:
    place = folder / name
    place.unlink(missing_ok=True)
    _put(place, change)
    before = _status(folder)
    with pytest.raises(OutputError, match="1 file of the same name with different content"):
        _save(folder)
    assert _what(place) == change
    assert _status(folder) == before
    assert {key: (folder / key).read_bytes() for key in _OLD if key != name} == {
        key: content for key, content in _OLD.items() if key != name
    }


def _put(place: Path, change: str) -> None:
    if change == "file":
        place.write_bytes(b"theirs")
    elif change == "folder":
        place.mkdir()
        (place / "inside").write_bytes(b"theirs")
    elif change == "link":
        place.symlink_to("nowhere")  # its target is not there at the moment
    else:
        os.mkfifo(place)


def _what(place: Path) -> str:
    if place.is_symlink():
        return "link" if os.readlink(place) == "nowhere" else "changed"
    if place.is_dir():
        return "folder" if (place / "inside").read_bytes() == b"theirs" else "changed"
    if place.is_fifo():
        return "pipe"
    return "file" if place.exists() and place.read_bytes() == b"theirs" else "changed"


def test_a_link_in_the_place_of_a_file_is_put_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was moved to an archive beside the folder; from where it is set aside the link leads nowhere."""
    archive = folder.parent / f"{folder.name}-archive"
    archive.mkdir()
    os.rename(folder / "2.dcm", archive / "2.dcm")
    (folder / "2.dcm").symlink_to(f"../{archive.name}/2.dcm")
    monkeypatch.setattr("os.link", lambda *_: _full())
    _at(monkeypatch, "replace", "3.dcm", _full)
    with pytest.raises(OutputError):
        _save(folder)
    assert (folder / "2.dcm").is_symlink()
    assert _is_whole(folder) == "old"


def test_what_cannot_be_put_back_waits_until_its_place_is_free(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program takes the place of a file that is set aside: neither is lost, and no set is called whole."""
    theirs = folder / "results/results.json"
    with monkeypatch.context() as patched:
        _at(patched, "link", "1.dcm", lambda: theirs.write_bytes(b"theirs"))
        with pytest.raises(OutputError, match="1 file of the same name with different content"):
            _save(folder)
    for _ in range(2):
        assert theirs.read_bytes() == b"theirs"
        assert json.loads(_status(folder))["outcome"] == "running"
        assert {one.name for one in listed_files(folder) or ()} == set(_OLD)
        with pytest.raises(OutputError, match=r"wait in \.cmrmap-replaced"):
            _save(folder)
    theirs.unlink()
    claim(folder, clear=False).release()
    assert _is_whole(folder) == "old"


def test_what_could_not_be_put_back_goes_with_its_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        _at(patched, "link", "1.dcm", lambda: (folder / "results/results.json").write_bytes(b"theirs"))
        with pytest.raises(OutputError):
            _save(folder)
    claim(folder, into_non_empty=True).release()
    (folder / "results/results.json").unlink()
    claim(folder, clear=False).release()
    assert set(_files(folder)) == {"results/status.json"}
    assert json.loads(_status(folder))["outcome"] == "running"


@pytest.mark.parametrize("failing", [False, True])
def test_results_may_be_on_another_file_system(folder: Path, monkeypatch: pytest.MonkeyPatch, failing: bool) -> None:
    """A link or a volume: a rename that leads out of it fails with EXDEV."""
    monkeypatch.setattr("os.link", _within_one(folder, os.link))
    monkeypatch.setattr("os.replace", _within_one(folder, os.replace))
    if failing:
        _at(monkeypatch, "replace", "3.dcm", _full)
        _at(monkeypatch, "link", "3.dcm", _full)
        with pytest.raises(OutputError):
            _save(folder)
    else:
        _save(folder)
    assert _is_whole(folder) == ("old" if failing else "new")
    assert not (folder / ".cmrmap-replaced").exists()


def _within_one(folder: Path, really: Callable[[Path, Path], None]) -> Callable[[Path, Path], None]:
    def call(source: Path, target: Path) -> None:
        if (Path(source).parent == folder / "results") != (Path(target).parent == folder / "results"):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        really(source, target)

    return call


def test_results_on_a_real_other_file_system(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev or not os.access(other, os.W_OK):
        pytest.skip("there is no other file system here")
    with tempfile.TemporaryDirectory(dir=other) as elsewhere:
        (tmp_path / "results").symlink_to(elsewhere)
        outcome = _outcome()
        write_together(tmp_path, _OLD.items(), outcome, _report(outcome))
        write_status(tmp_path, outcome)
        _save(tmp_path)
        found = {name: (tmp_path / name).read_bytes() for name in _NEW}
        assert (found, (tmp_path / "2.dcm").exists()) == (_NEW, False)
        assert json.loads(_status(tmp_path))["outcome"] == "ok"


def test_files_of_others_that_end_like_ours_stay(folder: Path) -> None:
    (folder / ".film.mp4.part").write_bytes(b"theirs")
    (folder / ".0123456789abcdef.part").write_bytes(b"begun")
    _save(folder)
    assert [path.name for path in folder.glob(".*")] == [".film.mp4.part"]
