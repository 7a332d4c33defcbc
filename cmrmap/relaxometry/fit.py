"""Pixelwise fits of T1 and T2: the global least-squares optimum, with its uncertainty.

Variable projection on a dictionary of T, then safeguarded Newton (`cmrmap.relaxometry.basis`); all polarities of
magnitude data (`cmrmap.relaxometry.polarity`).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array, readonly
from cmrmap.core.errors import InputError
from cmrmap.core.look_locker import LookLocker
from cmrmap.relaxometry._backends import choose_backend
from cmrmap.relaxometry._inputs import checked, checked_range
from cmrmap.relaxometry._plain_fit import HowToFit, fit_samples
from cmrmap.relaxometry._problem import VALUES
from cmrmap.relaxometry.conditional import counted_samples, told_epochs
from cmrmap.relaxometry.models import get_model


@dataclass(frozen=True, slots=True)
class RelaxationFit:
    """The fits of many pixels; all arrays are read-only, NaN where there is no answer.

    Attributes
    ----------
    model : name of the model
    n_parameters : number of free parameters, T included
    t_ms : (pixels,) T1 or T2 in ms (MOLLI: corrected for the Look-Locker readout and the inversion's efficiency); the
        border of the range where it lies there
    sd_ms : (pixels,) standard deviation of ``t_ms`` from the residuals and the Jacobian; NaN where as many samples as
        parameters were given, and at the edge of the range
    amplitude, offset : (pixels,) A and B of the model's equation, in units of the signal; ``offset`` is NaN in
        two-parameter models
    amplitude_sd, offset_sd : (pixels,) their standard deviations
    ssr : (pixels,) sum of squared residuals, on polarity-restored data
    r2 : (pixels,) 1 - SSR / sum of squares about the mean, on polarity-restored data; no pass criterion by itself
    status : (pixels,) uint8 of ``FitStatus``
    t_star_ms : (pixels,) the time constant of the exponential, ms: T* for MOLLI, else equal to ``t_ms``
    n_negative : (pixels,) int16, how many of the samples, in the order of their times, were found before the null
    n_samples : (pixels,) int16, how many samples entered the fit; of a ShMOLLI those that count
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
    look_locker: LookLocker | None = None,
    epochs: npt.ArrayLike | None = None,
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
    look_locker : efficiency of the inversion and limits of B/A of a Look-Locker acquisition, where they are known;
        other models do not read it
    epochs : (times,) which inversion every image follows, from 0. Only ShMOLLI reads it; None: told from the times
    backend : "auto" (numba where importable), "numba" or "numpy"; the results agree
    threads : at most this many; None: one a core that this process may use. The results do not depend on it

    Returns
    -------
    RelaxationFit
        In the order of the pixels.

    Raises
    ------
    InputError
        When the arrays do not fit together, or the times cannot determine the model's parameters, or look like seconds,
        or the images of a ShMOLLI cannot be told apart by inversion.

    Notes
    -----
    sigma^2 = SSR / (n - p), covariance sigma^2 (J'J)^-1; MOLLI's T1 = T* (B/A - 1) / e by the delta method.

    Examples
    --------
    >>> from cmrmap.relaxometry import fit_relaxation
    >>> times_ms = [25.0, 45.0, 65.0, 85.0]
    >>> fit = fit_relaxation([[574.0, 384.0, 258.0, 172.0]], times_ms, "t2_2p")
    >>> print(f"T2 {fit.t_ms[0]:.1f} ms, SD {fit.sd_ms[0]:.2f} ms")
    T2 49.9 ms, SD 0.11 ms
    >>> print(fit.status[0])
    0
    >>> fit_relaxation([[1.0, 2.0]], times_ms, "t2_2p")
    Traceback (most recent call last):
        ...
    cmrmap.core.errors.InputError: signals must have shape (pixels, times) and times_ms (times,); found (1, 2) and (4,)
    """
    how, data, times = _prepared(signals, times_ms, model, magnitude, look_locker, t_range_ms, backend, threads)
    chosen = how.model
    if chosen.conditional:
        data = counted_samples(data, times, told_epochs(times, epochs), how)
    fitted, n_samples = fit_samples(data, times, how, with_sensitivity)
    fit = RelaxationFit(
        model=chosen.name,
        n_parameters=chosen.n_parameters,
        status=fitted.status,
        n_negative=fitted.n_negative,
        n_samples=n_samples,
        sensitivity=fitted.sensitivity if with_sensitivity else None,
        **dict(zip(VALUES, fitted.values, strict=True)),
    )
    efficiency = 1.0 if look_locker is None or not chosen.look_locker else look_locker.inversion_efficiency
    return _with_efficiency(fit, efficiency)


def only_counted(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    magnitude: bool | None = None,
    *,
    epochs: npt.ArrayLike | None = None,
    backend: str = "auto",
) -> tuple[Float64Array, str]:
    """Take out of a conditional fit what does not count, and name the model of what is left; others stay as they are.

    Parameters
    ----------
    signals, times_ms, model, magnitude, epochs, backend : as in `fit_relaxation`

    Returns
    -------
    (pixels, times) samples, NaN where one does not count; the name of the model to fit to them

    Raises
    ------
    InputError
        as in `fit_relaxation`
    """
    counted_as = get_model(model).counted_as
    if counted_as is None:
        return np.asarray(signals, np.float64), model
    how, data, times = _prepared(signals, times_ms, model, magnitude, None, None, backend, None)
    return counted_samples(data, times, told_epochs(times, epochs), how), counted_as


def _prepared(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    magnitude: bool | None,
    look_locker: LookLocker | None,
    t_range_ms: tuple[float, float] | None,
    backend: str,
    threads: int | None,
) -> tuple[HowToFit, npt.NDArray[np.generic], Float64Array]:
    """Check what a fit is given: how to fit, samples and times."""
    chosen = get_model(model)
    data, times = checked(signals, times_ms, chosen)
    searched = checked_range(chosen.t_range_ms if t_range_ms is None else t_range_ms)
    if threads is not None and threads < 1:
        raise InputError(f"threads must be at least 1 or None; found {threads}")
    kernel = choose_backend(backend)
    is_magnitude = chosen.magnitude if magnitude is None else magnitude
    limits = None if look_locker is None or not chosen.look_locker else look_locker.ratio_limits
    return HowToFit(chosen, searched, is_magnitude, limits, kernel, threads), data, times


def _with_efficiency(fit: RelaxationFit, efficiency: float) -> RelaxationFit:
    """Divide T1, its SD and its sensitivity by the share of M0 that the inversion turned over."""
    if efficiency == 1.0:
        return fit
    rows = None if fit.sensitivity is None else fit.sensitivity / efficiency
    return replace(fit, t_ms=fit.t_ms / efficiency, sd_ms=fit.sd_ms / efficiency, sensitivity=rows)
