"""What is made once a session, by whichever of its workers needs it first; the others wait for it and read it."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORKER = "PYTEST_XDIST_WORKER"  # set in every worker, not where there are none


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the session's folder of this name; where it is not there yet, ``make`` fills it.

    A maker that fails leaves nothing: whoever comes next tries again, and fails for itself.
    """
    own = factory.getbasetemp()
    shared = own.parent if WORKER in os.environ else own
    folder = shared / f"once-{name}"
    with (shared / f"once-{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = factory.mktemp(f"unfinished-{name}")
            make(unfinished)
            unfinished.rename(folder)
    return folder


def take_compiled_fit(package: Path) -> None:
    """Give another copy of `cmrmap` the machine code of the same sources here: compiling it takes half a minute."""
    own, other = (folder / "relaxometry" for folder in (ROOT / "cmrmap", package))
    for path in other.glob("*.py"):  # what is kept is known by its source's time and size
        shutil.copystat(own / path.name, path)
    (other / "__pycache__").mkdir(exist_ok=True)
    for path in (own / "__pycache__").glob("*.nb[ic]"):
        shutil.copy2(path, other / "__pycache__")
