"""Every way to start the application: the same results, and the process that was started is the one that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FIRST = str(Path(sys.executable).parent)  # `env python3` finds this interpreter
_EXEC = (str(ROOT / "bin" / "monai-deploy"), "exec", ".")
_RUN = (sys.executable, "-m", "cmrmap", "run")


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOLOSCAN", "MERCURE", "CMRMAP"))}
    return kept | {"PATH": f"{_FIRST}{os.pathsep}{kept['PATH']}"}


def test_monai_deploy_exec_does_the_main_job(one_slice_study: Path, one_slice_run, differing, tmp_path: Path) -> None:
    done = subprocess.run(
        [*_EXEC, "-i", str(one_slice_study), "-o", str(tmp_path / "out"), "-m", "models"],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(done.stderr.splitlines()) == len(one_slice_run.stderr.splitlines())
    assert (one_slice_run.exit_code, differing(tmp_path / "out", one_slice_run.output)) == (0, [])


def _command_lines() -> Iterator[list[bytes]]:
    """Yield the words of every process's command line."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it has ended
            yield path.read_bytes().split(b"\0")


def _read_until(stream: IO[str], word: str) -> str:
    said = ""
    for line in stream:
        said += line
        if word in line:
            return said
    pytest.fail(f"ended before {word}: {said}")


@pytest.mark.parametrize(
    ("command", "number", "code"),
    [(_RUN, signal.SIGTERM, 143), (_RUN, signal.SIGINT, 130), (_EXEC, signal.SIGTERM, 143)],
)
def test_a_signal_ends_the_application_and_leaves_no_process(
    demo_study: Path, tmp_path: Path, command: tuple[str, ...], number: signal.Signals, code: int
) -> None:
    output = tmp_path / "out"
    with subprocess.Popen(
        [*command, "-i", str(demo_study / "dicom"), "-o", str(output), "-m", "models"],
        cwd=ROOT,
        env=_environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        _read_until(process.stderr, " load ")  # the networks are at work
        assert any(os.fsencode(output) in words for words in _command_lines())
        process.send_signal(number)  # to it alone, as a host does
        _, said = process.communicate(timeout=20)
    assert process.returncode == code
    assert f"cmrmap: the run was ended by {number.name}" in said
    assert [path.name for path in output.rglob("*") if path.is_file()] == ["status.json"]
    assert not [words for words in _command_lines() if os.fsencode(output) in words]
