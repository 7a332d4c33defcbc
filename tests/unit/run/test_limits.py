"""A process that may not take what a study needs is told so before it starts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cmrmap.core.errors import InputError
from cmrmap.run.limits import check_memory
from tests.processes import ended


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
    command = [sys.executable, "-c", limited, "-m", "app", "-i", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    done = ended(command, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("cmrmap: memory is limited to 944 MB here")
    assert (tmp_path / "out" / "results" / "status.json").is_file()


def test_too_few_addresses_are_told_with_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cmrmap.run.limits.memory_limit_bytes", lambda: 1_300_000 * 1024)
    monkeypatch.setattr("cmrmap.run.limits.address_limit_bytes", lambda: 1_300_000 * 1024)
    with pytest.raises(InputError, match=r"addresses are limited to 1331 MB here \(ulimit -v\), .* at least 2684 MB"):
        check_memory()
    monkeypatch.setattr("cmrmap.run.limits.address_limit_bytes", lambda: 3 << 30)
    check_memory()


def test_a_process_with_few_addresses_ends_with_2_before_it_reads_anything(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file.txt").touch()
    run = f"exec {sys.executable} -m cmrmap run -i {tmp_path}/in -o {tmp_path}/out"
    done = ended(["/bin/sh", "-c", f"ulimit -v 1300000; {run}"], timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("cmrmap: addresses are limited to 1331 MB here (ulimit -v), a study needs at least")
    assert done.stderr.count("\n") == 1
    assert (tmp_path / "out" / "results" / "status.json").is_file()
