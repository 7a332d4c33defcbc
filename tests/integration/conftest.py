"""The application as its users start it: a process of its own, on a phantom study."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cmrmap.phantom.study_writer import write_study
from tests.sharing import made_once

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
            [*command, *more], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False
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
    """The study of `make demo`: SNR 30, motion, hematocrit beside the images. To be read only."""
    return made_once(tmp_path_factory, "demo", lambda folder: write_study(folder, hematocrit_file=True))


@pytest.fixture(scope="session")
def one_slice_study(demo_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DICOM folder of the demo study's mid slice: all three series and the hematocrit, a fifth of the work."""

    return made_once(tmp_path_factory, "one_slice", lambda folder: copy_slices(demo_study, folder, 2))


def copy_slices(demo_study: Path, folder: Path, *indices: int) -> None:
    """Copy some of the demo study's five slices, of all series, and the hematocrit."""
    shutil.copy(demo_study / "dicom" / "hematocrit.json", folder)
    for series in (path for path in sorted((demo_study / "dicom").iterdir()) if path.is_dir()):
        files = sorted(series.glob("*.dcm"))
        n_images = len(files) // 5
        (folder / series.name).mkdir()
        for index in indices:
            for path in files[index * n_images : (index + 1) * n_images]:
                shutil.copy(path, folder / series.name)


def _recorded(run_app: Callable[..., Run], source: Path, factory: pytest.TempPathFactory, name: str) -> Run:
    """Run the application on a study once for all workers."""

    def make(folder: Path) -> None:
        run = run_app(source, folder / "out")
        said = {"exit_code": run.exit_code, "stdout": run.stdout, "stderr": run.stderr}
        (folder / "said.json").write_text(json.dumps(said), encoding="utf-8")

    folder = made_once(factory, f"run-{name}", make)
    return Run(**json.loads((folder / "said.json").read_text(encoding="utf-8")), output=folder / "out")


@pytest.fixture(scope="session")
def demo_run(demo_study: Path, run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The application's run on the demo study, for all tests that only read what it said and wrote."""
    return _recorded(run_app, demo_study / "dicom", tmp_path_factory, "demo")


@pytest.fixture(scope="session")
def one_slice_run(one_slice_study: Path, run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The application's run on the demo study's mid slice: what other ways to run it are compared with."""
    return _recorded(run_app, one_slice_study, tmp_path_factory, "one_slice")


REAL_STUDIES = ROOT.parent / "shared" / "data" / "real"


@pytest.fixture(scope="session")
def real_run(run_app: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Run]:
    """The application's run on an in-vivo study, made once; the test skips where the study is not at hand."""

    def get(subject: str) -> Run:
        source = REAL_STUDIES / subject / "dicom"
        if not source.is_dir():
            pytest.skip(f"the in-vivo study {os.path.relpath(source)} is not at hand")
        return _recorded(run_app, source, tmp_path_factory, subject)

    return get
