"""Builds the image from a context: by docker where its daemon answers, else by buildah."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mapbuild.context import PACKAGING
from mapbuild.errors import PackagingError

#: base made from the distribution's packages, where no registry can be reached
LOCAL_BASE = "localhost/cmrmap-base:bookworm"
_PIP_VARIABLES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS")
_QUESTION_S = 300  # a busy image store answers late


def find_engine() -> str:
    """Return "docker" or "buildah".

    Raises
    ------
    PackagingError
        neither is there
    """
    if shutil.which("docker") and _succeeds(["docker", "info"]):
        return "docker"
    if shutil.which("buildah") and shutil.which("podman"):
        return "buildah"
    raise PackagingError(
        "found no docker that answers and no buildah with podman; install one (Debian: apt install buildah podman)"
    )


def find_base(engine: str, wanted: str) -> str:
    """Return the base image to use: the one wanted, or one made here where the registry cannot be reached.

    Raises
    ------
    PackagingError
        it is not here, cannot be pulled, and none can be made
    """
    if engine == "docker" or _succeeds(["podman", "image", "exists", wanted]):
        return wanted  # docker pulls it while it builds
    if _succeeds(["podman", "image", "exists", LOCAL_BASE]):
        return LOCAL_BASE
    if _succeeds(["podman", "pull", "--quiet", wanted]):
        return wanted
    if os.geteuid() == 0 and shutil.which("debootstrap"):
        print(f"{wanted} cannot be pulled; making {LOCAL_BASE} from the distribution's packages", file=sys.stderr)
        _run([str(PACKAGING / "base-image.sh"), LOCAL_BASE])
        return LOCAL_BASE
    raise PackagingError(
        f"base image {wanted} cannot be pulled, and without root and debootstrap none can be made; "
        "name one that is here by MAP_BASE"
    )


def fetch_wheels(context: Path) -> bool:
    """Download the locked packages into the context by this environment's pip and its settings; whether it did.

    The container then needs no network for them, and certificates, mirrors and folders of wheels that are set up for
    the user serve the build too. Elsewhere than on the image's platform the container's own pip must fetch them.

    Raises
    ------
    PackagingError
        a package is not where pip looks
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        return False
    folder = context / "wheelhouse"
    lists = [context / "pip" / name for name in ("packages.txt", "build.txt")]
    lines = [line.partition(" ")[0] for path in lists for line in path.read_text(encoding="utf-8").splitlines()]
    wanted = {line.replace("-", "_").replace("==", "-").lower() for line in lines}
    for wheel in folder.glob("*.whl"):  # of an earlier build
        if "-".join(wheel.name.lower().split("-")[:2]) not in wanted:
            wheel.unlink()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--only-binary", ":all:", "--find-links", str(folder), "--dest", str(folder)]
    command += ["--require-hashes", *(word for path in lists for word in ("-r", str(path)))]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        reason = next((line for line in found.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
        raise PackagingError(
            f"{reason.removeprefix('ERROR: ')}; if it is torch's CPU build that is missing, name the place of its "
            "wheels by PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS; if its hash is not that of packaging/torch-cpu.txt, the "
            "file is another than the one that was tested (make lock adds that of another interpreter's)"
        )
    return True


def build(engine: str, context: Path, tag: str, *, offline: bool) -> None:
    """Build and tag the image.

    Parameters
    ----------
    engine : from `find_engine`
    tag : name:version
    offline : every package is in the context's wheelhouse

    Raises
    ------
    PackagingError
        the engine failed; what it said is on stderr
    """
    settings = ["PIP_NO_INDEX=1"] if offline else [f"{n}={os.environ[n]}" for n in _PIP_VARIABLES if n in os.environ]
    arguments = [word for setting in settings for word in ("--build-arg", setting)]
    if engine == "docker":
        _run(["docker", "build", "--tag", tag, *arguments, str(context)])
        return
    # docker's format knows health checks; chroot works inside containers and without privileges too
    # no cache of layers: to commit gigabytes after every step takes longer than the steps
    command = ["buildah", "bud", "--format", "docker", "--isolation", "chroot", "--network", "host"]
    _run([*command, "--pull-never", "--tag", tag, *arguments, str(context)])


def _run(command: Sequence[str]) -> None:
    if subprocess.run(command, check=False).returncode:
        raise PackagingError(f"{Path(command[0]).name} failed; its last lines say why")


def _succeeds(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=_QUESTION_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False
