"""The application as its users start it: a process of its own, on a phantom study."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cmrmap.phantom.study_writer import write_study

ROOT = Path(__file__).resolve().parents[2]
_SETTLED_BY_USER = ("HOLOSCAN_", "MERCURE_", "CMRMAP_")


@dataclass(frozen=True)
class Run:
    """One run of the application."""

    exit_code: int
    stdout: str
    stderr: str
    output: Path

    def json(self, name: str) -> Any:
        return json.loads((self.output / "results" / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def run_app() -> Callable[..., Run]:
    def run(source: Path | None, output: Path | None, *more: str, **variables: str) -> Run:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_SETTLED_BY_USER)} | variables
        command = [sys.executable, "-m", "app"]
        command += ["-i", str(source)] if source else []
        command += ["-o", str(output)] if output else []
        done = subprocess.run(
            [*command, *more], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )
        return Run(done.returncode, done.stdout, done.stderr, output or Path())

    return run


def _differing(one: Path, other: Path) -> list[str]:
    """Names of the files that only one folder has, or that are not the same byte by byte."""
    first, second = (
        {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in (one, other)
    )
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


@pytest.fixture(scope="session")
def differing() -> Callable[[Path, Path], list[str]]:
    return _differing


@pytest.fixture(scope="session")
def demo_study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of `make demo`: SNR 30, motion, hematocrit beside the images."""
    return write_study(tmp_path_factory.mktemp("demo"), hematocrit_file=True)


@pytest.fixture(scope="session")
def demo_run(demo_study: Path, run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_app(demo_study / "dicom", tmp_path_factory.mktemp("demo_run"))


REAL_STUDIES = ROOT.parent / "shared" / "data" / "real"


@pytest.fixture(scope="session")
def real_run(run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The application's run on an in-vivo study, made once; the test skips where the study is not at hand."""
    made: dict[str, Run] = {}

    def get(subject: str) -> Run:
        source = REAL_STUDIES / subject / "dicom"
        if not source.is_dir():
            pytest.skip(f"the in-vivo study {os.path.relpath(source)} is not at hand")
        if subject not in made:
            made[subject] = run_app(source, tmp_path_factory.mktemp(subject))
        return made[subject]

    return get
