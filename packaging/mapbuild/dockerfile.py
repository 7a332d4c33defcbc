"""The Dockerfile: labels and variables that the SDK rendered, in a build that needs nothing of a vendor.

The stock one installs into one user's home, fetches keys and programs from vendors' hosts and installs the newest
versions of whatever is not pinned; only what hosts read in the image is kept of it.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

import jinja2

from mapbuild.errors import PackagingError
from mapbuild.manifests import HEALTH_COMMAND

#: for every user and every host; PATH finds the environment, the rest is what a user without a home lacks
_ENVIRONMENT = {
    "PATH": "/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/var/holoscan",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
}
#: asks the host's GPU runtime for all devices; without that runtime they mean nothing
CUDA_ENVIRONMENT = {"NVIDIA_VISIBLE_DEVICES": "all", "NVIDIA_DRIVER_CAPABILITIES": "compute,utility"}


def read_sdk_dockerfile(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Labels, and the variables that begin with HOLOSCAN_, of the Dockerfile that the SDK rendered.

    Raises
    ------
    PackagingError
        it names none: not the SDK's Dockerfile as it is known
    """
    labels: dict[str, str] = {}
    environment: dict[str, str] = {}
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("LABEL", "ENV"):
            name, _, value = "".join(shlex.split(rest)).partition("=")
            if word == "LABEL":
                labels[name] = value
            elif name.startswith("HOLOSCAN_"):
                environment[name] = value
    if "org.opencontainers.image.title" not in labels or "HOLOSCAN_INPUT_PATH" not in environment:
        raise PackagingError("the SDK's Dockerfile has no title label or no HOLOSCAN_INPUT_PATH; expected both")
    return labels, environment


def render_dockerfile(
    template: Path, labels: Mapping[str, str], environment: Mapping[str, str], *, base: str, python: str, cuda: bool
) -> str:
    """Fill the template; labels and variables in the order of their names.

    Parameters
    ----------
    template : packaging/Dockerfile.jinja2
    base : image to start from: Debian, or an interpreter's image based on it
    python : "major.minor" of the interpreter that the locked versions belong to
    cuda : whether to install the CUDA build of torch
    """
    engine = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    return engine.from_string(template.read_text(encoding="utf-8")).render(
        base_image=base,
        python=python,
        labels=dict(sorted(labels.items())),
        environment=dict(sorted({**environment, **_ENVIRONMENT, **(CUDA_ENVIRONMENT if cuda else {})}.items())),
        health=list(HEALTH_COMMAND),
        cuda=cuda,
    )
