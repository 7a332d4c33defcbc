"""What made a result: version and commit of this software, and the libraries that its numbers depend on."""

from __future__ import annotations

import json
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

from cmrmap.core.version import VERSION

_ROOT = Path(__file__).resolve().parents[2]

#: written by cmrmap.relaxometry._numba_ahead, which is not imported for this
_ABOUT_THE_FIT = Path(__file__).resolve().parents[1] / "relaxometry" / "ahead" / "about.json"

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

    Nothing is imported: the versions come from the installed packages' metadata; numba's, where it is not installed,
    from what says who compiled the library of the fit.
    """
    found = {name: _version(name) for name in _LIBRARIES}
    found["numba"] = found["numba"] or _compiler_of_the_fit()
    known = {name: version for name, version in found.items() if version is not None}
    return {"cmrmap": VERSION, "python": platform.python_version(), **known}


@cache  # a package's metadata is parsed whole for it, and a run writes its status several times
def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _compiler_of_the_fit() -> str | None:
    try:
        return str(json.loads(_ABOUT_THE_FIT.read_text(encoding="utf-8"))["numba"])
    except (OSError, ValueError, KeyError):
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
