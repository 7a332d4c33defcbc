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


def frozen(array: npt.ArrayLike, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
    """Return a read-only array that nobody else can change: a copy, unless ``array`` is one already.

    Parameters
    ----------
    array : any shape
    dtype : it is converted to; None keeps its own
    """
    own = np.asarray(array, dtype=dtype)
    if own is array or not own.flags.owndata:
        if is_frozen(own):
            return own
        own = np.array(own)
    own.setflags(write=False)
    return own


def is_frozen(array: npt.NDArray[Any]) -> bool:
    """Whether neither the array nor any that it is a view of can be written."""
    part: Any = array
    while isinstance(part, np.ndarray):
        if part.flags.writeable:
            return False
        if part.base is None:
            return bool(part.flags.owndata)
        part = part.base
    return False  # the memory is some other object's


def finite_median(values: npt.ArrayLike) -> float:
    """Return the median of the finite values; NaN where there is none.

    Parameters
    ----------
    values : any shape
    """
    given = np.asarray(values, np.float64)
    known = given[np.isfinite(given)]
    return float(np.median(known)) if known.size else float("nan")


def check_shapes(owner: str, **found: tuple[npt.NDArray[Any], tuple[int, ...]]) -> None:
    """Check that arrays of one object fit together.

    Parameters
    ----------
    owner : of the arrays, for the message
    found : name -> (array, the shape that it must have)

    Raises
    ------
    ValueError
        names the first that does not fit, its shape and the one expected
    """
    for name, (array, shape) in found.items():
        if array.shape != shape:
            raise ValueError(f"{owner}: {name} has shape {array.shape}; expected {shape}")
