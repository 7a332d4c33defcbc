"""What must be settled before the SDK is imported: its log level, the stack, and the CUDA runtime library."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

STACK_BYTES = 32 * 1024 * 1024
_STACK_SETTLED = "CMRMAP_STACK_SETTLED"
_CUDA_RUNTIME = "libcudart.so.13"


def settle_process() -> None:
    """Give the process the stack that the SDK asks for, starting it anew where needed.

    The threads of a process take their stack size from the limit at its start, so raising the limit is not enough.
    To be called at the very start of a program only: the process may be replaced by a new one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if soft == resource.RLIM_INFINITY or soft >= STACK_BYTES or _STACK_SETTLED in os.environ:
        return
    wanted = STACK_BYTES if hard == resource.RLIM_INFINITY else min(STACK_BYTES, hard)
    try:
        resource.setrlimit(resource.RLIMIT_STACK, (wanted, hard))
    except (OSError, ValueError):  # not allowed here: the SDK runs on the smaller stack as well
        return
    os.environ[_STACK_SETTLED] = "1"
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def settle_sdk(log_level: str) -> None:
    """Set the SDK's own log level and load the CUDA runtime that it links to; call before its first import.

    Parameters
    ----------
    log_level : of our own log; the SDK's messages may quote the study: they are shown where its own variable says so
    """
    os.environ.setdefault("HOLOSCAN_LOG_LEVEL", "OFF")
    for path in _cuda_runtimes():
        with contextlib.suppress(OSError):
            ctypes.CDLL(str(path), mode=ctypes.RTLD_GLOBAL)
            return


def _cuda_runtimes() -> Iterator[Path | str]:
    """Yield where the CUDA runtime may be: on the loader's own path, else in an installed wheel."""
    yield _CUDA_RUNTIME
    for folder in sys.path:
        yield from sorted(Path(folder).glob(f"nvidia/*/lib/{_CUDA_RUNTIME}"))
