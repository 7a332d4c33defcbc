"""Memory limits are read where control groups of both versions write them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cmrmap.core.errors import InputError
from cmrmap.run.limits import check_memory, memory_limit_bytes

ROOT = Path(__file__).resolve().parents[3]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        ({}, "", None),
        ({"memory.max": "max\n"}, "0::/\n", None),
        ({"memory.max": "268435456\n"}, "0::/\n", 268435456),
        ({"memory/memory.limit_in_bytes": "268435456\n"}, "4:memory:/docker/abc\n", 268435456),
        ({"user.slice/memory.max": "5000\n", "user.slice/job/memory.max": "max\n"}, "0::/user.slice/job\n", 5000),
        ({"a/b/memory.max": "7000\n", "a/memory.max": "9000\n"}, "0::/a/b\n", 7000),
        ({"memory/a/memory.limit_in_bytes": "6000\n"}, "7:cpu,memory:/a\n0::/x\n", 6000),
        ({"memory/a/memory.limit_in_bytes": "6000\n"}, "7:cpu:/a\n", None),
        ({"memory.max": "garbled\n"}, "0::/\n", None),
    ],
)
def test_limits_of_control_groups(tmp_path: Path, files: dict[str, str], own: str, expected: int | None) -> None:
    for name, text in files.items():
        _write(tmp_path / "groups" / name, text)
    _write(tmp_path / "own", own)
    assert memory_limit_bytes(tmp_path / "groups", tmp_path / "own") == expected


def test_without_control_groups(tmp_path: Path) -> None:
    assert memory_limit_bytes(tmp_path / "none", tmp_path / "none") is None


def test_too_little_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmrmap.run.limits.memory_limit_bytes", lambda: 256 * 2**20)
    with pytest.raises(InputError, match=r"memory is limited to 268 MB here, .* at least 1074 MB; raise the limit"):
        check_memory()
    monkeypatch.setattr("cmrmap.run.limits.memory_limit_bytes", lambda: 2**31)
    check_memory()


def test_a_process_with_little_memory_ends_with_2_and_a_status(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file.txt").touch()
    limited = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_DATA, (900 << 20, 900 << 20));"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited, "-m", "app", "-i", str(tmp_path / "in"), "-o", str(tmp_path / "out")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("cmrmap: memory is limited to 944 MB here")
    assert (tmp_path / "out" / "results" / "status.json").is_file()
