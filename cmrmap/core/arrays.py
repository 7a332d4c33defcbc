"""Array aliases, and arrays that nobody can change."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
Float64Array = npt.NDArray[np.float64]
LabelArray = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.intp]


def readonly(array: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
    """Return a read-only view of ``array`` (converted to ``dtype`` when given)."""
    view = np.asarray(array, dtype=dtype).view()
    view.setflags(write=False)
    return view
