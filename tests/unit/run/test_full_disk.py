"""A disk that is full, wherever in writing: all of a run's files are there, or none, and its status says which."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cmrmap.run.entry import run_command
from cmrmap.run.outcome import MapVerdict, Outcome
from cmrmap.run.run_settings import RunSettings
from cmrmap.run.staging import write_together

ROOT = Path(__file__).resolve().parents[3]
_NAMES = [f"1.{number}.dcm" for number in range(4)] + ["results/results.json"]


def _writes(settings: RunSettings, outcome: Outcome) -> None:
    contents = [(name, b"x" * 30_000) for name in _NAMES]
    write_together(settings.output_path, contents, outcome, lambda: outcome.report({"t2": MapVerdict("ok")}, 0))


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    for name in ("in", "models/net"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "model.json").touch()
    return ["-i", f"{tmp_path}/in", "-o", f"{tmp_path}/out", "-m", f"{tmp_path}/models", "-l", "ERROR"]


def _is_whole(folder: Path, code: int) -> None:
    """Check what is in the folder against what the run says."""
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    path = folder / "results/status.json"
    status = json.loads(path.read_text()) if path.exists() else None
    assert code in (0, 2)
    if code == 0:
        assert status is not None
        assert (status["outcome"], names) == ("ok", {*_NAMES, "results/status.json"})
    else:
        assert names <= {"results/status.json"}
        assert status is None or status["outcome"] == "running" or (status["exit_code"], status["objects"]) == (2, [])


def _full_from(monkeypatch: pytest.MonkeyPatch, call: str, first: int, forever: bool) -> Callable[[], int]:
    """Let a call of the system fail from its n-th time on, for once or until something is removed."""
    really, unlink, seen = getattr(os, call), os.unlink, [0]
    full = [False]

    def failing(*arguments: object, **options: object) -> object:
        seen[0] += 1
        full[0] = full[0] or seen[0] == first
        if full[0]:
            full[0] = forever
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really(*arguments, **options)

    def freeing(*arguments: object, **options: object) -> None:
        full[0] = False
        unlink(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(f"cmrmap.core.files.os.{call}", failing)
    monkeypatch.setattr("os.unlink", freeing)
    return lambda: seen[0]


def _without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file system without hard links, on which every file is renamed."""

    def failing(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("os.link", failing)


@pytest.mark.parametrize("forever", [False, True])
@pytest.mark.parametrize("call", ["fdopen", "replace"])
def test_wherever_it_fails_nothing_is_left_in_part(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, call: str, forever: bool
) -> None:
    _without_links(monkeypatch)
    codes = []
    for first in range(1, 20):
        with monkeypatch.context() as patched:
            n_calls = _full_from(patched, call, first, forever)
            code = run_command(_writes, arguments, {})
        _is_whole(Path(arguments[3]), code)
        codes.append(code)
        if n_calls() < first:
            break
    assert codes[-1] == 0
    assert codes.count(2) == len(codes) - 1 >= 7  # status, five files, the list, the last status


_ON_SMALL_DISKS = """
import subprocess, sys
from pathlib import Path
from cmrmap.run.entry import run_command
from tests.unit.run.test_full_disk import _is_whole, _writes
disk = sys.argv[1] + "/disk"
codes = []
for kilobytes in (16, 40, 100, 148, 152, 156, 160, 164, 168, 172, 176, 180, 400):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", disk]).returncode:
        sys.exit(77)
    codes.append(run_command(_writes, [*sys.argv[2:], "-o", disk + "/out"], {}))
    _is_whole(Path(disk, "out"), codes[-1])
print(*codes)
"""


@pytest.mark.program("unshare", "mount")
def test_disks_of_every_size(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        ["unshare", "-Urm", sys.executable, "-c", _ON_SMALL_DISKS, str(tmp_path), *arguments[:2], *arguments[4:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("this machine lets nobody mount a file system")
    assert done.returncode == 0, done.stderr
    codes = done.stdout.split()
    assert (codes[0], codes[-1], set(codes)) == ("2", "0", {"0", "2"})
    assert done.stderr.count("No space left on device") == codes.count("2")


_UNWRITABLE = """
import os, sys
from pathlib import Path
from cmrmap.run.entry import run_command
def computes(settings, outcome):
    print("computed")
sys.exit(run_command(computes, sys.argv[1:], {}))
"""


def _without_privileges() -> None:
    """Give up what lets the superuser write anywhere (CAP_DAC_OVERRIDE); nothing where one is none."""
    import ctypes

    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


@pytest.mark.parametrize("closed", ["out", "out/results"])
def test_a_folder_that_cannot_be_written_is_seen_before_computing(arguments: list[str], closed: str) -> None:
    assert run_command(_writes, arguments, {}) == 0
    output = Path(arguments[3])
    before = {path.name for path in output.rglob("*")}
    folder = output.parent / closed
    folder.chmod(0o555)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _UNWRITABLE, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=_without_privileges,
        )
    finally:
        folder.chmod(0o755)
    assert (done.returncode, done.stdout) == (2, "")
    assert "cannot be written (Permission denied)" in done.stderr
    assert {path.name for path in output.rglob("*")} == before


def test_a_file_in_the_place_of_the_results_is_seen_too(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = Path(arguments[3])
    output.mkdir()
    (output / "results").touch()

    def computes(settings: RunSettings, outcome: Outcome) -> None:
        raise AssertionError("it computed")

    assert run_command(computes, [*arguments, "--into-non-empty"], {}) == 2
    assert "cannot be written (Not a directory)" in capsys.readouterr().err


@pytest.mark.parametrize(("mask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o027, 0o640)])
def test_who_may_read_the_files_is_for_the_umask_to_say(arguments: list[str], mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        assert run_command(_writes, arguments, {}) == 0
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in Path(arguments[3]).rglob("*") if path.is_file()}
    assert modes == {mode}


def test_a_rename_that_fails_takes_the_others_back(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    _without_links(monkeypatch)
    really = os.replace
    done = []

    def failing(source: Path, target: Path) -> None:
        if Path(target).name == "results.json":
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        done.append(target)
        really(source, target)

    monkeypatch.setattr("cmrmap.run.staging.os.replace", failing)
    assert run_command(_writes, arguments, {}) == 2
    assert len([path for path in done if Path(path).suffix == ".dcm"]) == 4
    _is_whole(Path(arguments[3]), 2)
