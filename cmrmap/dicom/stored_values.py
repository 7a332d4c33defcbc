"""What of a map's values the objects hold, and their UIDs see: whole steps, or floats on a fine grid.

The last bits of double precision follow the processor and its BLAS library: OpenBLAS's kernels differ by up to 1e-10 of
a map's value. They lie far below what a map resolves; none is stored, so that another machine gives the same objects.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.types import Float64Array

#: of the Parametric Map, in the map's unit; a power of two, so that float32 holds every multiple up to 16384 exactly
FLOAT_STEP = 2.0**-10
NOT_ANALYSED = 0
_LARGEST_UINT16 = 65535


def whole_steps(values: Float64Array, step: float) -> npt.NDArray[np.uint16]:
    """Return map values as whole multiples of ``step``; 0 where NaN, and at least 1 elsewhere."""
    filled = np.where(np.isfinite(values), values / step, 0.0)
    stored = np.clip(np.rint(filled), 1, _LARGEST_UINT16)
    return np.where(np.isfinite(values), stored, NOT_ANALYSED).astype(np.uint16)


def float_values(values: Float64Array) -> npt.NDArray[np.float32]:
    """Return map values as the nearest multiples of ``FLOAT_STEP``; 0 where NaN, and nowhere else."""
    steps = np.rint(np.where(np.isfinite(values), values / FLOAT_STEP, 0.0))
    stored = np.where(steps == 0.0, 1.0, steps) * FLOAT_STEP
    return np.where(np.isfinite(values), stored, NOT_ANALYSED).astype(np.float32)
