"""The relaxation models evaluated: signals and their Jacobians. What the models are is in the core's list."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.relaxation_models import MODELS, RelaxationModel, get_model

__all__ = ["MODELS", "RelaxationModel", "decay", "decay_slope", "get_model", "jacobian", "signal"]


def decay(times_ms: npt.ArrayLike, t_ms: npt.ArrayLike) -> Float64Array:
    """Return ``exp(-times / T)``; exactly 0 where the time is infinite. Arguments broadcast."""
    with np.errstate(under="ignore"):
        return np.asarray(np.exp(-np.asarray(times_ms, np.float64) / np.asarray(t_ms, np.float64)), np.float64)


def decay_slope(times_ms: npt.ArrayLike, t_ms: npt.ArrayLike) -> Float64Array:
    """Return the derivative of ``exp(-times / T)`` to ``log T``; exactly 0 where the time is infinite."""
    exponent = np.asarray(times_ms, np.float64) / np.asarray(t_ms, np.float64)
    # infinity times zero has no value, yet the limit is 0: such times take no part
    exponent = np.where(np.isinf(exponent), 0.0, exponent)
    with np.errstate(under="ignore"):
        return np.asarray(exponent * np.exp(-exponent), np.float64)


def signal(
    model: RelaxationModel,
    times_ms: npt.ArrayLike,
    t_ms: npt.ArrayLike,
    amplitude: npt.ArrayLike,
    offset: npt.ArrayLike = 0.0,
) -> Float64Array:
    """Evaluate a model's signed signal.

    Parameters
    ----------
    model : the model; for MOLLI ``t_ms`` is T*
    times_ms : (times,) ms
    t_ms, amplitude, offset : (...) T in ms, A and B of the equation; ``offset`` is not read by two-parameter models

    Returns
    -------
    (..., times) signal before the magnitude is taken; NaN where an argument is

    Examples
    --------
    >>> import numpy as np
    >>> from cmrmap.relaxometry import get_model, signal
    >>> signal(get_model("stone_2p"), [0.0, np.inf], 1100.0, 100.0)
    array([-100.,  100.])
    >>> signal(get_model("t2_3p"), [0.0, 50.0, np.inf], [50.0, 100.0], 100.0, 5.0).round(1)
    array([[105. ,  41.8,   5. ],
           [105. ,  65.7,   5. ]])
    """
    e = decay(times_ms, np.asarray(t_ms, np.float64)[..., None])
    a = np.asarray(amplitude, np.float64)[..., None]
    if not model.has_offset:
        return np.asarray(a * (model.column_constant + model.column_slope * e), np.float64)
    b = np.asarray(offset, np.float64)[..., None]
    return np.asarray(a - b * e if model.recovering else a * e + b, np.float64)


def jacobian(
    model: RelaxationModel,
    times_ms: npt.ArrayLike,
    t_ms: npt.ArrayLike,
    amplitude: npt.ArrayLike,
    offset: npt.ArrayLike = 0.0,
) -> Float64Array:
    """Evaluate the derivatives of the signed signal to ``model.parameters``.

    Parameters
    ----------
    model, times_ms, t_ms, amplitude, offset : as in `signal`

    Returns
    -------
    (..., times, parameters) in the order of ``model.parameters``; NaN where an argument is

    Examples
    --------
    >>> from cmrmap.relaxometry import get_model, jacobian
    >>> jacobian(get_model("t2_2p"), [0.0, 50.0], 50.0, 100.0).round(2)
    array([[0.  , 1.  ],
           [0.74, 0.37]])
    """
    t = np.asarray(t_ms, np.float64)[..., None]
    e = decay(times_ms, t)
    slope = decay_slope(times_ms, t) / t
    a = np.asarray(amplitude, np.float64)[..., None]
    if not model.has_offset:
        columns = [a * model.column_slope * slope, model.column_constant + model.column_slope * e]
    else:
        b = np.asarray(offset, np.float64)[..., None]
        one = np.ones_like(a * e)
        columns = [-b * slope, one, -e] if model.recovering else [a * slope, e, one]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)
