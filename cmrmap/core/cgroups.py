"""Control groups: where the limits of containers and batch systems on this process are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def limit_files(controller: str, new: str, old: str, cgroups: Path, own: Path) -> Iterator[Path]:
    """Yield where the limit of this process's group and of those around it may be written.

    Parameters
    ----------
    controller : such as "memory"
    new, old : name of the file in version 2 and in version 1
    cgroups : where control groups are mounted
    own : lists those of this process
    """
    yield cgroups / new
    yield cgroups / controller / old
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        names = Path(group.lstrip("/"))
        for folder in (names, *names.parents):
            if not controllers:
                yield cgroups / folder / new
            elif controller in controllers.split(","):
                yield cgroups / controller / folder / old


def told(path: Path) -> str:
    """Return what a file of the kernel says, without its end of line; "" where it is not there."""
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
