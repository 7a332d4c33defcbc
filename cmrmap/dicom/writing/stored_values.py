"""What of a map's values the objects hold, and their UIDs see: whole steps, or floats of fewer digits.

The last bits of double precision follow the processor and its BLAS library: OpenBLAS's kernels differ by up to 1e-10 of
a map's value. They lie far below what a map resolves; none is stored, so that another machine gives the same objects.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array

#: of a float in the Parametric Map: 1.5e-5 of the value at most is rounded away, 0.02 ms of a T1. With 19 bits a pixel
#: of the demo study (an ECV of -142 %, whose fit spreads the last bits) fell to either side of its rounding
SIGNIFICANT_BITS = 16
NO_VALUE = 0
_LARGEST_UINT16 = 65535


def whole_steps(values: Float64Array, step: float) -> npt.NDArray[np.uint16]:
    """Return map values as whole multiples of ``step``; 0 where NaN, and at least 1 elsewhere.

    Parameters
    ----------
    values : of any shape, in the map's unit; NaN where there is none
    step : in the map's unit; below one step and above 65535 the value is clipped

    Returns
    -------
    uint16 array
        of the shape of ``values``
    """
    filled = np.where(np.isfinite(values), values / step, 0.0)
    stored = np.clip(np.rint(filled), 1, _LARGEST_UINT16)
    return np.where(np.isfinite(values), stored, NO_VALUE).astype(np.uint16)


def float_values(values: Float64Array) -> npt.NDArray[np.float32]:
    """Return map values rounded to ``SIGNIFICANT_BITS``; 0 where NaN, and nowhere else.

    Parameters
    ----------
    values : of any shape, in the map's unit; NaN where there is none

    Returns
    -------
    float32 array
        of the shape of ``values``; a value of 0 is stored as the smallest normal float
    """
    mantissa, exponent = np.frexp(np.where(np.isfinite(values), values, 0.0))
    scale = 2.0**SIGNIFICANT_BITS
    stored = np.ldexp(np.rint(mantissa * scale) / scale, exponent).astype(np.float32)
    stored = np.where(stored == 0, np.finfo(np.float32).tiny, stored)
    return np.where(np.isfinite(values), stored, NO_VALUE).astype(np.float32)
