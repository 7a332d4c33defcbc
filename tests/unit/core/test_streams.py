"""Streams that are closed, full, or read by nobody: a program does what it should, and ends as it would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = """
import ctypes, sys
from cmrmap.core.errors import OutputError
from cmrmap.core.streams import open_streams, say, told_if_full
open_streams()
with open(sys.argv[1], "w") as result:  # would take the number of a closed stream
    for number in (1, 2):
        ctypes.CDLL(None).write(number, b"by a library\\n", 13)
    result.write("complete")
try:
    with told_if_full():
        print("x" * 100_000)
except OutputError as error:
    say(str(error))
    sys.exit(2)
say("last words")
sys.exit(7)
"""
_WAYS = {
    "": (7, True),
    ">&-": (7, True),
    "2>&-": (7, False),
    ">&- 2>&-": (7, False),
    "<&- >&- 2>&-": (7, False),
    "| true": (7, True),
    "2>&1 | true": (7, False),
    ">/dev/null 2>/dev/full": (7, False),
}


def _run(way: str, result: Path) -> subprocess.CompletedProcess[str]:
    """Run it in a shell, with its streams as they are given there."""
    command = f'"$0" -c "$1" "$2" {way}; exit ${{PIPESTATUS[0]}}'
    return subprocess.run(
        ["bash", "-c", command, sys.executable, _PROGRAM, str(result)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.program("bash")
@pytest.mark.parametrize("way", _WAYS)
def test_no_stream_changes_how_a_program_ends(way: str, tmp_path: Path) -> None:
    code, is_told = _WAYS[way]
    done = _run(way, tmp_path / "result")
    assert done.returncode == code, done.stderr
    assert (tmp_path / "result").read_text() == "complete"
    assert ("last words" in done.stderr) is is_told
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.program("bash")
def test_a_full_stdout_is_told(tmp_path: Path) -> None:
    done = _run(">/dev/full", tmp_path / "result")
    assert (done.returncode, (tmp_path / "result").read_text()) == (2, "complete")
    assert done.stderr == (
        "by a library\nstdout cannot be written (No space left on device); give it a place with free space\n"
    )
