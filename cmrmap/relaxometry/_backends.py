"""Which kernel fits: the compiled one where numba is at hand, numpy otherwise; and on how many threads."""

from __future__ import annotations

import importlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.relaxometry import _numpy_kernel
from cmrmap.relaxometry.basis import ReducedBasis
from cmrmap.relaxometry.models import RelaxationModel

BACKENDS = ("auto", "numba", "numpy")
#: below this many pixels starting a second thread costs more than it saves
PIXELS_PER_THREAD = 25_000


@lru_cache(maxsize=1)
def _numba_kernel() -> Any:
    """Import numba (0.5 s) and load or compile the kernel, once and only when a fit needs it; None where it cannot."""
    try:
        return importlib.import_module("cmrmap.relaxometry._numba_kernel")
    except ImportError:  # no numba for this Python or platform
        return None


def load_ahead() -> None:
    """Begin to load or compile the kernel in a thread, so that it is there when it is needed; without waiting.

    Where no compiled kernel is kept, it takes seconds, and other work may go on in the meantime. No daemon: a process
    that ends in between must not be torn out of the compiler.
    """
    threading.Thread(target=_numba_kernel, name="fit kernel").start()


def choose_backend(backend: str) -> str:
    """Return "numba" or "numpy".

    Raises
    ------
    InputError
        When the name is unknown, or numba is asked for by name and cannot be imported.
    """
    if backend not in BACKENDS:
        raise InputError(f"backend must be one of {', '.join(BACKENDS)}; found {backend!r}")
    if backend == "numpy" or (backend == "auto" and _numba_kernel() is None):
        return "numpy"
    if _numba_kernel() is None:
        raise InputError('backend "numba" cannot be used: numba is not importable; install it or use "auto"')
    return "numba"


def fit_block(
    backend: str,
    signals: Float64Array,
    basis: ReducedBasis,
    model: RelaxationModel,
    magnitude: bool,
    out: Float64Array,
    status: npt.NDArray[np.uint8],
    n_negative: npt.NDArray[np.int16],
    sensitivity: Float64Array,
    threads: int | None,
) -> None:
    """Fit C-contiguous (pixels, times) samples in the order of their times; results go to the arrays given.

    These hold NaN before: a pixel without an answer only gets its status.
    Every pixel is fitted on its own, so the number of threads changes nothing but the time.
    """
    if backend == "numpy":
        _numpy_kernel.fit_pixels(signals, basis, model, magnitude, out, status, n_negative, sensitivity)
        return
    kernel = _numba_kernel().fit_pixels

    def run(part: slice) -> None:
        kernel(
            signals[part],
            basis.times_ms,
            basis.log_t,
            basis.step,
            basis.dictionary_single,
            basis.polynomials,
            basis.gain,
            model.has_offset,
            model.recovering,
            model.look_locker,
            magnitude,
            model.column_constant,
            model.column_slope,
            *model.ratio_limits,
            out[:, part],
            status[part],
            n_negative[part],
            sensitivity[part],
        )

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
