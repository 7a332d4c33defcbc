"""Which kernel fits: the compiled one where its library or numba is at hand, else numpy; and on how many threads."""

from __future__ import annotations

import importlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.relaxometry import _ahead
from cmrmap.relaxometry._numpy_kernel import fit_pixels as numpy_kernel
from cmrmap.relaxometry._problem import Kernel, Problem, Results

BACKENDS = ("auto", "numba", "numpy")
#: below this many pixels starting a second thread costs more than it saves
PIXELS_PER_THREAD = 25_000
_NO_NUMBA = 'backend "numba" cannot be used: numba is not importable; install it or use "auto"'


@lru_cache(maxsize=1)
def _compiled_kernel() -> Kernel | None:
    """Load the library of the fit, else import numba (1 s) and load or compile the kernel; None where it cannot.

    Once, and only when a fit needs it.
    """
    kernel = _ahead.load()
    if kernel is not None:
        return kernel
    try:
        module = importlib.import_module("cmrmap.relaxometry._numba_kernel")
    except ImportError:  # no numba for this Python or platform
        return None
    compiled: Kernel = module.fit_pixels
    return compiled


def prepare(*, wait: bool = True) -> None:
    """Load or compile the kernel of the fits now, rather than within the first fit.

    Where no compiled kernel is kept, it takes half a minute. Call it where other work is to go on in the meantime, or
    once when software is installed. Without it everything works, and the first fit waits.

    Parameters
    ----------
    wait : False returns at once and leaves the work to a thread; a fit that comes too early waits for it. No daemon: a
        process that ends in between must not be torn out of the compiler, and ends after it
    """
    if wait:
        _compiled_kernel()
    else:
        threading.Thread(target=_compiled_kernel, name="fit kernel").start()


def choose_backend(backend: str) -> str:
    """Return "numba" or "numpy".

    Parameters
    ----------
    backend : one of ``BACKENDS``

    Raises
    ------
    InputError
        When the name is unknown, or numba is asked for by name and cannot be imported.
    """
    if backend not in BACKENDS:
        raise InputError(f"backend must be one of {', '.join(BACKENDS)}; found {backend!r}")
    if backend == "numpy" or (backend == "auto" and _compiled_kernel() is None):
        return "numpy"
    if _compiled_kernel() is None:
        raise InputError(_NO_NUMBA)
    return "numba"


def fit_block(backend: str, signals: Float64Array, problem: Problem, results: Results, threads: int | None) -> None:
    """Fit samples in the order of their times.

    Every pixel is fitted on its own, so the number of threads changes nothing but the time.

    Parameters
    ----------
    backend : from `choose_backend`
    signals : (pixels, times) C-contiguous
    problem : what is fitted
    results : what is written to
    threads : at most this many; None: as many as there are cores
    """
    if backend == "numpy":
        numpy_kernel(signals, problem, *results)
        return
    kernel = _compiled_kernel()
    if kernel is None:
        raise InputError(_NO_NUMBA)

    def run(part: slice) -> None:
        kernel(signals[part], problem, *results.part(part))

    n_pixels = signals.shape[0]
    wanted = _available_cores() if threads is None else threads
    n_threads = max(1, min(wanted, n_pixels // PIXELS_PER_THREAD))
    if n_threads == 1:
        run(slice(0, n_pixels))
        return
    bounds = np.linspace(0, n_pixels, n_threads + 1).astype(int)
    parts = [slice(a, b) for a, b in pairwise(bounds.tolist())]
    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(run, parts))


def _available_cores() -> int:
    """Return the number of cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
