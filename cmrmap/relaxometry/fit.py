"""Pixelwise fits of T1 and T2: the global least-squares optimum, with its uncertainty.

Variable projection on a dictionary of T, then safeguarded Newton (`cmrmap.relaxometry.basis`); all polarities of
magnitude data (`cmrmap.relaxometry.polarity`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array, readonly
from cmrmap.core.errors import InputError
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry._backends import choose_backend, fit_block
from cmrmap.relaxometry._inputs import checked, checked_range, groups, in_order
from cmrmap.relaxometry._problem import VALUES, Problem, Results
from cmrmap.relaxometry.basis import reduced_basis
from cmrmap.relaxometry.models import get_model


@dataclass(frozen=True, slots=True)
class RelaxationFit:
    """The fits of many pixels; all arrays (pixels,) and read-only, NaN where there is no answer.

    Attributes
    ----------
    model : name of the model
    n_parameters : number of free parameters, T included
    t_ms : T1 or T2 in ms (MOLLI: corrected for the Look-Locker readout); the border of the range where it lies there
    sd_ms : standard deviation of ``t_ms`` from the residuals and the Jacobian; NaN where as many samples as
        parameters were given, and at the edge of the range
    amplitude, offset : A and B of the model's equation, in units of the signal; ``offset`` is NaN in two-parameter
        models
    amplitude_sd, offset_sd : their standard deviations
    ssr : sum of squared residuals, on polarity-restored data
    r2 : 1 - SSR / sum of squares about the mean, on polarity-restored data; no pass criterion by itself
    status : uint8 of ``FitStatus``
    t_star_ms : the time constant of the exponential: T* for MOLLI, else equal to ``t_ms``
    n_negative : int16, how many of the samples, in the order of their times, were found to lie before the null
    n_samples : int16, how many samples entered the fit
    sensitivity : (pixels, times) d t_ms / d signal in the order of the times given, 0 for a sample that dropped out;
        NaN where ``sd_ms`` has no meaning. The row of the Jacobian's pseudo-inverse, polarity included: noise of the
        signals carried by it gives ``sd_ms``, and summed over pixels the noise of any mean. None unless asked for.
    """

    model: str
    n_parameters: int
    t_ms: Float64Array
    sd_ms: Float64Array
    amplitude: Float64Array
    offset: Float64Array
    amplitude_sd: Float64Array
    offset_sd: Float64Array
    ssr: Float64Array
    r2: Float64Array
    status: npt.NDArray[np.uint8]
    t_star_ms: Float64Array
    n_negative: npt.NDArray[np.int16]
    n_samples: npt.NDArray[np.int16]
    sensitivity: Float64Array | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                object.__setattr__(self, field.name, readonly(value))

    @property
    def noise_sd(self) -> Float64Array:
        """(pixels,) standard deviation of one sample's noise, sqrt(SSR / (n - p)); NaN without spare samples."""
        spare = self.n_samples.astype(np.float64) - self.n_parameters
        return np.sqrt(np.divide(self.ssr, spare, out=np.full_like(self.ssr, np.nan), where=spare > 0))


def fit_relaxation(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    magnitude: bool | None = None,
    *,
    with_sensitivity: bool = False,
    t_range_ms: tuple[float, float] | None = None,
    backend: str = "auto",
    threads: int | None = None,
) -> RelaxationFit:
    """Fit a relaxation model to every pixel.

    Parameters
    ----------
    signals : (pixels, times) any real dtype; a NaN drops out of its pixel's fit
    times_ms : (times,) ms, in any order, repeats and infinity allowed
    model : a key of `MODELS`, such as "t2_3p" or "molli_3p"
    magnitude : True: the samples are magnitudes (their signs are not read) of a signal that may change sign, and the
        best of all polarities is found; False: the samples are signed. None: as is usual for the model
    with_sensitivity : keep d t_ms / d signal as well
    t_range_ms : searched range of T (MOLLI: of T*); None: the model's own
    backend : "auto" (numba where importable), "numba" or "numpy"; the results agree
    threads : at most this many; None: as many as there are cores. The results do not depend on it

    Returns
    -------
    RelaxationFit
        In the order of the pixels.

    Raises
    ------
    InputError
        When the arrays do not fit together, or the times cannot determine the model's parameters, or look like seconds.

    Notes
    -----
    sigma^2 = SSR / (n - p), covariance sigma^2 (J'J)^-1; MOLLI's T1 = T* (B/A - 1) by the delta method.
    """
    chosen = get_model(model)
    data, times = checked(signals, times_ms, chosen)
    searched = checked_range(chosen.t_range_ms if t_range_ms is None else t_range_ms)
    if threads is not None and threads < 1:
        raise InputError(f"threads must be at least 1 or None; found {threads}")
    kernel = choose_backend(backend)
    is_magnitude = chosen.magnitude if magnitude is None else magnitude

    n_pixels = data.shape[0]
    order = np.argsort(times, kind="stable")
    fitted = Results.empty(n_pixels, times.size if with_sensitivity else 0)
    fitted.status[:] = FitStatus.TOO_FEW_SAMPLES
    n_samples = np.zeros(n_pixels, np.int16)
    for pixels, present in groups(data):
        columns = order[present[order]]
        n_samples[pixels] = columns.size
        kept = times[columns]
        if np.unique(kept).size < chosen.n_parameters:
            continue
        basis = reduced_basis(chosen, tuple(kept.tolist()), searched)
        if not basis.identifiable:
            fitted.status[pixels] = FitStatus.DEGENERATE
            continue
        samples, shuffled = in_order(data, pixels, columns, kept, is_magnitude)
        n = samples.shape[0]
        rows = np.full((n, columns.size if with_sensitivity else 0), np.nan)
        # a slice is all of them
        part = (fitted if isinstance(pixels, slice) else Results.empty(n))._replace(sensitivity=rows)
        fit_block(kernel, samples, Problem.of(chosen, basis, is_magnitude), part, threads)
        if not isinstance(pixels, slice):
            fitted.values[:, pixels], fitted.status[pixels] = part.values, part.status
            fitted.n_negative[pixels] = part.n_negative
        if with_sensitivity:
            if shuffled is not None:
                rows = np.empty_like(rows)
                np.put_along_axis(rows, shuffled, part.sensitivity, axis=1)
            spread = np.where(np.isnan(rows[:, :1]), np.nan, np.zeros((n, times.size)))
            spread[:, columns] = rows
            fitted.sensitivity[pixels] = spread
    return RelaxationFit(
        model=chosen.name,
        n_parameters=chosen.n_parameters,
        status=fitted.status,
        n_negative=fitted.n_negative,
        n_samples=n_samples,
        sensitivity=fitted.sensitivity if with_sensitivity else None,
        **dict(zip(VALUES, fitted.values, strict=True)),
    )
