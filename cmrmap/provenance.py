"""What made a result: the version of this software and of the libraries that its numbers depend on."""

from __future__ import annotations

import platform
from importlib import metadata

#: The one place where the version is written; pyproject.toml and the tests read it here.
VERSION = "0.1.0"

_LIBRARIES = (
    "monai-deploy-app-sdk",
    "holoscan-cu13",
    "torch",
    "numpy",
    "scipy",
    "scikit-image",
    "numba",
    "pydicom",
    "highdicom",
)


def software_versions() -> dict[str, str]:
    """Return versions by name, this software first; a library that is not installed is left out.

    Nothing is imported: the versions come from the installed packages' metadata.
    """
    found = {name: _version(name) for name in _LIBRARIES}
    known = {name: version for name, version in found.items() if version is not None}
    return {"cmrmap": VERSION, "python": platform.python_version(), **known}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
