"""The clean root that is packaged: tracked files that the runtime needs, with the commit's time on them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mapbuild.closure import reached_modules
from mapbuild.errors import PackagingError

#: how the image's command starts the application, and what that runs
_ENTRIES = ("__main__", "app.__main__")
_BESIDE_THE_CODE = ("app.yaml", "requirements.txt", "LICENSE")
_DOCUMENTS = ("README.md", "CHANGELOG.md", "LICENSE")
_DOCUMENT_SUFFIXES = (".md", ".json")


@dataclass(frozen=True, slots=True)
class Revision:
    """The commit that is packaged.

    Attributes
    ----------
    name : its hash; "-modified" follows where tracked files differ from it
    time : of the commit, seconds since 1970
    """

    name: str
    time: int


def read_revision(repository: Path) -> Revision:
    """Ask git for the commit.

    Raises
    ------
    PackagingError
        not a git checkout with a commit
    """
    name, time = _git(repository, "show", "-s", "--format=%H %ct", "HEAD").split()
    modified = _git(repository, "status", "--porcelain", "--untracked-files=no")
    return Revision(f"{name}-modified" if modified else name, int(time))


def tracked_files(repository: Path) -> tuple[PurePosixPath, ...]:
    """Every file that git tracks and that is there."""
    names = _git(repository, "ls-files", "-z").split("\0")
    return tuple(PurePosixPath(name) for name in names if name and (repository / name).is_file())


def runtime_files(repository: Path, tracked: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """List the application's modules, the data files in their packages, and what belongs beside them."""
    tracked = tuple(tracked)
    modules = {_module_name(path): path for path in tracked if path.suffix == ".py"}
    reached = {modules[name] for name in reached_modules(repository, modules, _ENTRIES)}
    packages = {path.parent for path in reached if path.name == "__init__.py"}
    all_packages = {path.parent for path in tracked if path.name == "__init__.py"}
    data = {path for path in tracked if path.suffix != ".py" and _nearest(path, all_packages) in packages}
    beside = {path for path in tracked if str(path) in _BESIDE_THE_CODE}
    return sorted(reached | data | beside)


def document_files(tracked: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """List what goes into the image's folder of documents."""
    return sorted(
        path
        for path in tracked
        if str(path) in _DOCUMENTS or (path.parts[0] == "docs" and path.suffix in _DOCUMENT_SUFFIXES)
    )


def model_files(tracked: Iterable[PurePosixPath]) -> list[PurePosixPath]:
    """List the models that the repository ships, one folder each."""
    return sorted(path for path in tracked if path.parts[0] == "models" and len(path.parts) > 2)


def stage(repository: Path, files: Iterable[PurePosixPath], target: Path, time: int, strip: str = "") -> None:
    """Copy files to ``target``, the leading folder ``strip`` taken off; all of them readable by anybody."""
    for path in files:
        destination = target / (path.relative_to(strip) if strip and path.parts[0] == strip else path)
        destination.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(repository / path, destination)
        destination.chmod(0o644)
    settle(target, time)


def settle(folder: Path, time: int) -> None:
    """Give everything in a folder one time, so that the same commit makes the same layers."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)
        os.utime(path, (time, time))


def _module_name(path: PurePosixPath) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


def _nearest(path: PurePosixPath, packages: set[PurePosixPath]) -> PurePosixPath | None:
    return next((folder for folder in path.parents if folder in packages), None)


def _git(repository: Path, *arguments: str) -> str:
    try:
        return subprocess.run(
            # it only reads; whose the folder is does not matter
            ["git", "-c", "safe.directory=*", "-C", str(repository), *arguments],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip("\n")
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackagingError(
            f"{repository} is no git checkout with a commit (git {arguments[0]} failed); package from a clone"
        ) from error
