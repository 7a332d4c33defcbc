"""Fits of magnitudes at low signal: the noise floor that a magnitude rests on is taken out of every sample.

The mean of a magnitude is not its signal: it lies above by about sigma^2 / (2 mu), and at the null by 1.25 sigma. A fit
turns that into a bias of T which no number of pixels averages away: the saturated image of a T2 series carries it, and
the samples about the null of an inversion recovery. What a sample has too much follows from the fit itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from scipy.special import ive

from cmrmap.relaxometry.fit import RelaxationFit, fit_relaxation
from cmrmap.relaxometry.models import get_model, jacobian, signal
from cmrmap.types import BoolArray, FitStatus, Float64Array

#: Takes values (pixels, times) and returns their mean over each pixel's neighbourhood; NaN must not spread.
Neighbourhood = Callable[[Float64Array], Float64Array]

_ROUNDS = 4  # the correction changes by a few percent of itself from the third round on
_FAR_SIGNAL = 100.0  # in noise SDs: beyond, the series' first term is exact to a part in 1e8
_LEAST_SLOPE = 0.05  # of the mean magnitude: at the null itself a magnitude knows nothing of its signal


def rician_mean(signal_size: npt.ArrayLike, noise_sd: npt.ArrayLike) -> Float64Array:
    """Mean of the magnitude of a signal with complex Gaussian noise.

    Parameters
    ----------
    signal_size : any shape, zero or positive
    noise_sd : of one channel, broadcast; 0 gives the signal itself

    Returns
    -------
    broadcast shape: ``sigma sqrt(pi/2) L_(1/2)(-mu^2 / (2 sigma^2))`` (Gudbjartsson and Patz, Magn Reson Med
    1995;34:910-914, equation 3)
    """
    mu, sigma = np.broadcast_arrays(np.asarray(signal_size, np.float64), np.asarray(noise_sd, np.float64))
    near = (sigma > 0) & (mu < _FAR_SIGNAL * sigma)
    s = np.where(near, sigma, 1.0)
    x = (np.where(near, mu, 0.0) / s) ** 2 / 4.0
    exact = s * np.sqrt(np.pi / 2.0) * ((1.0 + 2.0 * x) * ive(0, x) + 2.0 * x * ive(1, x))
    return np.asarray(np.where(near, exact, mu + sigma**2 / (2.0 * np.where(near, 1.0, np.maximum(mu, 1e-300)))))


def noise_share(signal_size: npt.ArrayLike, noise_sd: float) -> Float64Array:
    """Variance of a magnitude over that of one channel's noise: 1 far above the noise, 0.43 at the null."""
    mu = np.asarray(signal_size, np.float64)
    if not noise_sd > 0:
        return np.ones_like(mu)
    scaled = np.minimum(mu / noise_sd, _FAR_SIGNAL)  # beyond, the difference of squares would only lose digits
    return np.asarray(np.clip(scaled**2 + 2.0 - rician_mean(scaled, 1.0) ** 2, 0.0, 1.0))


def fitted_signal(fit: RelaxationFit, times_ms: npt.ArrayLike) -> Float64Array:
    """Evaluate the fits at any times: (pixels, times), signed; NaN where a fit has no answer."""
    return signal(get_model(fit.model), times_ms, fit.t_star_ms, fit.amplitude, fit.offset)


