"""`make audit` fails for a known vulnerability, and never takes silence for a good answer."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "audit.py"
_GOOD = {"name": "a", "version": "1", "vulns": []}
_BAD = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
_SILENT = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "complete", "code", "last"),
    [
        ([], False, 0, "not done: the data on vulnerabilities cannot be reached from here"),
        ([_SILENT, _SILENT], True, 0, "not done: the data on vulnerabilities cannot be reached from here"),
        ([_GOOD], True, 0, "1 packages asked for, 0 vulnerabilities"),
        ([_GOOD, _SILENT], True, 0, "1 packages asked for, 0 vulnerabilities; 1 packages could not be asked for"),
        ([_GOOD], False, 0, "1 packages asked for, 0 vulnerabilities; a list could not be asked for"),
        ([_GOOD, _BAD], True, 1, "2 packages asked for, 1 vulnerabilities"),
    ],
)
def test_verdict(packages: list[dict[str, Any]], complete: bool, code: int, last: str) -> None:
    judge = runpy.run_path(str(SCRIPT))["judge"]
    found, lines = judge(packages, complete=complete)
    assert (found, lines[-1]) == (code, last)
    assert (lines[0] == "b 2: PYSEC-1, mended in 3") == bool(code)


def test_without_a_network_it_says_so_in_one_line_and_fails_nothing(tmp_path: Path) -> None:
    closed = dict.fromkeys(("https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, **closed, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr.splitlines() == ["audit: not done: the data on vulnerabilities cannot be reached from here"]
