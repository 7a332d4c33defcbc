"""docker or podman, and one run of the image by it under the options that every contract asks for."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mapbuild.context import Variant, tag_of

ROOT = Path(__file__).resolve().parents[1]
UID, GID = 12345, 54321


@dataclass(frozen=True)
class Done:
    """One run of the container."""

    code: int
    stdout: str
    stderr: str


class Engine:
    """docker where its daemon answers, else podman."""

    def __init__(self) -> None:
        docker = shutil.which("docker") and not subprocess.run(["docker", "info"], capture_output=True).returncode
        self.program = "docker" if docker else "podman"
        self.image = tag_of(ROOT, Variant())
        self.before: list[str] = []
        self.common = ["--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only"]
        if self.program == "podman":
            # as docker has it: no folder that can be written but the mounts; no timers, which need systemd
            self.common += ["--read-only-tmpfs=false", "--no-healthcheck"]
            self.common += self._what_podman_needs()

    def _what_podman_needs(self) -> list[str]:
        """Return the options by which podman runs anything here, tried from none to most."""
        # podman raises its limits to values that an outer container may forbid
        limits = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
        said = ""
        # crun wants one kind of control groups, runc takes both
        for global_options, options in (([], []), ([], limits), (["--runtime", "runc"], limits)):
            self.before = global_options
            done = self.call("run", "--rm", "--network", "none", "--no-healthcheck", *options, self.image, "help")
            if done.code == 0:
                return options
            said = done.stderr.strip().rpartition("\n")[2]
        raise RuntimeError(f"podman runs no container here: {said} (docs/deploy.md, When the engine does not start)")

    def call(self, *arguments: str, timeout: float = 300) -> Done:
        """Run the engine's own command line."""
        done = subprocess.run(
            [self.program, *self.before, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            errors="replace",
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(
        self,
        *arguments: str,
        source: Path | None = None,
        output: Path | None = None,
        options: tuple[str, ...] = (),
        user: str | None = f"{UID}:{GID}",
    ) -> Done:
        """Run the image to its end; ``user`` None: the image's own."""
        mounts = [] if user is None else ["--user", user]
        if source is not None:
            mounts += ["-v", f"{source}:/var/holoscan/input:ro"]
        if output is not None:
            mounts += ["-v", f"{output}:/var/holoscan/output"]
        return self.call("run", "--rm", *self.common, *mounts, *options, self.image, *arguments)

    def read(self, path: str) -> str:
        """Return the content of one of the image's files."""
        return self.call("run", "--rm", *self.common, "--entrypoint", "cat", self.image, path).stdout

    def inspect(self) -> dict[str, Any]:
        """Return what the engine knows of the image."""
        (found,) = json.loads(self.call("image", "inspect", self.image).stdout)
        return dict(found)


def read_status(folder: Path) -> dict[str, Any]:
    """Return the status file of a run's output folder."""
    return dict(json.loads((folder / "results" / "status.json").read_text(encoding="utf-8")))