def fit_above_noise_floor(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    noise_sd: float,
    *,
    around: Neighbourhood | None = None,
    backend: str = "auto",
) -> RelaxationFit:
    """Fit magnitudes with the noise floor taken out of them.

    A fit of the magnitudes as they are tells the signed signal of every sample, averaged over its neighbourhood. Each
    sample is lowered by the Rician excess ``E|S| - |mu|`` at that signal mu, given its sign, and fitted again as signed
    data, four times. The neighbourhood matters where a sample lies in the noise: alone it knows neither its sign nor
    its excess. Means of neighbouring magnitudes (interpolated samples) have the same excess, so ``noise_sd`` is always
    that of one pixel and one channel.

    Parameters
    ----------
    signals : (pixels, times) magnitudes; NaN drops out
    times_ms : (times,)
    model : relaxometry model
    noise_sd : standard deviation of one channel of one pixel; 0 or NaN gives the plain fit
    around : mean over each pixel's neighbourhood, of the same tissue; None: every pixel for itself
    backend : as in `fit_relaxation`

    Returns
    -------
    RelaxationFit
        With sensitivity to the given magnitudes, and SDs that count what the noise floor does to both. NULL_AMBIGUOUS
        is kept from the first fit.
    """
    given = np.asarray(signals, np.float64)
    times = np.asarray(times_ms, np.float64)
    fit = first = fit_relaxation(given, times, model, with_sensitivity=True, backend=backend)
    if not noise_sd > 0:
        return first
    signs = np.ones(given.shape)
    expected = fitted_signal(fit, times)
    for _ in range(_ROUNDS):
        expected = fitted_signal(fit, times)
        if around is not None:
            trusted = np.isin(fit.status, (FitStatus.OK, FitStatus.NULL_AMBIGUOUS))
            mean = around(np.where(trusted[:, None], expected, np.nan))
            expected = np.where(np.isfinite(mean), mean, expected)
        if get_model(model).magnitude:
            signs = np.where(expected < 0, -1.0, 1.0)
        size = np.nan_to_num(np.abs(expected))
        excess = np.where(np.isfinite(expected), rician_mean(size, noise_sd) - size, 0.0)
        fit = fit_relaxation(
            signs * (given - excess), times, model, magnitude=False, with_sensitivity=True, backend=backend
        )
    return _with_true_errors(fit, first, times, signs, np.abs(expected), np.isfinite(given), noise_sd, around is None)


def _with_true_errors(
    fit: RelaxationFit,
    first: RelaxationFit,
    times: Float64Array,
    signs: Float64Array,
    size: Float64Array,
    present: BoolArray,
    noise_sd: float,
    alone: bool,
) -> RelaxationFit:
    """Sensitivity of the estimate that solves ``J' (S - E|S|) = 0``, and the SD of one pixel.

    The sensitivity, rows of ``(J' D J)^-1 J'``, counts that the excess follows the fit; D is the slope of the mean
    magnitude with the signal, less than 1 near the null. A pixel whose excess is that of its neighbourhood does not
    feel it alone, only the mean over the neighbourhood does: its own SD is that of the signed fit.
    """
    sensitivity = np.full(signs.shape, np.nan)
    answered = np.isfinite(np.asarray(fit.sensitivity)[:, 0]) & np.isfinite(size).all(axis=1)
    if answered.any():
        near = np.maximum(size[answered], 0.0)
        step = 0.05 * noise_sd
        slope = np.clip((rician_mean(near + step, noise_sd) - rician_mean(near, noise_sd)) / step, _LEAST_SLOPE, 1.0)
        sensitivity[answered] = _score_rows(fit, times, answered, slope * present[answered]) * present[answered]
    own = sensitivity if alone else np.asarray(fit.sensitivity)
    spread = np.sqrt(np.nansum(own**2 * noise_share(np.nan_to_num(size), noise_sd), axis=1))
    status = np.where(
        (fit.status == FitStatus.OK) & (first.status == FitStatus.NULL_AMBIGUOUS), first.status, fit.status
    )
    return replace(
        fit,
        sd_ms=np.where(answered & np.isfinite(fit.sd_ms), fit.noise_sd * spread, np.nan),
        status=status.astype(np.uint8),
        n_negative=((signs < 0) & present).sum(axis=1).astype(np.int16),
        sensitivity=sensitivity * signs,
    )


def _score_rows(fit: RelaxationFit, times: Float64Array, which: BoolArray, slope: Float64Array) -> Float64Array:
    """Rows of T (MOLLI: of T1, by the chain rule) of ``(J' D J)^-1 J'``, (pixels, times)."""
    model = get_model(fit.model)
    t, a, b = (np.asarray(x)[which] for x in (fit.t_star_ms, fit.amplitude, fit.offset))
    columns = jacobian(model, times, t, a, b)
    scale = np.sqrt((columns**2).sum(axis=1, keepdims=True))  # T in ms beside A in counts: equal lengths invert better
    scale = np.where(scale > 0, scale, 1.0)
    columns = columns / scale
    normal = np.einsum("xti,xt,xtj->xij", columns, slope, columns)
    rows = np.einsum("xij,xtj->xit", np.linalg.pinv(normal, hermitian=True), columns) / scale.transpose(0, 2, 1)
    if not model.look_locker:
        return np.asarray(rows[:, 0], np.float64)
    gradient = np.stack([b / a - 1.0, -t * b / a**2, t / a], axis=-1)
    return np.asarray(np.einsum("xi,xit->xt", gradient, rows), np.float64)
