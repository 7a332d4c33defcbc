"""The packages of the image: those of the environment that the tests run in, minus what is left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mapbuild.errors import PackagingError

#: CUDA libraries that the CUDA builds of torch name as their requirements
_CUDA_OF_TORCH = ("nvidia-", "triton", "cuda-")


def read_requirements(path: Path) -> list[Requirement]:
    """Parse a pip requirements file; only names, versions and markers are understood."""
    lines = (line.split(" #")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def locked_packages(requirements: Iterable[Requirement], left_out: Collection[str], *, cuda: bool) -> dict[str, str]:
    """Name and version of every package of the image, dependencies included, as installed in this environment.

    Parameters
    ----------
    requirements : of the application
    left_out : names that are dropped, and with them what nothing else needs
    cuda : False: torch is its CPU build, whichever build is installed here; True: torch is not in the answer, since
        which libraries its CUDA build needs is known to the installer only

    Raises
    ------
    PackagingError
        a package is not installed here, or not in the version that is asked for
    """
    dropped = {canonicalize_name(name) for name in left_out}
    packages: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    waiting = [requirement for requirement in requirements if _holds(requirement, "")]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        wanted = {(name, extra) for extra in ("", *requirement.extras)}
        if name in dropped or wanted <= done:
            continue
        version = _installed(requirement)
        packages[name] = version
        for extra in ("", *requirement.extras):
            waiting.extend(_dependencies(name, extra))
        done |= wanted
    if "torch" in packages:
        public = packages["torch"].split("+")[0]
        packages["torch"] = f"{public}+cpu"
        if cuda:
            del packages["torch"]
    return dict(sorted(packages.items()))


@cache
def import_names(distribution: str) -> set[str]:
    """Return the top-level names that an installed package brings."""
    files = metadata.distribution(distribution).files or []
    names = {path.parts[0].removesuffix(".py") for path in files if path.suffix in (".py", ".so") and path.parts}
    return {name.split(".")[0] for name in names if not name.endswith((".dist-info", ".data"))}


def _dependencies(name: str, extra: str) -> Iterator[Requirement]:
    for line in metadata.requires(name) or []:
        requirement = Requirement(line)
        if name == "torch" and requirement.name.startswith(_CUDA_OF_TORCH):
            continue
        if _holds(requirement, extra):
            yield requirement


def _holds(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def _installed(requirement: Requirement) -> str:
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError as error:
        raise PackagingError(f"package {requirement.name} is not installed here; run make env") from error
    if not requirement.specifier.contains(version, prereleases=True):
        raise PackagingError(
            f"package {requirement.name} is {version} here, expected {requirement.specifier}; run make env"
        )
    return version
