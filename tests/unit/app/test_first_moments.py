"""A signal in the first moments of a run, while it is still importing, ends it by its own words, status and code."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: found by the interpreter as it starts: sends itself the signal where a module is about to be imported
_HOOK = """
import os, signal, sys
def hook(event, given):
    if event == "import" and given[0] == os.environ["AT_IMPORT_OF"] and os.path.basename(sys.argv[0]) != "-c":
        os.kill(os.getpid(), int(os.environ["SIGNAL"]))
sys.addaudithook(hook)
"""
_SMALL_STACK = 8 << 20
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "CMRMAP_STACK_SETTLED")
_APP = ("-m", "app")
_RUN = ("-m", "cmrmap", "run")
_EXEC = ("bin/monai-deploy", "exec", ".")


def _small_stack() -> None:
    """As shells have it: the application starts itself anew with a larger one."""
    resource.setrlimit(resource.RLIMIT_STACK, (_SMALL_STACK, resource.getrlimit(resource.RLIMIT_STACK)[1]))


_MOMENTS = (
    (_APP, "app.process"),
    (_APP, "cmrmap.run.lean_process"),
    (_APP, "numpy"),
    (_RUN, "cmrmap.cli.main"),
    (_RUN, "numpy"),
    (_EXEC, "app"),
)


@pytest.mark.parametrize(
    ("command", "module", "number", "code", "name"),
    [(*moment, 15, 143, "SIGTERM") for moment in _MOMENTS] + [(*moment, 2, 130, "SIGINT") for moment in _MOMENTS[::3]],
)
def test_a_signal_during_the_imports(
    tmp_path: Path, command: tuple[str, ...], module: str, number: int, code: int, name: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "1.dcm").write_bytes(b"no image")
    environment = {name: value for name, value in os.environ.items() if name not in _THREADS}
    environment |= {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "AT_IMPORT_OF": module, "SIGNAL": str(number)}
    done = subprocess.run(
        [sys.executable, *command, "-i", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "-l", "ERROR"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=_small_stack,
    )
    assert done.returncode == code, done.stderr
    assert done.stderr == f"cmrmap: the run was ended by {name}; nothing was made, run it again\n"
    status = json.loads((tmp_path / "out/results/status.json").read_text(encoding="utf-8"))
    assert (status["outcome"], status["exit_code"]) == ("error", code)


def test_other_verbs_and_other_applications_end_as_any_program_does(tmp_path: Path) -> None:
    """Nobody would look at the signals that they hold."""
    other = tmp_path / "other.py"
    other.write_text("import signal; print(len(signal.pthread_sigmask(signal.SIG_BLOCK, ())))", encoding="utf-8")
    held = "import sys; sys.argv = ['cmrmap', {verb!r}, '--help']\n" + (
        "import atexit, runpy, signal\n"
        "atexit.register(lambda: print('held', len(signal.pthread_sigmask(signal.SIG_BLOCK, ()))))\n"
        "runpy.run_module('cmrmap', run_name='__main__')"
    )
    for words, said in (
        (("bin/monai-deploy", "exec", str(other)), "0"),
        (("-c", held.format(verb="inspect")), "held 0"),
        (("-c", held.format(verb="edit")), "held 2"),
    ):
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stdout.splitlines()[-1] == said, done.stderr
