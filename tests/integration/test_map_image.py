"""The container image under the contracts of those who run it; `make test-map` builds it and runs this."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mapbuild.context import Variant, tag_of
from mapbuild.staging import model_files, tracked_files

ROOT = Path(__file__).resolve().parents[2]
UID, GID = 12345, 54321

#: prints what should not be in the image and is
_FIND = """
import importlib.util, json, shutil
def found(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False
modules = ("monai.networks", "pip", "setuptools", "cupy", "sympy", "pytest", "torch.test", "holoscan_cli")
ours = ("cmrmap.training", "cmrmap.phantom", "cmrmap.evaluation", "cmrmap.cli", "tests")
programs = ("gcc", "curl", "wget", "pip", "git")
print(json.dumps([n for n in (*modules, *ours) if found(n)] + [p for p in programs if shutil.which(p)]))
"""

pytestmark = [
    pytest.mark.skipif("CMRMAP_TEST_IMAGE" not in os.environ, reason="the image is tested by `make test-map`"),
    pytest.mark.slow,
]


@dataclass(frozen=True)
class Done:
    """One run of the container."""

    code: int
    stdout: str
    stderr: str


class Engine:
    """docker or podman, with the options that every contract asks for."""

    def __init__(self, program: str) -> None:
        self.program = program
        self.image = tag_of(ROOT, Variant())
        self.common = ["--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"]
        if program == "podman":
            # as docker has it: no folder that can be written but the mounts; no timers, which need systemd
            self.common += ["--read-only-tmpfs=false", "--no-healthcheck"]
            if self.call("run", "--rm", "--no-healthcheck", self.image, "help").code:
                # podman raises its limits to values that an outer container may forbid
                self.common += ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]

    def call(self, *arguments: str, timeout: float = 300) -> Done:
        done = subprocess.run(
            [self.program, *arguments], capture_output=True, text=True, timeout=timeout, check=False, errors="replace"
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(
        self,
        *arguments: str,
        source: Path | None = None,
        output: Path | None = None,
        options: tuple[str, ...] = (),
        user: str = f"{UID}:{GID}",
    ) -> Done:
        mounts = []
        if source is not None:
            mounts += ["-v", f"{source}:/var/holoscan/input:ro"]
        if output is not None:
            mounts += ["-v", f"{output}:/var/holoscan/output"]
        return self.call("run", "--rm", *self.common, "--user", user, *mounts, *options, self.image, *arguments)

    def read(self, path: str) -> str:
        """Return the content of one of the image's files."""
        return self.call("run", "--rm", *self.common, "--entrypoint", "cat", self.image, path).stdout

    def inspect(self) -> dict[str, Any]:
        (found,) = json.loads(self.call("image", "inspect", self.image).stdout)
        return dict(found)


@pytest.fixture(scope="module")
def engine() -> Engine:
    docker = (
        shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    )
    return Engine("docker" if docker else "podman")


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a folder that belongs to the container's user, as a host prepares it."""
    folder = tmp_path / "out"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.fixture(scope="module")
def one_slice(demo_study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One native slice, as mercure lays it out: flat, with its own files beside it."""
    folder = tmp_path_factory.mktemp("one") / "in"
    folder.mkdir()
    for path in sorted((demo_study / "dicom" / "stone_native_t1").glob("*.dcm"))[:11]:
        shutil.copy(path, folder)
        (folder / f"{path.stem}.tags").write_text('{"PatientName": "x"}')
    (folder / "task.json").write_text('{"id": "1", "process": {"settings": {}}}')
    return folder


def _status(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "results" / "status.json").read_text(encoding="utf-8")))


def test_the_demo_study_gives_the_results_of_the_application(
    engine: Engine, demo_study: Path, demo_run: Any, output: Path, content: Any
) -> None:
    options = ["--memory", "4g", "-e", "TZ=", "-e", "LANG="]
    for name in os.environ:  # the same kernels and threads: sums in another order differ in their last bits
        if name.startswith(("OPENBLAS_", "OMP_")):
            options += ["-e", name]
    done = engine.run(source=demo_study / "dicom", output=output, options=tuple(options))
    assert done.code == 0, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == len(demo_run.stderr.splitlines()), done.stderr
    assert all(" INFO " in line for line in lines)
    made, expected = content(output), content(demo_run.output)
    statuses = [json.loads(files.pop("status.json")) for files in (made, expected)]
    assert made == expected
    files = [{path.name: path.read_bytes() for path in folder.glob("*.dcm")} for folder in (output, demo_run.output)]
    assert files[0] == files[1]
    for status in statuses:
        del status["versions"]["python"]  # the distribution's is of another patch level
    assert statuses[0] == statuses[1]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in output.glob("*.dcm")} == {(UID, GID)}


def test_another_user_the_images_own(engine: Engine, one_slice: Path, output: Path) -> None:
    done = engine.call(
        *("run", "--rm", *engine.common, "-v", f"{one_slice}:/var/holoscan/input:ro"),
        *("-v", f"{output}:/var/holoscan/output", engine.image),
    )
    assert done.code == 0, done.stderr
    assert {path.stat().st_uid for path in output.glob("*.dcm")} == {1000}


@pytest.mark.parametrize(
    "names", [("HOLOSCAN_INPUT_PATH", "HOLOSCAN_OUTPUT_PATH"), ("MERCURE_IN_DIR", "MERCURE_OUT_DIR")]
)
def test_folders_elsewhere(engine: Engine, one_slice: Path, output: Path, names: tuple[str, str]) -> None:
    done = engine.run(
        options=(
            *("-v", f"{one_slice}:/tmp/data:ro", "-v", f"{output}:/tmp/output"),
            *("-e", f"{names[0]}=/tmp/data", "-e", f"{names[1]}=/tmp/output"),
        )
    )
    assert done.code == 0, done.stderr
    assert list(output.glob("*.dcm"))
    status = _status(output)
    assert status["maps"]["native_t1"]["status"] in ("ok", "partial")
    assert status["skipped_files"] == 12  # task.json and a .tags file beside each image


def test_the_manifests_command_run_by_a_host(engine: Engine, one_slice: Path, output: Path) -> None:
    manifest = json.loads(engine.read("/etc/holoscan/app.json"))
    command = json.loads(manifest["command"])
    environment = [word for name, value in manifest["environment"].items() for word in ("-e", f"{name}={value}")]
    done = engine.run(
        *command[1:],
        source=one_slice,
        output=output,
        options=(*environment, "-w", manifest["workingDirectory"], "--entrypoint", command[0]),
    )
    assert done.code == 0, done.stderr
    assert _status(output)["outcome"] == "ok"


def test_a_failing_operator_ends_with_1(engine: Engine, one_slice: Path, output: Path, tmp_path: Path) -> None:
    text = (ROOT / "operators" / "refinement.py").read_text(encoding="utf-8")
    broken = tmp_path / "refinement.py"
    broken.write_text(
        text.replace("def work(", "def work(self, *_: object) -> None:\n        raise ValueError\n\n    def _work(", 1)
    )
    broken.chmod(0o644)
    done = engine.run(
        source=one_slice, output=output, options=("-v", f"{broken}:/opt/holoscan/app/operators/refinement.py:ro")
    )
    assert done.code == 1, done.stderr
    assert "internal error in stage refine: ValueError" in done.stderr
    assert _status(output)["exit_code"] == 1
    assert not list(output.glob("*.dcm"))


def test_bad_input_has_its_code_one_line_and_a_status(
    engine: Engine, one_slice: Path, output: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir(mode=0o755)
    cases: list[tuple[Path, tuple[str, ...], tuple[str, ...], int, str]] = [
        (empty, (), (), 3, "holds no files"),
        (one_slice, ("-l", "loud"), (), 2, "invalid choice"),
        (one_slice, (), ("-e", "HOLOSCAN_MODEL_PATH=/models"), 2, "models folder /models does not exist"),
        (one_slice, (), ("--memory", "256m"), 2, "memory is limited to 268 MB"),
        (one_slice, (), ("-e", "HOLOSCAN_TIMEOUT=1"), 124, "took longer than its limit of 1 s"),
    ]
    for source, arguments, options, code, words in cases:
        done = engine.run(*arguments, source=source, output=output, options=options)
        assert done.code == code, done.stderr
        assert words in done.stderr
        assert len([line for line in done.stderr.splitlines() if " INFO " not in line]) == 1, done.stderr
        status = _status(output)
        assert status["exit_code"] == code
        assert status["message"] in done.stderr
        assert not list(output.glob("*.dcm"))


def test_every_series_refused(engine: Engine, one_slice: Path, output: Path, tmp_path: Path) -> None:
    import pydicom

    folder = tmp_path / "two"
    shutil.copytree(one_slice, folder)
    other = pydicom.dcmread(next(folder.glob("*.dcm")))
    other.PatientID, other.SOPInstanceUID, other.file_meta.MediaStorageSOPInstanceUID = "other", "2.25.7", "2.25.7"
    other.save_as(folder / "other.dcm")
    done = engine.run(source=folder, output=output)
    assert done.code == 4, done.stderr
    assert _status(output)["outcome"] == "refused"


def test_an_output_that_cannot_be_written(engine: Engine, one_slice: Path, output: Path) -> None:
    output.chmod(0o755)
    done = engine.run(source=one_slice, output=output)
    assert done.code == 2
    assert done.stderr.startswith("cmrmap: output folder /var/holoscan/output cannot be written")
    assert len(done.stderr.splitlines()) == 1


def test_models_of_the_users_own(engine: Engine, one_slice: Path, output: Path, tmp_path: Path) -> None:
    for path in model_files(tracked_files(ROOT)):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, target)
        target.chmod(0o644)
    done = engine.run(
        source=one_slice,
        output=output,
        options=("-v", f"{tmp_path / 'models'}:/models:ro", "-e", "HOLOSCAN_MODEL_PATH=/models"),
    )
    assert done.code == 0, done.stderr


@pytest.fixture
def started(engine: Engine, demo_study: Path, output: Path) -> Iterator[Callable[..., str]]:
    """Start a run of the demo study in the background; its name is the answer once the first stage is through."""
    names: list[str] = []

    def start(*options: str) -> str:
        name = f"cmrmap-test-{uuid.uuid4().hex[:8]}"
        names.append(name)
        mounts = ("-v", f"{demo_study / 'dicom'}:/var/holoscan/input:ro", "-v", f"{output}:/var/holoscan/output")
        begun = engine.call(
            *("run", "--detach", "--name", name, *engine.common, "--user", f"{UID}:{GID}", *mounts, *options)
        )
        assert begun.code == 0, begun.stderr
        deadline = time.monotonic() + 60
        while " load " not in engine.call("logs", name).stderr:
            assert time.monotonic() < deadline, engine.call("logs", name).stderr
            time.sleep(0.2)
        return name

    yield start
    for name in names:
        engine.call("rm", "--force", name)


@pytest.mark.parametrize("by_entrypoint", [True, False])
def test_sigterm_ends_it_within_five_seconds_with_nothing_half_written(
    engine: Engine, started: Callable[..., str], output: Path, by_entrypoint: bool
) -> None:
    if by_entrypoint:
        name = started(engine.image)
    else:  # the application is the container's first process
        name = started("--entrypoint", "python3", engine.image, "/opt/holoscan/app")
    begun = time.monotonic()
    engine.call("kill", "--signal", "TERM", name)
    code = engine.call("wait", name).stdout.strip()
    assert time.monotonic() - begun < 5
    assert code == "143"
    assert "ended by SIGTERM" in engine.call("logs", name).stderr
    assert _status(output)["exit_code"] == 143
    assert [path.name for path in output.rglob("*") if path.is_file()] == ["status.json"]


def test_health_while_it_runs(engine: Engine, started: Callable[..., str]) -> None:
    name = started(engine.image)
    image = engine.inspect()
    probe = (image["Config"].get("Healthcheck") or image["Healthcheck"])["Test"]  # docker's place, podman's place
    assert probe[0] == "CMD"
    assert engine.call("exec", name, *probe[1:]).code == 0
    assert engine.run("health").code == 1  # a container in which no application runs


def test_show_prints_the_manifests(engine: Engine) -> None:
    done = engine.run("show")
    assert done.code == 0
    assert '"command": "[\\"python3\\", \\"/opt/holoscan/app\\"]"' in done.stdout
    assert '"modelRoot": "/opt/holoscan/models"' in done.stdout


def test_extract_copies_everything_or_one_part(engine: Engine, tmp_path: Path) -> None:
    for part, names in (("", {"app", "config", "models", "docs"}), ("config", {"app.json", "pkg.json", "app.yaml"})):
        folder = tmp_path / f"export{part}"
        folder.mkdir()
        folder.chmod(0o777)
        mount = f"{folder}:/var/run/holoscan/export/{part}".rstrip("/")
        done = engine.run("extract", options=("-v", mount))
        assert done.code == 0, done.stderr
        assert {path.name for path in folder.iterdir()} == (
            {"config"} if part and (folder / "config").is_dir() else names
        )
    assert (tmp_path / "export/app/app/app.py").read_bytes() == (ROOT / "app" / "app.py").read_bytes()
    assert (tmp_path / "export/docs/README.md").is_file()


def test_extract_into_a_folder_that_cannot_be_written(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir(mode=0o755)
    done = engine.run("extract", options=("-v", f"{folder}:/var/run/holoscan/export"))
    assert done.code == 1
    assert "Permission error" in done.stderr


def test_what_platforms_read_off_the_image(engine: Engine) -> None:
    image = engine.inspect()
    config = image["Config"]
    assert config["User"] == "1000:1000"
    assert config["Entrypoint"] == ["/var/holoscan/tools"]
    assert config["WorkingDir"] == "/var/holoscan"
    assert config["Labels"]["org.opencontainers.image.title"] == "CMRmap"
    assert config["Labels"]["org.opencontainers.image.version"] == engine.image.split(":")[1]
    environment = dict(line.split("=", 1) for line in config["Env"])
    assert environment["HOLOSCAN_INPUT_PATH"] == "/var/holoscan/input"
    assert not [name for name in environment if name.startswith("PIP_")]
    kaapana = json.loads(engine.read("/processing-container.json"))
    assert kaapana["templates"][0]["identifier"] == "maps"


def test_it_is_lean(engine: Engine) -> None:
    assert engine.inspect()["Size"] <= 1.2e9
    done = engine.run("-c", _FIND, options=("--entrypoint", "python3", "-w", "/opt/holoscan/app"))
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout) == []
