"""What is made once a session, by whichever of its workers needs it first; the others wait for it and read it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

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
