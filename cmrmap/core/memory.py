"""How much memory this process may take: limits of containers, batch systems and shells, and what is still free."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from cmrmap.core.cgroups import CGROUPS, OWN_CGROUP, limit_files, told

_PROC = Path("/proc")
#: limits of the process itself, and what counts against each in /proc/self/status
_OWN_LIMITS = ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData"))
#: what images may take of the memory that is free; the rest is for the maps that are made of them
_SHARE = 4
#: bytes; the least serves the largest usual series (12 slices of 11 images of 256 x 256), the most any
_LEAST, _MOST = 256_000_000, 2_000_000_000


def address_limit_bytes() -> int | None:
    """Return the limit of addresses (``ulimit -v``), which counts what libraries reserve and never use; None: none."""
    soft, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if soft == resource.RLIM_INFINITY else soft


def memory_limit_bytes(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP) -> int | None:
    """Return the smallest limit that control groups or the process's own limits set; None: there is none.

    Parameters
    ----------
    cgroups : where control groups are mounted
    own : lists those of this process
    """
    limits = [soft for soft, _ in (resource.getrlimit(kind) for kind, _ in _OWN_LIMITS)]
    found = [limit for limit in limits if limit != resource.RLIM_INFINITY]
    return min((*found, *_cgroup_limits(cgroups, own)), default=None)


def free_memory_bytes(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP, proc: Path = _PROC) -> int | None:
    """Return how much more memory the process may take before a limit, or the machine, ends it; None: not known.

    Parameters
    ----------
    cgroups, own : as for :func:`memory_limit_bytes`
    proc : where the kernel tells of processes and memory
    """
    taken = _kilobytes(proc / "self" / "status")
    found = [limit - taken.get("VmRSS", 0) for limit in _cgroup_limits(cgroups, own)]
    for kind, counted in _OWN_LIMITS:
        soft, _ = resource.getrlimit(kind)
        if soft != resource.RLIM_INFINITY:
            found.append(soft - taken.get(counted, 0))
    found += [size for name, size in _kilobytes(proc / "meminfo").items() if name == "MemAvailable"]
    return max(min(found), 0) if found else None


def image_memory_bytes(given_mb: float | None = None) -> int:
    """Return the memory that the headers of a study, and the images of each series, may take.

    Parameters
    ----------
    given_mb : as the settings name it, MB; None: a quarter of what is free, 256 MB at least and 2000 MB at most
    """
    if given_mb is not None:
        return int(given_mb * 1e6)
    free = free_memory_bytes()
    return _MOST if free is None else min(max(free // _SHARE, _LEAST), _MOST)


def _cgroup_limits(cgroups: Path, own: Path) -> Iterator[int]:
    for path in limit_files("memory", "memory.max", "memory.limit_in_bytes", cgroups, own):
        text = told(path)
        if text.isdigit():  # version 2 says "max" where there is none, version 1 a number near 2^63
            yield int(text)


def _kilobytes(path: Path) -> dict[str, int]:
    """Return the sizes in bytes that a file of the kernel gives in kB; none where it is not there."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    parts = [line.replace(":", " ").split() for line in lines]
    return {part[0]: int(part[1]) * 1024 for part in parts if len(part) == 3 and part[2] == "kB"}
