"""Fits of magnitudes at low signal: the noise floor that a magnitude rests on is taken out of every sample.

The mean of a magnitude is not its signal: it lies above by about sigma^2 / (2 mu), and at the null by 1.25 sigma. A fit
turns that into a bias of T which no number of pixels averages away: the saturated image of a T2 series carries it, and
the samples about the null of an inversion recovery. What a sample has too much follows from the fit itself. At the
null a magnitude knows neither its signal nor its sign; in a recovery, whose other images tell both, it hardly counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.look_locker import LookLocker
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry.fit import RelaxationFit, fit_relaxation, only_counted
from cmrmap.relaxometry.models import get_model, jacobian, signal
from cmrmap.relaxometry.rician_moments import rician_moments

#: Takes values (pixels, times) and returns their mean over each pixel's neighbourhood; NaN must not spread.
Neighbourhood = Callable[[Float64Array], Float64Array]

_ROUNDS = 6  # of what is to be corrected a third or less is left from round to round
_LEAST_SLOPE = 0.05  # in models without a null, where a sample in the noise counts in full


def fitted_signal(fit: RelaxationFit, times_ms: npt.ArrayLike) -> Float64Array:
    """Evaluate fits at any times.

    Parameters
    ----------
    fit : of (pixels,)
    times_ms : (times,) ms, infinity allowed

    Returns
    -------
    (pixels, times) signed signal; NaN where a fit has no answer

    Examples
    --------
    >>> from cmrmap.relaxometry import fit_relaxation, fitted_signal
    >>> fit = fit_relaxation([[800.0, 640.0, 512.0]], [10.0, 20.0, 30.0], "t2_2p")
    >>> fitted_signal(fit, [40.0]).round(1)
    array([[409.6]])
    """
    return signal(get_model(fit.model), times_ms, fit.t_star_ms, fit.amplitude, fit.offset)


def fit_above_noise_floor(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    noise_sd: float,
    *,
    around: Neighbourhood | None = None,
    look_locker: LookLocker | None = None,
    backend: str = "auto",
    plain: RelaxationFit | None = None,
) -> RelaxationFit:
    """Fit magnitudes with the noise floor taken out of them.

    A fit of the magnitudes as they are tells the signed signal m of every sample, averaged over its neighbourhood. The
    mean E|S| of a magnitude at that signal, its slope D and variance V tell what a sample S says of its signal, and all
    are fitted again as signed data, six times. The neighbourhood matters where a sample lies in the noise: alone it
    knows neither its sign nor its excess. Means of neighbouring magnitudes (interpolated samples) have the same excess,
    so ``noise_sd`` is always that of one pixel and one channel.

    Recoveries solve the quasi-score equation ``sum J' (D / V) (S - E|S|) = 0`` (Wedderburn, Biometrika
    1974;61:439-447), by fits of ``f + (D / V) (S - E|S|)`` with f the fit before. Far above the noise D = V = 1; at the
    null D = 0, for there a sample has nothing to give but noise, and the wrong sign to a whole neighbourhood. Decays
    solve ``sum J' (S - E|S|) = 0``: they have no sign to mistake, and a saturated image alone tells the offset.

    Parameters
    ----------
    signals : (pixels, times) magnitudes; NaN drops out
    times_ms : (times,)
    model : relaxometry model
    noise_sd : standard deviation of one channel of one pixel; 0 or NaN gives the plain fit
    around : mean over each pixel's neighbourhood, of the same tissue; None: every pixel for itself
    look_locker, backend : as in `fit_relaxation`
    plain : what `fit_relaxation` gives for the same arguments, with sensitivity, where it is at hand; None: it is made

    Returns
    -------
    RelaxationFit
        With sensitivity to the given magnitudes, and SDs that count what the noise floor does to both. ``ssr`` is of
        residuals over sqrt(V), so that ``noise_sd`` is that of one channel. NULL_AMBIGUOUS is kept from the first fit.

    Raises
    ------
    InputError
        as `fit_relaxation`
    """
    given, counted_as = only_counted(signals, times_ms, model, backend=backend)
    times = np.asarray(times_ms, np.float64)

    def fitted(samples: Float64Array, magnitude: bool | None = None, *, last: bool = True) -> RelaxationFit:
        found = fit_relaxation(
            samples, times, counted_as, magnitude, with_sensitivity=last, look_locker=look_locker, backend=backend
        )
        return replace(found, model=model)

    fit = first = fitted(given) if plain is None else plain
    if not noise_sd > 0:
        return first
    own = fitted_signal(fit, times)
    for left in reversed(range(_ROUNDS)):
        floor = _Floor.at(_expected(fit, own, around), noise_sd, recovers=get_model(model).magnitude)
        known = np.isfinite(own) & np.isfinite(floor.signal)
        aim = np.where(known, own + floor.weight * floor.residuals(given, own), given)
        fit = fitted(aim, magnitude=False, last=not left)
        own = fitted_signal(fit, times)
    efficiency = 1.0 if look_locker is None else look_locker.inversion_efficiency
    return _with_true_errors(fit, first, times, floor, given, around is None, efficiency)


def _expected(fit: RelaxationFit, own: Float64Array, around: Neighbourhood | None) -> Float64Array:
    """Fitted signals averaged over the neighbourhood; a pixel's own where no neighbour has an answer."""
    if around is None:
        return own
    trusted = np.isin(fit.status, (FitStatus.OK, FitStatus.NULL_AMBIGUOUS))
    mean = around(np.where(trusted[:, None], own, np.nan))
    return np.where(np.isfinite(mean), mean, own)


