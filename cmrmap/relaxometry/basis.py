"""The reduced problem: what is left of a fit once the linear parameters have dropped out.

Variable projection (Golub and Pereyra, SIAM J Numer Anal 1973;10:413-432): with ``w(T)`` the model's column, centred
when the model has an offset, and ``u = w / |w|``, the best amplitude and offset for a given T leave the residual
``sum(s^2) - (u.s)^2 - sum(s)^2 / n`` (the last term with an offset only). The fit is the maximum over T of
``g(T)^2``, ``g = u(T).s``: one dimension. On a logarithmic grid of T ``u`` is so smooth that about every node a
polynomial of degree seven gives it to 1e-10 or better, so the search needs no exponential.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array, readonly
from cmrmap.relaxometry.models import RelaxationModel, decay

N_NODES = 48  # whole registers of four and eight
N_COEFFICIENTS = 8
_MIN_SENSITIVITY = 1e-8


@dataclass(frozen=True, slots=True)
class ReducedBasis:
    """The normalised column of one model at one set of times, as a function of ``x = log T``.

    Attributes
    ----------
    times_ms : (times,) ascending, may be infinite
    log_t : (nodes,) x of the nodes, equally spaced
    step : spacing of the nodes
    dictionary : (times, nodes) u at the nodes
    dictionary_single : the same in float32, for a scan that allows for its rounding
    polynomials : (nodes, times, coefficients) u(log_t + step * z) for z in -1..1, powers of z ascending
    gain : no maximum of g^2 exceeds its value at the nearest node by more than ``gain * |s|^2``
    identifiable : False where these times do not determine T at all
    """

    times_ms: Float64Array
    log_t: Float64Array
    step: float
    dictionary: Float64Array
    dictionary_single: npt.NDArray[np.float32]
    polynomials: Float64Array
    gain: float
    identifiable: bool


def normalised_column(model: RelaxationModel, times_ms: Float64Array, t_ms: Float64Array) -> Float64Array:
    """Return u, the model's column at T, centred when it has an offset, of unit length: (..., times)."""
    column = model.column_constant + model.column_slope * decay(times_ms, t_ms[..., None])
    if model.has_offset:
        column = column - column.mean(axis=-1, keepdims=True)
    length = np.sqrt((column * column).sum(axis=-1, keepdims=True))
    return np.asarray(np.divide(column, length, out=np.zeros_like(column), where=length > 0), np.float64)


@lru_cache(maxsize=256)
def reduced_basis(model: RelaxationModel, times_ms: tuple[float, ...], t_range_ms: tuple[float, float]) -> ReducedBasis:
    """Tabulate the reduced problem of a model at ascending times; cached, it is the same for every pixel."""
    times = np.asarray(times_ms, np.float64)
    log_t = np.linspace(np.log(t_range_ms[0]), np.log(t_range_ms[1]), N_NODES)
    step = float(log_t[1] - log_t[0])
    # interpolation in the Chebyshev points of (-1, 1) is within a small factor of the best polynomial
    points = np.cos(np.pi * (np.arange(N_COEFFICIENTS) + 0.5) / N_COEFFICIENTS)
    samples = normalised_column(model, times, np.exp(log_t[:, None] + step * points))
    to_powers = np.linalg.inv(np.vander(points, increasing=True))
    polynomials = np.einsum("cp,npt->ntc", to_powers, samples)
    dictionary = normalised_column(model, times, np.exp(log_t))

    z = np.linspace(-1.0, 1.0, 9)
    powers = np.arange(N_COEFFICIENTS)
    curvature = np.zeros((N_COEFFICIENTS, z.size))
    curvature[2:] = (powers[2:] * (powers[2:] - 1))[:, None] * z ** (powers[2:, None] - 2)
    bend = np.sqrt(((polynomials @ curvature) ** 2).sum(axis=1)).max()
    # half a step (z = 1/2) away from a maximum g has lost at most |g''| / 8; 5 % for the maxima between the 9 points
    loss = 1.05 * bend / 8
    slopes = np.sqrt((polynomials[:, :, 1] ** 2).sum(axis=1)) / step
    return ReducedBasis(
        times_ms=readonly(times),
        log_t=readonly(log_t),
        step=step,
        dictionary=readonly(np.ascontiguousarray(dictionary.T)),
        dictionary_single=readonly(np.ascontiguousarray(dictionary.T, np.float32)),
        polynomials=readonly(np.ascontiguousarray(polynomials)),
        gain=float(loss * (2 + loss)),
        identifiable=bool(slopes.max() > _MIN_SENSITIVITY),
    )
