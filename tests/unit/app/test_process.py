"""The real process: exit codes and status.json of what can go wrong before the first image is read."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from app.process import STACK_BYTES

ROOT = Path(__file__).resolve().parents[3]


def _run(*arguments: str, cwd: Path = ROOT, start: tuple[str, ...] = ("-m", "app")) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("HOLOSCAN", "MERCURE", "CMRMAP"))
    }
    return subprocess.run(
        [sys.executable, *start, *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize(
    ("source", "models", "code", "outcome", "words"),
    [
        ("none", "models", 2, "error", "does not exist"),
        ("file.txt", "models", 2, "error", "is a file"),
        ("empty", "models", 3, "nothing_to_do", "holds no files"),
        ("in", "none", 2, "error", "models folder"),
        ("in", "empty", 2, "error", "holds 0 models"),
    ],
)
def test_bad_input_has_its_code_one_line_and_a_status(
    tmp_path: Path, source: str, models: str, code: int, outcome: str, words: str
) -> None:
    for name in ("empty", "in", "models/net"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("file.txt", "in/file.txt", "models/net/model.json"):
        (tmp_path / name).touch()
    out = tmp_path / "out"
    found = _run("-i", str(tmp_path / source), "-o", str(out), "-m", str(tmp_path / models))
    assert found.returncode == code
    assert found.stdout == ""
    assert len(found.stderr.splitlines()) == 1
    assert words in found.stderr
    status = json.loads((out / "results" / "status.json").read_text(encoding="utf-8"))
    assert (status["exit_code"], status["outcome"]) == (code, outcome)
    assert f"cmrmap: {status['message']}" == found.stderr.strip()
    assert status["versions"]["cmrmap"]


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file.txt").touch()
    (tmp_path / "taken").touch()
    found = _run("-i", str(tmp_path / "in"), "-o", str(tmp_path / "taken" / "out"))
    assert found.returncode == 2
    assert found.stderr.startswith("cmrmap: output folder")
    assert len(found.stderr.splitlines()) == 1


@pytest.mark.parametrize("start", [(str(ROOT),), (str(ROOT / "app"),)])
def test_run_by_path_from_any_folder(tmp_path: Path, start: tuple[str, ...]) -> None:
    found = _run("-i", "none", "-o", "out", cwd=tmp_path, start=start)
    assert found.returncode == 2
    assert (tmp_path / "out" / "results" / "status.json").is_file()


def test_the_process_gets_the_stack_that_the_sdk_asks_for() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if hard != resource.RLIM_INFINITY and hard < STACK_BYTES:
        pytest.skip(f"the stack is limited to {hard} bytes here")
    code = (
        "import resource; from app.process import settle_process;"
        "print(resource.getrlimit(resource.RLIMIT_STACK)[0], flush=True); settle_process(); print('done')"
    )
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import resource; resource.setrlimit(resource.RLIMIT_STACK, (2**23, {hard}));"
            f"import os, sys; os.execv(sys.executable, [sys.executable, '-c', {code!r}])",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert found.stdout.split() == [str(2**23), str(STACK_BYTES), "done"]