@dataclass(frozen=True, slots=True)
class _Floor:
    """What the noise does to magnitudes of given signals, and what they count; all (pixels, times).

    Attributes
    ----------
    signal : expected signed signal, NaN where there is none
    signs : of the signal; 1 in models that do not change it
    mean, slope, share : of the magnitude: mean, derivative by the signal, variance over that of the channel's noise
    weight : of the residual in the estimating equation
    follows : how a sample's mean follows a pixel's signal where it differs from the expected one
    """

    signal: Float64Array
    signs: Float64Array
    mean: Float64Array
    slope: Float64Array
    share: Float64Array
    weight: Float64Array
    follows: Float64Array

    @classmethod
    def at(cls, signal: Float64Array, noise_sd: float, *, recovers: bool) -> _Floor:
        size = np.nan_to_num(np.abs(signal))
        mean, slope, share = rician_moments(size, noise_sd)
        one = np.ones_like(size)
        if recovers:
            return cls(signal, np.where(signal < 0, -one, one), mean, slope, share, slope / share, slope)
        return cls(np.abs(signal), one, mean, np.maximum(slope, _LEAST_SLOPE), share, one, one)

    def residuals(self, given: Float64Array, own: Float64Array) -> Float64Array:
        """Signed residuals of the magnitudes of pixels that have their ``own`` signals."""
        return self.signs * (given - self.mean) - self.follows * (own - self.signal)


def _with_true_errors(
    fit: RelaxationFit,
    first: RelaxationFit,
    times: Float64Array,
    floor: _Floor,
    given: Float64Array,
    alone: bool,
    efficiency: float,
) -> RelaxationFit:
    """Sensitivity of the estimate that solves ``J' w (S - E|S|) = 0``, its SD for one pixel, and its residuals.

    The sensitivity, rows of ``(J' w D J)^-1 J' w``, counts that the excess follows the fit. A pixel's own SD does not
    where its excess is that of its neighbourhood: then it is that of the signed fit.
    """
    present = np.isfinite(given)
    sensitivity = np.full(given.shape, np.nan)
    answered = np.isfinite(np.asarray(fit.sensitivity)[:, 0]) & np.isfinite(floor.signal).all(axis=1)
    if answered.any():
        weight = (floor.weight * present)[answered]
        sensitivity[answered] = _score_rows(fit, times, answered, weight, floor.slope[answered], efficiency)
    recovers = get_model(fit.model).magnitude
    rows = sensitivity if alone or recovers else np.asarray(fit.sensitivity)
    spread = np.sqrt(np.nansum(rows**2 * floor.share, axis=1))
    residuals = floor.residuals(given, fitted_signal(fit, times))
    ssr = np.where(np.isfinite(fit.ssr), np.nansum(residuals**2 / floor.share, axis=1), np.nan)
    fit = replace(fit, ssr=ssr)
    status = np.where(
        (fit.status == FitStatus.OK) & (first.status == FitStatus.NULL_AMBIGUOUS), first.status, fit.status
    )
    return replace(
        fit,
        sd_ms=np.where(answered & np.isfinite(fit.sd_ms), fit.noise_sd * spread, np.nan),
        status=status.astype(np.uint8),
        n_negative=((floor.signs < 0) & present).sum(axis=1).astype(np.int16),
        sensitivity=sensitivity * floor.signs,
    )


def residual_share(model: str, times_ms: npt.ArrayLike, parameters: Float64Array, noise_sd: float) -> Float64Array:
    """Return what an error of each sample leaves in each residual of a fit above the noise floor.

    Parameters
    ----------
    model, times_ms : as fitted
    parameters : (3,) T (T*), A and B of the fit; B is not read in models without
    noise_sd : of one channel; 0: no floor was taken out

    Returns
    -------
    (times, times) ``1 - D J (J' w D J)^-1 J' w``; the plain fit's 1 - H without noise
    """
    chosen, times = get_model(model), np.asarray(times_ms, np.float64)
    t, a, b = (float(x) for x in parameters)
    b = b if chosen.has_offset else 0.0
    floor = _Floor.at(signal(chosen, times, t, a, b), noise_sd, recovers=chosen.magnitude)
    columns = jacobian(chosen, times, t, a, b)
    length = np.sqrt((columns**2).sum(axis=0))
    columns = columns / np.where(length > 0, length, 1.0)
    normal = columns.T @ ((floor.weight * floor.slope)[:, None] * columns)
    rows = np.linalg.pinv(normal, hermitian=True) @ (columns.T * floor.weight)
    return np.asarray(np.eye(times.size) - floor.slope[:, None] * (columns @ rows))


def _score_rows(
    fit: RelaxationFit,
    times: Float64Array,
    which: BoolArray,
    weight: Float64Array,
    slope: Float64Array,
    efficiency: float,
) -> Float64Array:
    """Rows of T (MOLLI: of T1, by the chain rule) of ``(J' w D J)^-1 J' w``, (pixels, times)."""
    model = get_model(fit.model)
    t, a, b = (np.asarray(x)[which] for x in (fit.t_star_ms, fit.amplitude, fit.offset))
    columns = jacobian(model, times, t, a, b)
    scale = np.sqrt((columns**2).sum(axis=1, keepdims=True))  # T in ms beside A in counts: equal lengths invert better
    scale = np.where(scale > 0, scale, 1.0)
    columns = columns / scale
    normal = np.einsum("xti,xt,xtj->xij", columns, weight * slope, columns)
    inverse = np.linalg.pinv(normal, hermitian=True)
    rows = np.einsum("xij,xtj,xt->xit", inverse, columns, weight) / scale.transpose(0, 2, 1)
    if not model.look_locker:
        return np.asarray(rows[:, 0], np.float64)
    gradient = np.stack([b / a - 1.0, -t * b / a**2, t / a], axis=-1)
    return np.asarray(np.einsum("xi,xit->xt", gradient, rows) / efficiency, np.float64)
