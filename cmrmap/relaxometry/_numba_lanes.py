"""What the compiled fit is made of: pixels side by side, and functions compiled at import.

The kernel works on ``LANES`` pixels at once. Its inner loops run over them, a fixed number, one array row each, without
a branch: the compiler turns them into vector instructions whatever the number of samples. A pixel's result does not
depend on the pixels beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from cmrmap.relaxometry._numba_cache import is_own, key_of

FAST = {"contract", "nsz", "reassoc"}
_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}  # no entry from Python
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}  # numpy's division by zero: no test, no exit
LANES = 64  # enough that a loop's start costs nothing, few enough that all the work stays in the first cache

Float32Array = npt.NDArray[np.float32]
Int64Array = npt.NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., object])


def inner(function: Function) -> Function:
    """Compile a function that compiled functions alone call, when they are compiled."""
    return cast(Function, numba.njit(fastmath=FAST, **_INNER, **OPTIONS)(function))


def inlined(function: Function) -> Function:
    """Compile a function into the one place that calls it: handing its tuples over would cost more than some steps."""
    return cast(Function, numba.njit(fastmath=FAST, inline="always", **_INNER, **OPTIONS)(function))


def merged(function: Function) -> Function:
    """As `inlined`, but by the compiler after it has made vectors of its loops: the same bits wherever it stands."""
    return cast(Function, numba.njit(fastmath=FAST, forceinline=True, **_INNER, **OPTIONS)(function))


def compiled(signature: Any) -> Callable[[Function], Function]:
    """Compile eagerly; keep the machine code on disk where there is a place for it, else do without.

    A read-only package folder and a user without a home leave numba no place to write to (RuntimeError), a full or
    damaged cache fails in the operating system's or the unpickler's own ways: none of them may stop a fit. What numba
    keeps is read back as code, so it is used only where nobody else can have written it.

    Parameters
    ----------
    signature : of numba, which has no types for mypy
    """

    def decorate(function: Function) -> Function:
        # numba looks for changes in the function's own file only, and names what it keeps after the function
        function.__qualname__ += "_" + key_of(function, signature)
        try:
            dispatcher: Any = numba.njit(fastmath=FAST, **OPTIONS)(function)
            dispatcher.enable_caching()
            if is_own(Path(dispatcher.stats.cache_path), function.__qualname__):
                dispatcher.compile(signature)
                dispatcher.disable_compile()
                return cast(Function, dispatcher)
        except Exception:  # as above; it is compiled without
            pass
        return cast(Function, numba.njit(signature, fastmath=FAST, **OPTIONS)(function))

    return decorate
