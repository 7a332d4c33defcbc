"""What a process holds: memory, files, threads, and what it has left in shared memory and in temporary folders."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

_PAGE = os.sysconf("SC_PAGESIZE")
_SHARED = Path("/dev/shm")


@dataclass(frozen=True)
class Held:
    """What a process holds now.

    Attributes
    ----------
    memory_mb : resident
    files : open descriptors
    threads : of the process
    shared, temporary : entries in /dev/shm and in the process's own temporary folder
    """

    memory_mb: float
    files: int
    threads: int
    shared: int
    temporary: int

    def as_dict(self) -> dict[str, float]:
        """Return it as it is written down."""
        return asdict(self)


def held() -> Held:
    """Return what this process holds."""
    return Held(
        memory_mb(os.getpid()),
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
        sum(path.stat().st_uid == os.getuid() for path in _SHARED.iterdir()),
        len(os.listdir(tempfile.gettempdir())),
    )


def memory_mb(process: int) -> float:
    """Return the resident memory of a process, MB; NaN when it is gone.

    Parameters
    ----------
    process : its number
    """
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return float("nan")
    return round(int(pages) * _PAGE / 1e6, 2)


def processes_below(process: int) -> list[int]:
    """Return the children of a process, and theirs.

    Parameters
    ----------
    process : its number
    """
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
    found, wanted = [], [process]
    while wanted:
        below = [child for child, parent in parents.items() if parent in wanted]
        found += below
        wanted = below
    return found
