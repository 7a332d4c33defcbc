"""What the compiled fit is made of: pixels side by side, and functions compiled at import.

The kernel works on ``LANES`` pixels at once. Its inner loops run over them, a fixed number, one array row each, without
a branch: the compiler turns them into vector instructions whatever the number of samples. A pixel's result does not
depend on the pixels beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_FAST = {"contract", "nsz", "reassoc"}
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}  # numpy's division by zero: no test, no exit
LANES = 64  # enough that a loop's start costs nothing, few enough that all the work stays in the first cache

F8 = numba.float64
table_1d, table_2d, table_3d = (numba.types.Array(F8, d, "C", readonly=True) for d in (1, 2, 3))
single_2d = numba.types.Array(numba.float32, 2, "C", readonly=True)


def inner(function: Callable[..., Any]) -> Any:
    """Compile a function that compiled functions alone call: without an entry from Python, when they are compiled."""
    entries: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    return numba.njit(fastmath=_FAST, **entries, **_OPTIONS)(function)


def compiled(signature: Any) -> Callable[[Callable[..., Any]], Any]:
    """Compile eagerly; keep the machine code on disk where there is a place for it, else do without.

    A read-only package folder and a user without a home leave numba no place to write to (RuntimeError), a full or
    damaged cache fails in the operating system's or the unpickler's own ways: none of them may stop a fit.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        # numba looks for changes in the function's own file only, and names what it keeps after the function
        function.__qualname__ += "_" + _sources()
        try:
            return numba.njit(signature, cache=True, fastmath=_FAST, **_OPTIONS)(function)
        except Exception:
            return numba.njit(signature, fastmath=_FAST, **_OPTIONS)(function)

    return decorate


def _sources() -> str:
    """Return a digest of every file of this room whose code or constants are compiled into the kernel."""
    digest = hashlib.sha256()
    room = Path(__file__).parent
    for path in (*sorted(room.glob("_numba_*.py")), room / "basis.py", room / "polarity.py"):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
