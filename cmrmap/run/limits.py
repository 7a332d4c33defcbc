"""Limits that a container or a batch system sets on the process: told in one line instead of a killed process."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

from cmrmap.core.errors import InputError

#: the demo study takes 0.8 GB
NEEDED_MEMORY_BYTES = 1 << 30
_CGROUPS = Path("/sys/fs/cgroup")
_OWN_CGROUP = Path("/proc/self/cgroup")


def check_memory() -> None:
    """Check that the process may take the memory that a study needs.

    Raises
    ------
    InputError
        it may not
    """
    limit = memory_limit_bytes()
    if limit is not None and limit < NEEDED_MEMORY_BYTES:
        raise InputError(
            f"memory is limited to {limit / 1e6:.0f} MB here, a study needs at least "
            f"{NEEDED_MEMORY_BYTES / 1e6:.0f} MB; raise the limit (of a container: --memory 4g)"
        )


def memory_limit_bytes(cgroups: Path = _CGROUPS, own: Path = _OWN_CGROUP) -> int | None:
    """Return the smallest limit that control groups or the process's own limits set; None: there is none."""
    limits = [soft for soft, _ in map(resource.getrlimit, (resource.RLIMIT_AS, resource.RLIMIT_DATA))]
    found = [limit for limit in limits if limit != resource.RLIM_INFINITY]
    for path in _limit_files(cgroups, own):
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdigit():  # version 2 says "max" where there is none, version 1 a number near 2^63
            found.append(int(text))
    return min(found, default=None)


def _limit_files(cgroups: Path, own: Path) -> Iterator[Path]:
    """Yield where the limit of this process's group and of those around it may be written."""
    yield cgroups / "memory.max"
    yield cgroups / "memory" / "memory.limit_in_bytes"
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        names = Path(group.lstrip("/"))
        for folder in (names, *names.parents):
            if not controllers:
                yield cgroups / folder / "memory.max"
            elif "memory" in controllers.split(","):
                yield cgroups / "memory" / folder / "memory.limit_in_bytes"
