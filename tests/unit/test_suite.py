"""How the suite itself runs: what is made once for all workers, and commands side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import LONGEST
from tests.sharing import WORKER, made_once

ROOT = Path(__file__).resolve().parents[2]


def _side_by_side(*commands: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(ROOT / "scripts" / "side-by-side.sh"), *commands],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(params=[True, False], ids=["workers", "alone"])
def factories(request, tmp_path, monkeypatch) -> list[pytest.TempPathFactory]:
    """Two workers' folders beside each other; without workers, one."""
    if request.param:
        monkeypatch.setenv(WORKER, "gw0")
        places = [tmp_path / "popen-gw0", tmp_path / "popen-gw1"]
    else:
        monkeypatch.delenv(WORKER, raising=False)
        places = [tmp_path / "alone"] * 2
    for place in places:
        place.mkdir(exist_ok=True)
    return [
        pytest.TempPathFactory(place, 3, "all", lambda *_, **__: None, place, _ispytest=True)  # type: ignore[arg-type]
        for place in places
    ]


def test_what_two_need_at_the_same_time_is_made_once(factories: list[pytest.TempPathFactory]) -> None:
    made = []

    def make(folder: Path) -> None:
        time.sleep(0.1)
        (folder / "result").write_text("whole")
        made.append(folder)

    with ThreadPoolExecutor(2) as both:
        folders = list(both.map(lambda factory: made_once(factory, "thing", make), factories))
    assert len(made) == 1
    assert folders[0] == folders[1]
    assert (folders[0] / "result").read_text() == "whole"


def test_what_could_not_be_made_is_tried_again(factories: list[pytest.TempPathFactory]) -> None:
    def fail(folder: Path) -> None:
        (folder / "result").write_text("half")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        made_once(factories[0], "thing", fail)
    folder = made_once(factories[1], "thing", lambda place: (place / "other").write_text("whole"))
    assert [path.name for path in folder.iterdir()] == ["other"]


def test_every_file_that_is_begun_first_is_there() -> None:
    assert [name for name in LONGEST if not list((ROOT / "tests").rglob(name))] == []


def test_workers_share_the_cores_and_keep_what_the_user_says() -> None:
    code = "import os, runpy; runpy.run_path('tests/conftest.py'); print(os.environ.get('OMP_NUM_THREADS'))"
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS") and name != WORKER}
    for more, threads in (({WORKER: "gw0"}, "1"), ({WORKER: "gw0", "OMP_NUM_THREADS": "3"}, "3"), ({}, "None")):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=kept | more, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == threads


def test_commands_run_side_by_side_and_are_told_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"  # each waits for the other
    commands = [
        f"touch {own}; until [ -e {awaited} ]; do sleep 0.05; done; echo {own.name}"
        for own, awaited in ((one, other), (other, one))
    ]
    done = _side_by_side(*commands, "echo third >&2")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *("one", f"== beside it: {commands[1]}", "other", "== beside it: echo third >&2", "third")
    ]


@pytest.mark.parametrize("failing", [0, 1])
def test_one_command_that_fails_fails_them_all_when_all_have_ended(failing: int) -> None:
    commands = ["sleep 0.2; echo one", "sleep 0.2; echo two"]
    commands[failing] += "; exit 7"
    done = _side_by_side(*commands)
    assert done.returncode == 1
    assert done.stderr == f"side-by-side.sh: failed: {commands[failing]}\n"
    assert {"one", "two"} <= set(done.stdout.splitlines())
