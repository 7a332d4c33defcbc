"""Which kernel fits: the compiled one where its library or numba is at hand, else numpy; and on how many threads."""

from __future__ import annotations

import importlib
import logging
import threading
from functools import lru_cache
from importlib import metadata
from itertools import pairwise
from typing import Literal

import numpy as np

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError, no_thread_is_left
from cmrmap.core.threads import available_threads, side_by_side
from cmrmap.relaxometry import _ahead
from cmrmap.relaxometry._numpy_kernel import fit_pixels as numpy_kernel
from cmrmap.relaxometry._problem import Kernel, Problem, Results

BACKENDS = ("auto", "numba", "numpy")
#: below this many pixels starting a second thread costs more than it saves
PIXELS_PER_THREAD = 25_000
_LOG = logging.getLogger("cmrmap.relaxometry")
_NO_NUMBA = 'backend "numba" cannot be used: numba is not importable; install it or use "auto"'


@lru_cache(maxsize=1)
def _compiled_kernel() -> Kernel | None:
    """Load the library of the fit, else import numba (1 s) and load or compile the kernel; None where it cannot.

    Once, and only when a fit needs it; where it cannot, the log says so.
    """
    kernel = _ahead.load()
    if kernel is not None:
        return kernel
    try:
        module = importlib.import_module("cmrmap.relaxometry._numba_kernel")
    except (ImportError, OSError) as error:  # no numba for this Python or platform; or its own library is damaged
        _LOG.warning(
            "neither the compiled library of the fit nor numba can be loaded (%s): numpy fits, which takes about ten "
            "times as long; install numba, or make the library by python -m %s",
            type(error).__name__,
            _ahead.COMPILER,
        )
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
        process that ends in between must not be torn out of the compiler, and ends after it. Where the system gives no
        thread, the first fit does the work
    """
    if wait:
        _compiled_kernel()
        return
    try:
        threading.Thread(target=_compiled_kernel, name="fit kernel").start()
    except RuntimeError as error:
        if not no_thread_is_left(error):
            raise


def kernel_in_use() -> Literal["compiled", "numpy"]:
    """Tell what fits here unless a backend is asked for by name.

    Returns
    -------
    str
        "compiled": the library or numba, which give the same to the bit; "numpy": neither can be loaded
    """
    return "numpy" if _compiled_kernel() is None else "compiled"


def compiler_version() -> str | None:
    """Return the version of numba that compiled the kernel in use.

    Returns
    -------
    str or None
        of the library where that is loaded, whatever is installed; None where numpy fits
    """
    kernel = _compiled_kernel()
    if kernel is None:
        return None
    return _ahead.compiler_version() if kernel.__module__ == _ahead.__name__ else metadata.version("numba")


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
    threads : at most this many; None: as many as are of use here, see `cmrmap.core.threads`
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
    n_threads = n_pixels // PIXELS_PER_THREAD
    if n_threads > 1:  # not asked for less: to read what the container allows takes longer than the fit of a few pixels
        n_threads = min(n_threads, available_threads() if threads is None else threads)
    if n_threads < 2:
        run(slice(0, n_pixels))
        return
    bounds = np.linspace(0, n_pixels, n_threads + 1).astype(int)
    parts = [slice(a, b) for a, b in pairwise(bounds.tolist())]
    side_by_side(run, parts)
