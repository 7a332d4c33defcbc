"""The kernel with plain numbers and addresses for arguments, as a library has them; and whether another fits alike."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import carray  # type: ignore[attr-defined]

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry import _numba_kernel
from cmrmap.relaxometry._numba_lanes import FAST, OPTIONS
from cmrmap.relaxometry._problem import VALUES, Kernel, Problem, Results
from cmrmap.relaxometry.basis import N_COEFFICIENTS, N_NODES, reduced_basis
from cmrmap.relaxometry.models import get_model

_N_VALUES = len(VALUES)
#: pixels that are compared; and to how much, of the largest
_TRIED, _ROUNDINGS = 1000, 1e-13
_F8, _I8 = numba.float64, numba.int64
_F8S, _F4S, _U1S, _I2S = (
    numba.types.CPointer(kind)  # type: ignore[no-untyped-call]
    for kind in (_F8, numba.float32, numba.uint8, numba.int16)
)
#: compiled anew and not that of the cache: of it, the code that LLVM reads is wanted
_fit: Any = numba.njit(fastmath=FAST, **OPTIONS)(_numba_kernel.fit_pixels.py_func)  # type: ignore[attr-defined]


@numba.cfunc(
    numba.void(
        *(_F8S, _I8, _I8, _I8),
        *(_F8S, _F8S, _F8, _F8S, _F4S, _F8S, _F8),
        *(_I8,) * 4,
        *(_F8,) * 4,
        *(_F8S, _U1S, _I2S, _F8S, _I8),
    ),
    fastmath=FAST,
    error_model="numpy",
)
def fit_flat(  # type: ignore[no-untyped-def]
    signals,
    n_pixels,
    n_times,
    apart,
    times_ms,
    log_t,
    step,
    dictionary,
    dictionary_single,
    polynomials,
    gain,
    has_offset,
    recovering,
    look_locker,
    magnitude,
    column_constant,
    column_slope,
    ratio_low,
    ratio_high,
    values,
    status,
    n_negative,
    sensitivity,
    n_sensitivities,
):
    """Fit; the arguments are those of the kernel in their order, ``apart`` the distance of two rows of values."""
    problem = Problem(
        carray(times_ms, (n_times,)),
        carray(log_t, (N_NODES,)),
        step,
        carray(dictionary, (n_times, N_NODES)),
        carray(dictionary_single, (n_times, N_NODES)),
        carray(polynomials, (N_NODES, n_times, N_COEFFICIENTS)),
        gain,
        has_offset != 0,
        recovering != 0,
        look_locker != 0,
        magnitude != 0,
        column_constant,
        column_slope,
        ratio_low,
        ratio_high,
    )
    _fit(
        carray(signals, (n_pixels, n_times)),
        problem,
        carray(values, (_N_VALUES, apart))[:, :n_pixels],
        carray(status, (n_pixels,)),
        carray(n_negative, (n_pixels,)),
        carray(sensitivity, (n_pixels, n_sensitivities)),
    )


def alike(kernel: Kernel) -> bool:
    """Tell whether a kernel gives what the one gives that numba compiled in this process.

    The same status and polarity, and numbers to a few roundings: where the compiler joins a product and a sum is not
    the same in both.

    Parameters
    ----------
    kernel : of the same level of the processor
    """
    random = np.random.default_rng(1)
    times = {"t2_2p": (0.0, 25.0, 55.0), "molli_3p": (100.0, 180.0, 1000.0, 1080.0, 2000.0, 2900.0, 3800.0)}
    for name, own_times in times.items():
        model = get_model(name)
        decay = np.exp(-np.array(own_times) / random.uniform(30.0, 1500.0, (_TRIED, 1)))
        signals = 100.0 * np.abs(model.column_constant + model.column_slope * decay) + random.normal(0, 2, decay.shape)
        signals[0], signals[1, 0] = 5.0, np.nan  # without an answer
        problem = Problem.of(model, reduced_basis(model, own_times, model.t_range_ms), model.magnitude)
        found, expected = (Results.empty(_TRIED, len(own_times)) for _ in range(2))
        for fit, results in ((kernel, found), (_numba_kernel.fit_pixels, expected)):
            for part in (slice(0, 601), slice(601, _TRIED)):
                fit(signals[part], problem, *results.part(part))
        same = found.status.tobytes() == expected.status.tobytes()
        same &= found.n_negative.tobytes() == expected.n_negative.tobytes()
        rows = zip((*found.values, *found.sensitivity.T), (*expected.values, *expected.sensitivity.T), strict=True)
        if not same or not all(_close(*pair) for pair in rows):
            return False
    return True


def _close(found: Float64Array, expected: Float64Array) -> bool:
    known = np.isfinite(expected)
    largest = np.abs(expected[known]).max(initial=0.0)
    return np.array_equal(known, np.isfinite(found)) and np.allclose(
        found[known], expected[known], rtol=_ROUNDINGS, atol=_ROUNDINGS * largest
    )
