"""The wheel, installed elsewhere: nothing of the checkout is needed, and its model comes along."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cmrmap.core.version import VERSION
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom
from tests.unit.cohort.conftest import one_slice

ROOT = Path(__file__).resolve().parents[2]
#: what only an extra may ask for
_NOT_OF_THE_CORE = re.compile(r"monai|holoscan|nvidia|cuda|cupy|triton|pynetdicom|dicomweb|dask|pandas|pytest")


def _pip(*arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", *map(str, arguments), "--quiet", "--no-deps", "--no-index"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy: a build leaves folders behind."""
    source = tmp_path_factory.mktemp("wheel") / "source"
    for name in ("cmrmap", "models"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app", "operators"):  # a distribution with these at its top would collide with anybody's
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    _pip("wheel", "--no-build-isolation", "--wheel-dir", source.parent / "dist", source)
    (found,) = (source.parent / "dist").glob("*.whl")
    return found


class _Installed:
    """An environment with the wheel; the other packages are those that the tests run with."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=120)
        self.python = folder / "venv" / "bin" / "python"
        _pip("--python", self.python, "install", wheel)
        (self.site,) = (folder / "venv" / "lib").glob("python3*/site-packages")
        # a path alone: the editable install of the checkout is found by a file of its own in there, which is not read
        (self.site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
        self.models = self.site / "cmrmap" / "models"

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment in an empty folder."""
        empty = self.folder / "empty"
        empty.mkdir(exist_ok=True)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "CMRMAP", "HOLOSCAN", "MERCURE"))}
        program, *arguments = words
        return subprocess.run(
            [self.python.with_name(program), *arguments],
            cwd=empty,
            env={**kept, **variables},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> _Installed:
    return _Installed(tmp_path_factory.mktemp("installed"), wheel)


@pytest.fixture
def spoiled(installed: _Installed) -> Iterator[Path]:
    """Return the installed model's folder; what a test does to it is undone."""
    folder = installed.models / "stack-unet"
    kept = installed.folder / "kept"
    shutil.copytree(folder, kept)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.move(kept, folder)


def test_the_wheel_holds_one_package_with_its_model_and_types(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"cmrmap", f"cmrmap-{VERSION}.dist-info"}
    shipped = {f"cmrmap/models/{path.relative_to(ROOT / 'models')}" for path in (ROOT / "models").glob("*/*")}
    # a checkout may hold the compiled library of its own processor: the image has one, a wheel for all has none
    made_here = {"__pycache__", "ahead"}
    files = [path for path in (ROOT / "cmrmap").rglob("*") if path.is_file() and not made_here & set(path.parts)]
    inside = {name for name in names if not name.startswith(f"cmrmap-{VERSION}.dist-info/")}
    assert inside == shipped | {str(path.relative_to(ROOT)) for path in files}
    assert "cmrmap/py.typed" in inside


def test_the_core_asks_for_no_framework_and_every_extra_is_there(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    metadata = Parser().parsestr(archive.read(f"cmrmap-{VERSION}.dist-info/METADATA").decode())
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    core = [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert {"torch", "pydicom", "numpy", "typer"} <= {one.name for one in core}
    assert [str(one) for one in core if _NOT_OF_THE_CORE.match(one.name)] == []
    assert [str(one) for one in core if "==" in str(one.specifier)] == []  # ranges: others must fit beside it
    assert set(metadata.get_all("Provides-Extra", [])) == {"app", "send", "train", "evaluation", "dev"}
    assert metadata["Author"] == "The CMRmap authors"


def test_it_runs_from_any_folder(installed: _Installed) -> None:
    version = installed.run("cmrmap", "--version")
    assert (version.returncode, version.stdout, version.stderr) == (0, f"{VERSION}\n", "")
    code = "import cmrmap, os; print(os.path.dirname(cmrmap.__file__), cmrmap.__version__)"
    imported = installed.run("python", "-c", code)
    assert imported.stdout.split() == [str(installed.site / "cmrmap"), VERSION], imported.stderr
    assert installed.run("python", "-m", "cmrmap", "phantom", "flavours").returncode == 0


def test_it_finds_its_own_model(installed: _Installed, tmp_path: Path) -> None:
    code = "from cmrmap.run.shipped_model import find_model_folder; print(find_model_folder())"
    assert installed.run("python", "-c", code).stdout.strip() == str(installed.models / "stack-unet")
    named = installed.run("python", "-c", code, CMRMAP_MODEL_PATH=str(ROOT / "models"))
    assert named.stdout.strip() == str(ROOT / "models" / "stack-unet")


@pytest.mark.slow
def test_the_demo_study_by_the_installed_command_gives_the_applications_bytes(
    installed: _Installed, demo_study: Path, demo_run, differing, tmp_path: Path
) -> None:
    done = installed.run("cmrmap", "run", "-i", str(demo_study / "dicom"), "-o", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert differing(tmp_path / "out", demo_run.output) == []


_FRONT_DOOR = """
import sys, cmrmap
analysis = cmrmap.analyse_folder(sys.argv[1])
found = {one.kind.value: one.status for one in analysis.results.maps}
print("t2", found["t2"], [name for name in ("app", "operators", "holoscan", "monai") if name in sys.modules])
"""


def test_the_front_door_of_the_installed_package(installed: _Installed, tmp_path: Path) -> None:
    study = generate_study(one_slice(draw_study_parameters(seed=1)))
    write_phantom(tmp_path / "study", study, hematocrit_file=True)
    done = installed.run("python", "-c", _FRONT_DOOR, str(tmp_path / "study" / "dicom"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["t2", "ok", "[]"]


def _told(installed: _Installed) -> str:
    done = installed.run("cmrmap", "evaluate", "segmentation", "--data", ".")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    return line


def test_a_model_that_was_changed_is_told_in_one_line(installed: _Installed, spoiled: Path) -> None:
    with (spoiled / "weights.safetensors").open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last[0] ^ 1]))
    assert re.match(r"cmrmap: checksum of .*weights.safetensors is .*, expected .*restore the model", _told(installed))


def test_a_model_that_is_missing_is_told_in_one_line(installed: _Installed, spoiled: Path) -> None:
    shutil.rmtree(spoiled)
    assert re.match(r"cmrmap: the model that ships with CMRmap is missing: .*; install the package", _told(installed))
