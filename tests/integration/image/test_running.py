"""The image does the main job for any host: its users, folders, commands."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mapbuild.staging import model_files, tracked_files
from tests.image_engine import GID, ROOT, UID, Engine, read_status


def test_the_demo_study_gives_the_results_of_the_application(
    engine: Engine, demo_study: Path, demo_run: Any, differing: Callable[[Path, Path], list[str]], output: Path
) -> None:
    # neither time zone nor locale, and other BLAS threads than the application had
    options = ("--memory", "4g", "-e", "TZ=", "-e", "LANG=", "-e", "OPENBLAS_NUM_THREADS=2")
    done = engine.run(source=demo_study / "dicom", output=output, options=options)
    assert done.code == 0, done.stderr
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == len(demo_run.stderr.splitlines()), done.stderr
    assert all(" INFO " in line for line in lines)
    assert differing(output, demo_run.output) in ([], ["results/status.json"])
    statuses = [read_status(output), demo_run.json("status.json")]
    for status in statuses:
        del status["versions"]["python"]  # the distribution's may be of another patch level
    assert statuses[0] == statuses[1]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in output.glob("*.dcm")} == {(UID, GID)}


def test_another_user_the_images_own(engine: Engine, one_slice: Path, output: Path) -> None:
    done = engine.run(source=one_slice, output=output, user=None)
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
    status = read_status(output)
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
    assert read_status(output)["outcome"] == "ok"


def test_the_workflow_managers_task_of_the_documents(engine: Engine, one_slice: Path, output: Path) -> None:
    """The plug-in takes the arguments' entrypoint, command, user and env_ variables in place of the image's own."""
    text = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (workflow,) = (json.loads(block) for block in re.findall("```json\n(.*?)```", text, re.DOTALL))
    (task,) = (one["args"] for one in workflow["tasks"] if one["type"] == "docker")
    assert task["container_image"] == engine.image
    variables = [f"{name.removeprefix('env_')}={value}" for name, value in task.items() if name.startswith("env_")]
    shell, option = task["entrypoint"].split(",")
    done = engine.run(
        *(option, task["command"]),
        source=one_slice,
        output=output,
        user=task["user"],
        options=("--entrypoint", shell, *(word for variable in variables for word in ("-e", variable))),
    )
    assert done.code == 0, done.stderr
    assert read_status(output)["outcome"] == "ok"


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
