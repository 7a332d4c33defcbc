"""T1 of a region that is one tissue, the blood pool: one fit of the region's signal, without the bias of magnitudes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array
from cmrmap.core.errors import InputError
from cmrmap.core.look_locker import LookLocker
from cmrmap.core.parameter_map import FitStatus
from cmrmap.relaxometry.fit import RelaxationFit, fit_relaxation, only_counted
from cmrmap.relaxometry.models import get_model, jacobian
from cmrmap.relaxometry.rician import fitted_signal

METHODS = ("mean", "rician")
#: in SDs of an image's power: below it the image lies in the null
_NULL_LIMIT = 3.0


@dataclass(frozen=True, slots=True)
class BloodFit:
    """T1 of a region fitted as one.

    Attributes
    ----------
    t1_ms, sd_ms : T1 and its standard error in ms; NaN where there is no answer
    noise_sd_ms : what the pixels' noise alone gives T1; NaN where the noise is not known
    gain_effect_ms : what relative errors of the images, each of SD 1, would give T1
    gain_variance : variance of those errors, from what the residuals exceed noise by; may be negative by chance
    status : outcome of the fit of the region's signal
    noise_sd : the noise of one pixel, given or found from the spread over the region; NaN from a single pixel
    n_pixels : pixels of the region
    n_images : images that entered the fit
    """

    t1_ms: float
    sd_ms: float
    noise_sd_ms: float
    gain_effect_ms: float
    gain_variance: float
    status: FitStatus
    noise_sd: float
    n_pixels: int
    n_images: int


def fit_blood(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    method: str = "mean",
    magnitude: bool | None = None,
    *,
    noise_sd: float | None = None,
    look_locker: LookLocker | None = None,
    epochs: npt.ArrayLike | None = None,
    backend: str = "auto",
) -> BloodFit:
    """Fit the T1 of a region, for example the circle of blood in the cavity.

    Parameters
    ----------
    signals : (pixels, times) of the region's pixels; NaN drops out of its image's mean
    times_ms : (times,) ms
    model : a T1 model of `MODELS`
    method : "mean" fits the mean signal of every image (Zhu et al., Radiology: AI 2020;2(1)). "rician" fits
        ``sqrt(mean(S^2) - 2 sigma^2)``: the second moment of a magnitude is mu^2 + 2 sigma^2 whatever the noise
        (Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914), so the mean's bias near the null is gone; an image in
        the null itself is left out. For signed data there is no such bias and both are the mean
    magnitude : as in `fit_relaxation`
    noise_sd : sigma of one pixel, of the real and of the imaginary part; None: from the
        spread over the region of its bright images
    look_locker, epochs, backend : as in `fit_relaxation`

    Returns
    -------
    BloodFit
        The standard error holds the pixels' noise, carried through the root of the power where there is one, and what
        moves the whole region in one image (inflow, breathing through the coils' shading): a relative error of each
        image, measured by what the residuals show beyond the noise. Where the noise is not known it is the residual
        standard error of the fit.

    Raises
    ------
    InputError
        When the method is unknown, the region is empty, the noise is negative, or as in `fit_relaxation`.

    Examples
    --------
    >>> import numpy as np
    >>> from cmrmap.relaxometry import fit_blood, get_model, signal
    >>> times_ms = [150.0, 400.0, 900.0, 1600.0, 2600.0, 4000.0]
    >>> mean = signal(get_model("stone_2p"), times_ms, 1700.0, 1000.0)
    >>> pixels = np.abs(mean + np.random.default_rng(1).normal(0, 10, (80, 6)))
    >>> blood = fit_blood(pixels, times_ms, "stone_2p", method="rician")
    >>> print(f"{blood.t1_ms:.0f} +- {blood.sd_ms:.0f} ms")
    1701 +- 2 ms
    """
    chosen = get_model(model)
    if chosen.family != "t1":
        raise InputError(f"fit_blood needs a T1 model; found {model!r}")
    if method not in METHODS:
        raise InputError(f"method must be one of {', '.join(METHODS)}; found {method!r}")
    if noise_sd is not None and not 0 <= noise_sd < np.inf:
        raise InputError(f"noise_sd must be zero or positive and finite; found {noise_sd}")
    data = np.asarray(signals)
    if data.ndim != 2 or data.shape[0] == 0:
        raise InputError(f"signals must have shape (pixels, times) with at least one pixel; found {data.shape}")
    data = data.astype(np.float64)
    is_magnitude = chosen.magnitude if magnitude is None else magnitude
    sigma = _noise_of_region(data) if noise_sd is None else float(noise_sd)
    if method == "rician" and is_magnitude:
        if not np.isfinite(sigma):
            raise InputError(
                f"noise_sd cannot be found from {data.shape[0]} pixels in {data.shape[1]} images, at least 2 complete "
                "ones of each are needed; give noise_sd"
            )
        signal = _root_of_power(data * data, sigma, chosen.n_parameters)
    else:
        signal = _mean_of_images(np.abs(data) if is_magnitude else data)
    counted, counted_as = only_counted(signal[None], times_ms, model, is_magnitude, epochs=epochs, backend=backend)
    signal = counted[0]
    fit = fit_relaxation(
        counted, times_ms, counted_as, is_magnitude, with_sensitivity=True, look_locker=look_locker, backend=backend
    )
    noise_variance = _noise_of_signal(data, signal, sigma, power=method == "rician" and is_magnitude)
    return _with_errors(fit, np.asarray(times_ms, np.float64), signal, noise_variance, sigma, data.shape[0])


def _with_errors(
    fit: RelaxationFit,
    times_ms: Float64Array,
    signal: Float64Array,
    noise_variance: Float64Array,
    sigma: float,
    n_pixels: int,
) -> BloodFit:
    """Split the error of a region's T1 into noise and the images' own errors."""
    used = np.isfinite(signal)
    fitted = fitted_signal(fit, times_ms)[0, used]
    sensitivity = np.asarray(fit.sensitivity)[0, used]
    noise, effect, gain, sd = (float("nan"),) * 3 + (float(fit.sd_ms[0]),)
    if np.isfinite(fitted).all() and np.isfinite(sensitivity).all():
        effect = float(np.sqrt(np.sum((sensitivity * fitted) ** 2)))
        if np.isfinite(noise_variance[used]).all() and np.isfinite(sd):
            noise = float(np.sqrt(np.sum(sensitivity**2 * noise_variance[used])))
            columns = jacobian(get_model(fit.model), times_ms[used], fit.t_star_ms, fit.amplitude, fit.offset)[0]
            left = np.diag(np.eye(len(columns)) - columns @ np.linalg.pinv(columns))
            gain = float((fit.ssr[0] - left @ noise_variance[used]) / (left @ fitted**2))
            sd = float(np.sqrt(noise**2 + max(gain, 0.0) * effect**2))
    return BloodFit(
        t1_ms=float(fit.t_ms[0]),
        sd_ms=sd,
        noise_sd_ms=noise,
        gain_effect_ms=effect,
        gain_variance=gain,
        status=FitStatus(int(fit.status[0])),
        noise_sd=sigma,
        n_pixels=n_pixels,
        n_images=int(used.sum()),
    )


def _noise_of_signal(data: Float64Array, signal: Float64Array, sigma: float, *, power: bool) -> Float64Array:
    """Return the variance that the pixels' noise gives to the region's signal of every image, (times,)."""
    count = np.maximum((~np.isnan(data)).sum(axis=0), 1)
    size = np.abs(np.nan_to_num(signal))
    if not power:
        return np.asarray(sigma**2 / count, np.float64)
    # of the mean square, 4 mu^2 sigma^2 + 4 sigma^4 a pixel; the root's slope has no bound at the null
    variance = (4.0 * size**2 * sigma**2 + 4.0 * sigma**4) / count
    steepest = 4.0 * np.maximum(size**2, np.sqrt(variance))
    return np.asarray(np.divide(variance, steepest, out=np.zeros_like(variance), where=steepest > 0), np.float64)


def _root_of_power(squares: Float64Array, sigma: float, n_parameters: int) -> Float64Array:
    """Return ``sqrt(mean(squares) - 2 sigma^2)`` of every image, (times,).

    NaN for an image in the null, whose power does not stand out from its own noise: the root is steep and biased there,
    and knows next to nothing of T1. Left out unless too few images remained.
    """
    known = (~np.isnan(squares)).sum(axis=0)
    mean = _mean_of_images(squares)
    power = mean - 2 * sigma * sigma
    variance = _mean_of_images((squares - mean) ** 2) / np.maximum(known - 1, 1)
    root = np.sqrt(np.maximum(power, 0.0))
    in_null = power < _NULL_LIMIT * np.sqrt(variance)
    if (~np.isnan(root) & ~in_null).sum() > n_parameters:
        root = np.where(in_null, np.nan, root)
    return np.asarray(root, np.float64)


def _mean_of_images(data: Float64Array) -> Float64Array:
    """Return the mean over pixels, (times,); NaN for an image without a pixel."""
    known = ~np.isnan(data)
    count = known.sum(axis=0)
    total = np.where(known, data, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0), np.float64)


def _noise_of_region(data: Float64Array) -> float:
    """Return the noise of one pixel, from what is left of the bright images beside pixel gain times image brightness.

    In a region of one tissue the signal is that product whatever T1 is, coil shading included, so no fit is needed.
    Images near the null are left out: there the spread of a magnitude is up to a third less than that of its noise. NaN
    from fewer than two complete pixels or images.
    """
    images = data[:, ~np.isnan(data).all(axis=0)]
    images = np.abs(images[~np.isnan(images).any(axis=1)])
    if min(images.shape) < 2:
        return float("nan")
    level = images.mean(axis=0)
    bright = level >= np.median(level)
    for _ in range(2):
        kept = images[:, bright] if bright.sum() > 1 else images
        power = np.linalg.svd(kept, compute_uv=False) ** 2
        sigma = float(np.sqrt(power[1:].sum() / ((kept.shape[0] - 1) * (kept.shape[1] - 1))))
        bright = level > 5 * sigma
    return sigma
