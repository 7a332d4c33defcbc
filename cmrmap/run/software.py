"""What made a result: version and commit of this software, and the libraries that its numbers depend on."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from cmrmap.core.version import VERSION

_ROOT = Path(__file__).resolve().parents[2]

_LIBRARIES = (
    "monai-deploy-app-sdk",
    "holoscan-cu13",
    "torch",
    "numpy",
    "scipy",
    "scikit-image",
    "pydicom",
    "highdicom",
)


def software_versions(fit_kernel: str | None = None) -> dict[str, str]:
    """Return versions by name, this software first; a library that is not installed is left out.

    Nothing is imported that a run has not used: the versions come from the installed packages' metadata.

    Parameters
    ----------
    fit_kernel : what fitted in the run, as in results.json: only where that is "compiled", numba is named, with the
        version that compiled it; None: nothing was fitted
    """
    found = {name: _version(name) for name in _LIBRARIES}
    if fit_kernel == "compiled":
        from cmrmap.relaxometry import compiler_version  # there already: it has fitted

        found["numba"] = compiler_version()
    known = {name: version for name, version in found.items() if version is not None}
    return {"cmrmap": VERSION, "python": platform.python_version(), **known}


@cache  # a package's metadata is parsed whole for it, and a run writes its status several times
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def source_commit() -> str:
    """Return the commit of the source that this package lies in; with "+" where it has changes.

    "unknown" where it lies in no repository of its own: installed, or in an image.
    """
    if not (_ROOT / ".git").exists():  # a repository further up is somebody else's
        return "unknown"
    try:
        found = _git("rev-parse", "--short=12", "HEAD")
        return found + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()
