"""A run that its host watches and ends."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.image_engine import GID, UID, Engine, read_status


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
        deadline = time.monotonic() + 180  # a busy machine starts slowly
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
    assert read_status(output)["exit_code"] == 143
    assert [path.name for path in output.rglob("*") if path.is_file()] == ["status.json"]


def test_health_while_it_runs(engine: Engine, started: Callable[..., str]) -> None:
    name = started(engine.image)
    image = engine.inspect()
    probe = (image["Config"].get("Healthcheck") or image["Healthcheck"])["Test"]  # docker's place, podman's place
    assert probe[0] == "CMD"
    assert engine.call("exec", name, *probe[1:]).code == 0
    assert engine.run("health").code == 1  # a container in which no application runs
