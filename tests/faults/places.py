"""Where a case takes place: its folders, file systems that are small or cannot be written, what lies in the output."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

FOREIGN = {"notes.txt": b"of somebody else", "results/other.csv": b"1,2\n", "sub/image.dcm": b"DICM"}
_ENOUGH = "size=64m"
#: beginning of the names of the harnesses' folders; the process's number follows
PLACES = "cmrmap-faults-"


@dataclass
class Place:
    """The folders of one case.

    Attributes
    ----------
    folder : of the case
    source : the study
    output : of the run, in ``disk``
    disk : a folder, or a file system of its own
    """

    folder: Path
    mounts: list[Path] = field(default_factory=list)

    @property
    def source(self) -> Path:
        """The study."""
        return self.folder / "in"

    @property
    def disk(self) -> Path:
        """What holds the output folder."""
        return self.folder / "disk"

    @property
    def output(self) -> Path:
        """The output folder."""
        return self.disk / "out"

    def mount(self, options: str, at: Path | None = None) -> None:
        """Put a file system of its own there."""
        at = self.disk if at is None else at
        at.mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "-o", options, "tmpfs", str(at))
        self.mounts.append(at)

    def bind_read_only(self, folder: Path) -> None:
        """Let a folder be read only."""
        _mount("--bind", str(folder), str(folder))
        self.mounts.append(folder)
        _mount("-o", "remount,bind,ro", str(folder))

    def make_read_only(self) -> None:
        """Let the disk be read only from now on."""
        _mount("-o", "remount,ro", str(self.disk))

    def fill(self) -> None:
        """Take all the space of the disk."""
        with contextlib.suppress(OSError), (self.disk / "filler").open("ab", buffering=0) as stream:
            while True:
                stream.write(b"\0" * 65536)
        with contextlib.suppress(OSError), (self.disk / "filler").open("ab", buffering=0) as stream:
            while True:
                stream.write(b"\0")

    def mend(self) -> None:
        """Take the fault away: space, permission to write."""
        for at in reversed(self.mounts[:]):
            if at == self.disk:
                _mount("-o", f"remount,rw,{_ENOUGH},nr_inodes=1000", str(at))
            else:
                subprocess.run(["umount", str(at)], check=True)
                self.mounts.remove(at)
        (self.disk / "filler").unlink(missing_ok=True)

    def close(self) -> None:
        """Remove file systems and folders."""
        for at in reversed(self.mounts):
            subprocess.run(["umount", "-l", str(at)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def remove_left(folder: Path) -> None:
    """Remove the file systems and folders that harnesses which were killed have left.

    Parameters
    ----------
    folder : in which harnesses have theirs
    """
    left = [one for one in folder.glob(f"{PLACES}*") if not Path("/proc", one.name.removeprefix(PLACES)).exists()]
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()[::-1]:
        at = Path(line.split()[1])
        if any(at.is_relative_to(one) for one in left):
            subprocess.run(["umount", "-l", str(at)], check=False)
    for one in left:
        shutil.rmtree(one, ignore_errors=True)


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
