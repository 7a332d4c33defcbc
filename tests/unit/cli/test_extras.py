"""The command line starts with what the core installs; a verb whose extra is missing says which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cmrmap.cli.extras import EXTRAS, missing_extra

ROOT = Path(__file__).resolve().parents[3]
_PROGRAM = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {set(EXTRAS)!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from cmrmap.cli.main import main
main()
"""


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("verb", ["--help", "phantom --help", "cohort --help", "transfer --help", "phantom flavours"])
def test_help_and_what_the_core_can_do_need_no_extra(tmp_path: Path, verb: str) -> None:
    done = _run(tmp_path, *verb.split())
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("verb", "extra"),
    [
        ("evaluate cohort -r a --reference b -o c", "evaluation"),
        ("cohort -i . -o out", "evaluation"),
        ("send {file} --to dicom://A@localhost:1", "send"),
        ("send {file} --to http://localhost:1/dicom-web", "send"),
    ],
)
def test_a_verb_names_the_extra_that_it_lacks(tmp_path: Path, verb: str, extra: str) -> None:
    from pydicom.data import get_testdata_file

    done = _run(tmp_path, *verb.format(file=get_testdata_file("MR_small.dcm")).split())
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("cmrmap: ")
    assert line.endswith(f'is not installed; it comes with: pip install "cmrmap[{extra}]"')


def test_what_belongs_to_no_extra_is_a_fault() -> None:
    assert missing_extra(ModuleNotFoundError("x", name="cmrmap.nothing")) is None
    assert missing_extra(ModuleNotFoundError("x")) is None
