"""Memory limits are read where control groups of both versions write them; what is free follows from them."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from cmrmap.core.memory import free_memory_bytes, image_memory_bytes, memory_limit_bytes

GB = 1 << 30


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


@pytest.mark.parametrize(
    ("limit", "available_kb", "expected"),
    [
        ("max", 4 * 1024 * 1024, 4 * GB),
        (str(2 * GB), 4 * 1024 * 1024, 2 * GB - 300 * 1024 * 1024),  # what is taken already counts against a limit
        (str(GB), 512 * 1024, GB // 2),
        (str(GB // 8), 512 * 1024, 0),
    ],
)
def test_what_is_free_is_what_the_first_limit_leaves(
    tmp_path: Path, limit: str, available_kb: int, expected: int
) -> None:
    _write(tmp_path / "groups" / "memory.max", limit)
    _write(tmp_path / "proc" / "self" / "status", "Name:\tx\nVmSize:\t 9000000 kB\nVmRSS:\t 307200 kB\nThreads:\t1\n")
    _write(tmp_path / "proc" / "meminfo", f"MemTotal: 8000 kB\nMemAvailable: {available_kb} kB\nHugePages_Total: 0\n")
    assert free_memory_bytes(tmp_path / "groups", tmp_path / "none", tmp_path / "proc") == expected


def test_the_process_limits_count_what_they_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "self" / "status", "VmSize: 1048576 kB\nVmData: 524288 kB\nVmRSS: 100000 kB\n")
    limits = {resource.RLIMIT_AS: 3 * GB, resource.RLIMIT_DATA: resource.RLIM_INFINITY}
    monkeypatch.setattr("cmrmap.core.memory.resource.getrlimit", lambda kind: (limits[kind], limits[kind]))
    assert free_memory_bytes(tmp_path / "none", tmp_path / "none", tmp_path) == 2 * GB
    limits[resource.RLIMIT_DATA] = GB
    assert free_memory_bytes(tmp_path / "none", tmp_path / "none", tmp_path) == GB // 2


@pytest.mark.parametrize(("free", "expected"), [(None, 2e9), (0, 256e6), (2e9, 500e6), (100e9, 2e9)])
def test_images_have_a_share_of_what_is_free(
    monkeypatch: pytest.MonkeyPatch, free: float | None, expected: float
) -> None:
    monkeypatch.setattr("cmrmap.core.memory.free_memory_bytes", lambda: None if free is None else int(free))
    assert image_memory_bytes() == expected
    assert image_memory_bytes(300.5) == 300_500_000
