"""Imports that a process which only analyses does not need: called in our own process before torch and pydicom.

What is left out was measured to take a third of torch's import and a quarter of pydicom's.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import sys
from types import ModuleType

#: rules by which torch compiles and exports networks without running them; ours is run as it is
_COMPILER_RULES = "torch._meta_registrations"
#: what pydicom fetches its test images with
_DOWNLOADER = "requests"
#: torch asks the kernel for pages of 2 MB: its arrays come and go, and faulting 4 kB pages in took a quarter of the
#: networks' time
_LARGE_PAGES = "THP_MEM_ALLOC_ENABLE"
#: the threads of numpy's and scipy's matrix products: ours are small, and a thread that waits for the next of them
#: keeps a core busy for nothing (more than half of the processor time of drawing contours, as measured)
_MATRIX_THREADS = "OPENBLAS_NUM_THREADS"
#: how many heaps glibc's allocator has (mallopt's parameter M_ARENA_MAX). By itself it gives each thread its own, and
#: what a thread freed in it stays there: after the networks 60 MB, to the end of the run
_HEAPS, _M_ARENA_MAX = "MALLOC_ARENA_MAX", -8


def settle_imports() -> None:
    """Leave out parts of torch and pydicom that no analysis calls; set how memory and threads are taken.

    Networks cannot be compiled or exported in this process afterwards. Does nothing where the two are imported already.
    """
    os.environ.setdefault(_LARGE_PAGES, "1")
    os.environ.setdefault(_MATRIX_THREADS, "1")
    if _HEAPS not in os.environ:
        with contextlib.suppress(OSError, AttributeError):  # without glibc
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
    if "torch" not in sys.modules:
        sys.modules.setdefault(_COMPILER_RULES, ModuleType(_COMPILER_RULES, "Left out: see cmrmap.run.lean_process."))
    if "pydicom" not in sys.modules and _DOWNLOADER not in sys.modules:
        sys.modules[_DOWNLOADER] = None  # type: ignore[assignment]  # "cannot be imported", as importlib has it
        try:
            importlib.import_module("pydicom")
        finally:
            del sys.modules[_DOWNLOADER]  # sending needs it


def spare_imports() -> None:
    """Exclude present objects, mostly imports, from Python's garbage collection; once per process.

    They are 275 000 objects, which stay to the end: each full collection took 0.2 s for them. A process that started
    with garbage collection off, so that imports are not searched repeatedly, has it on from here.
    """
    if not gc.get_freeze_count():
        gc.freeze()
    gc.enable()


def return_memory(*, cycles: bool = False) -> None:
    """Return freed memory, which C libraries keep for later, to the system; does nothing without glibc.

    Parameters
    ----------
    cycles : collect garbage first, such as arrays of finished stages
    """
    if cycles:
        gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
