"""The compiled fit as a library of its own, made ahead of time: loaded without numba, which takes 1 s and 160 MB.

``python -m cmrmap.relaxometry._numba_ahead`` makes it, beside this file; the container image has it and no numba. It
holds one function for each level of the processor, and needs the C library only. One made from other sources than
these is not loaded.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.relaxometry._problem import VALUES, Kernel, Problem
from cmrmap.relaxometry._trusted import is_ours

#: module that makes the library
COMPILER = "cmrmap.relaxometry._numba_ahead"
FOLDER = Path(__file__).with_name("ahead")
ENTRY = "fit_pixels"
ABOUT = "about.json"
LIBRARIES = "fit-*.so"
#: levels of the x86-64 ABI, the best first, and what a processor must have for each, by the kernel's names
LEVELS = {
    "x86-64-v3": frozenset(("abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "xsave")),
    "x86-64-v2": frozenset(("cx16", "lahf_lm", "popcnt", "sse4_1", "sse4_2", "ssse3")),
}
_PROCESSOR = Path("/proc/cpuinfo")
#: sources with constants of the compiled fit outside this room
_ELSEWHERE = (Path(__file__).resolve().parents[1] / "core" / "parameter_map.py",)

_F8, _I8 = ctypes.c_double, ctypes.c_int64
_ROWS, _POINTER = np.ctypeslib.ndpointer, ctypes.c_void_p
#: as `cmrmap.relaxometry._numba_flat.fit_flat` has them, after the two of numba's calling convention
ARGUMENTS = (
    *(_POINTER, _POINTER),
    *(_ROWS(np.float64, 2, flags="C"), _I8, _I8, _I8),
    *(_ROWS(np.float64, 1, flags="C"), _ROWS(np.float64, 1, flags="C"), _F8),
    *(_ROWS(np.float64, 2, flags="C"), _ROWS(np.float32, 2, flags="C"), _ROWS(np.float64, 3, flags="C"), _F8),
    *(_I8,) * 4,
    *(_F8,) * 4,
    *(_POINTER, _ROWS(np.uint8, 1, flags="C"), _ROWS(np.int16, 1, flags="C"), _ROWS(np.float64, 2, flags="C"), _I8),
)


def source_key() -> str:
    """Return twelve hexadecimal digits of the sources that the library is made of; the same on every machine."""
    digest = hashlib.sha256()
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *_ELSEWHERE):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def library_name(level: str) -> str:
    """Return the name of the library of a level, made of the present sources.

    Parameters
    ----------
    level : one of ``LEVELS``
    """
    return f"fit-{source_key()}-{level}.so"


def processor_level(processor: Path = _PROCESSOR) -> str | None:
    """Return the best level that this processor has; None: none, or it does not say.

    Parameters
    ----------
    processor : where the kernel tells of it
    """
    try:
        lines = processor.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    flags = {word for line in lines if line.startswith("flags") for word in line.partition(":")[2].split()}
    needed: frozenset[str] = frozenset().union(*LEVELS.values())
    for level, own in LEVELS.items():
        if needed <= flags:
            return level
        needed = needed - own
    return None


def load(folder: Path = FOLDER) -> Kernel | None:
    """Return the kernel of the library in a folder; None where there is none for these sources and this processor.

    Parameters
    ----------
    folder : it and the library must be such that only this user, root and whoever owns the sources can write them
    """
    level = processor_level() if folder.is_dir() else None
    return None if level is None else load_level(folder, level)


def load_level(folder: Path, level: str) -> Kernel | None:
    """Return the kernel of one level's library, as `load`.

    Parameters
    ----------
    folder : as for `load`
    level : one of ``LEVELS`` that this processor has
    """
    path = folder / library_name(level)
    try:
        # whoever owns the sources is trusted already; where images are run without root, that may be who made them
        owner = os.stat(__file__).st_uid
        if not all(is_ours(os.lstat(one), owner) for one in (folder, path)):
            return None
        entry = getattr(ctypes.CDLL(str(path)), ENTRY)
    except (OSError, AttributeError):  # absent; damaged, or not a library
        return None
    entry.argtypes, entry.restype = ARGUMENTS, ctypes.c_int32
    return _kernel(entry)


def compiler_version(folder: Path = FOLDER) -> str | None:
    """Return the version of numba that made the libraries in a folder; None where the folder does not say.

    Parameters
    ----------
    folder : that a library was loaded from
    """
    try:
        return str(json.loads((folder / ABOUT).read_text(encoding="utf-8"))["numba"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _kernel(entry: Any) -> Kernel:
    def fit_pixels(
        signals: Float64Array,
        problem: Problem,
        values: Float64Array,
        status: npt.NDArray[np.uint8],
        n_negative: npt.NDArray[np.int16],
        sensitivity: Float64Array,
        /,
    ) -> None:
        n_pixels, n_times = signals.shape
        # rows of more pixels than these, where others fit the rest
        apart, beside = (stride // values.itemsize for stride in values.strides)
        n_values, n_wide = values.shape
        if (
            values.dtype != np.float64
            or (n_values, n_wide) != (len(VALUES), n_pixels)
            or (n_pixels > 1 and beside != 1)
        ):
            raise ValueError("values must be float64 rows of all pixels; this is a mistake of the caller")
        if not len(status) == len(n_negative) == len(sensitivity) == n_pixels:
            raise ValueError("results must have one entry for each pixel; this is a mistake of the caller")
        if len(problem.times_ms) != n_times or sensitivity.shape[1] not in (0, n_times):
            raise ValueError("signals must have the times of the problem; this is a mistake of the caller")
        code = entry(
            *(ctypes.byref(_POINTER()), ctypes.byref(_POINTER())),
            *(signals, n_pixels, n_times, apart),
            *problem,
            *(values.ctypes.data, status, n_negative, sensitivity, sensitivity.shape[1]),
        )
        if code:
            raise MemoryError("the fit found no memory to work in")

    return fit_pixels
