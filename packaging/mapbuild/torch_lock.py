"""The lock of torch's CPU build: hashes of files that no common index lists."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from mapbuild.errors import PackagingError
from mapbuild.lock import read_lock, read_requirements


def lock_cpu_build(requirements: Path, target: Path) -> None:
    """Add the hash of this interpreter's file to the lock; those of another version of torch are dropped.

    Parameters
    ----------
    requirements : with the one line that names torch's version
    target : the lock; its comment at the top is kept

    Raises
    ------
    PackagingError
        pip finds no CPU build of that version for this interpreter
    """
    (torch,) = read_requirements(requirements)
    wanted = f"{torch.name}{torch.specifier}+cpu"
    (before,) = read_lock(target)
    hashes = set(before.hashes) if str(before.requirement) == wanted else set()
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        done = subprocess.run([*command, "--dest", scratch, wanted], capture_output=True, text=True, check=False)
        if done.returncode:
            raise PackagingError(
                f"found no {wanted}; name the place of torch's CPU wheels by PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS"
            )
        (wheel,) = Path(scratch).glob("*.whl")
        hashes.add(f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}")
    comment = [line for line in target.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    lines = [*comment, " \\\n    ".join([wanted, *(f"--hash={digest}" for digest in sorted(hashes))])]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
