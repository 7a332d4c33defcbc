"""The packages of the image: those of the environment that the tests run in, minus what is left out.

`make lock` (uv) chooses versions and hashes. What is here is what no installer does: leave out a requirement, and with
it what only that one needs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mapbuild.errors import PackagingError

#: CUDA libraries that the CUDA builds of torch name as their requirements
_CUDA_OF_TORCH = ("nvidia-", "triton", "cuda-")


@dataclass(frozen=True, slots=True)
class Locked:
    """One package of requirements.txt.

    Attributes
    ----------
    requirement : its name, version and marker
    hashes : "sha256:...", of every file of that version
    """

    requirement: Requirement
    hashes: tuple[str, ...]


def read_lock(path: Path) -> list[Locked]:
    """Parse a pip requirements file; of a line, name, version, marker and hashes are understood."""
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = (line.split(" #")[0].strip() for line in text.splitlines())
    found = []
    for line in lines:
        if line and not line.startswith("#"):
            requirement, *hashes = line.split(" --hash=")
            found.append(Locked(Requirement(requirement.strip()), tuple(one.strip() for one in hashes)))
    return found


def read_requirements(path: Path) -> list[Requirement]:
    """Parse a pip requirements file; hashes are left out."""
    return [one.requirement for one in read_lock(path)]


def locked_packages(requirements: Iterable[Requirement], left_out: Collection[str], *, cuda: bool) -> dict[str, str]:
    """Name and version of every package of the image, dependencies included, as installed in this environment.

    Parameters
    ----------
    requirements : of the application
    left_out : names that are dropped, and with them what nothing else needs
    cuda : False: torch is its CPU build, whichever build is installed here; True: torch is not in the answer, since
        its CUDA build need not be installed here (see `with_cuda`)

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


def with_cuda(packages: Mapping[str, str], torch: Iterable[Locked], left_out: Collection[str]) -> dict[str, str]:
    """Add the CUDA build of torch and the libraries that it needs, as locked, to the packages.

    Parameters
    ----------
    packages : version by name, from `locked_packages`
    torch : the lock of the CUDA build, dependencies included
    left_out : names that are dropped
    """
    dropped = {canonicalize_name(name) for name in left_out}
    more: dict[str, str] = {}
    for one in torch:
        name = canonicalize_name(one.requirement.name)
        if _holds(one.requirement, "") and name not in dropped and name not in packages:
            more[name] = str(one.requirement.specifier).removeprefix("==")
    return dict(sorted({**packages, **more}.items()))


def hashed_lines(packages: Mapping[str, str], locked: Iterable[Locked]) -> list[str]:
    """Return the lines by which pip installs the packages and checks each file.

    Parameters
    ----------
    packages : version by name, from `locked_packages`
    locked : of requirements.txt, and of torch's own lock

    Raises
    ------
    PackagingError
        a package is not locked, or in another version, or without a hash
    """
    known: dict[str, Locked] = {
        canonicalize_name(one.requirement.name): one for one in locked if _holds(one.requirement, "")
    }
    lines = []
    for name, version in packages.items():
        one = known.get(name)
        if one is None or not one.requirement.specifier.contains(version, prereleases=True):
            asked = "none" if one is None else str(one.requirement.specifier)
            raise PackagingError(f"package {name} is {version} here, the lock has {asked}; run make lock or env")
        if not one.hashes:
            raise PackagingError(f"package {name} is locked without a hash; run make lock")
        lines.append(" ".join([f"{name}=={version}", *(f"--hash={digest}" for digest in one.hashes)]))
    return lines


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
