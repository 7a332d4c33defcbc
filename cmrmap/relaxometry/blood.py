"""T1 of a region that is one tissue, the blood pool: one fit of the region's signal, without the bias of magnitudes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cmrmap.errors import InputError
from cmrmap.relaxometry.fit import fit_relaxation
from cmrmap.relaxometry.models import get_model
from cmrmap.types import FitStatus, Float64Array

METHODS = ("mean", "rician")
#: in SDs of an image's power: below it the image lies in the null
_NULL_LIMIT = 3.0


@dataclass(frozen=True, slots=True)
class BloodFit:
    """T1 of a region fitted as one.

    Attributes
    ----------
    t1_ms, sd_ms : T1 and its standard error in ms; NaN where there is no answer
    status : outcome of the fit of the region's signal
    noise_sd : the noise of one pixel that was removed ("rician") or found (NaN where it was not needed nor given)
    n_pixels : pixels of the region
    """

    t1_ms: float
    sd_ms: float
    status: FitStatus
    noise_sd: float
    n_pixels: int


def fit_blood(
    signals: npt.ArrayLike,
    times_ms: npt.ArrayLike,
    model: str,
    method: str = "mean",
    magnitude: bool | None = None,
    *,
    noise_sd: float | None = None,
    backend: str = "auto",
) -> BloodFit:
    """Fit the T1 of a region, for example the circle of blood in the cavity.

    Parameters
    ----------
    signals : (pixels, times) of the region's pixels; NaN drops out of its image's mean
    times_ms : (times,) ms
    model : "stone_2p", "molli_3p" or "sasha_3p"
    method : "mean" fits the mean signal of every image (Zhu et al., Radiology: AI 2020;2(1)). "rician" fits
        ``sqrt(mean(S^2) - 2 sigma^2)``: the second moment of a magnitude is mu^2 + 2 sigma^2 whatever the noise
        (Gudbjartsson and Patz, Magn Reson Med 1995;34:910-914), so the mean's bias near the null is gone; an image in
        the null itself is left out. For signed data there is no such bias and both are the mean
    magnitude : as in `fit_relaxation`
    noise_sd : sigma of one pixel, of the real and of the imaginary part; None: from the
        spread over the region of its bright images
    backend : as in `fit_relaxation`

    Returns
    -------
    BloodFit
        The standard error is the residual one of the fit of the region's signal: it holds the noise as well as what
        moves the whole region in one image (inflow, breathing). With "rician" it is not less than the pixels' noise
        carried through the root, which is steep near the null.

    Raises
    ------
    InputError
        When the method is unknown, the region is empty, the noise is negative, or as in `fit_relaxation`.
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
    sigma = np.nan if noise_sd is None else float(noise_sd)
    spread = np.zeros(data.shape[1])
    if method == "rician" and is_magnitude:
        if noise_sd is None:
            sigma = _noise_of_region(data)
        signal, spread = _root_of_power(data * data, sigma, chosen.n_parameters)
    else:
        signal = _mean_of_images(np.abs(data) if is_magnitude else data)
    fit = fit_relaxation(signal[None], times_ms, model, is_magnitude, with_sensitivity=True, backend=backend)
    carried = np.sqrt(np.sum(np.asarray(fit.sensitivity)[0] ** 2 * np.where(np.isnan(spread), 0.0, spread)))
    return BloodFit(
        t1_ms=float(fit.t_ms[0]),
        sd_ms=float(np.maximum(fit.sd_ms[0], carried)),
        status=FitStatus(int(fit.status[0])),
        noise_sd=sigma,
        n_pixels=data.shape[0],
    )


def _root_of_power(squares: Float64Array, sigma: float, n_parameters: int) -> tuple[Float64Array, Float64Array]:
    """Return ``sqrt(mean(squares) - 2 sigma^2)`` of every image and its variance by the delta method, (times,) each.

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
    steepest = np.maximum(power, np.sqrt(variance))  # at the null the root's slope has no bound
    spread = np.divide(variance, 4 * steepest, out=np.zeros_like(variance), where=steepest > 0)
    return np.asarray(root, np.float64), np.asarray(spread, np.float64)


def _mean_of_images(data: Float64Array) -> Float64Array:
    """Return the mean over pixels, (times,); NaN for an image without a pixel."""
    known = ~np.isnan(data)
    count = known.sum(axis=0)
    total = np.where(known, data, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0), np.float64)


def _noise_of_region(data: Float64Array) -> float:
    """Return the noise of one pixel, from what is left of the bright images beside pixel gain times image brightness.

    In a region of one tissue the signal is that product whatever T1 is, coil shading included, so no fit is needed.
    Images near the null are left out: there the spread of a magnitude is up to a third less than that of its noise.
    """
    images = data[:, ~np.isnan(data).all(axis=0)]
    images = np.abs(images[~np.isnan(images).any(axis=1)])
    if min(images.shape) < 2:
        raise InputError(
            f"noise_sd cannot be found from {images.shape[0]} complete pixels in {images.shape[1]} images, at least 2 "
            "of each are needed; give noise_sd"
        )
    level = images.mean(axis=0)
    bright = level >= np.median(level)
    for _ in range(2):
        kept = images[:, bright] if bright.sum() > 1 else images
        power = np.linalg.svd(kept, compute_uv=False) ** 2
        sigma = float(np.sqrt(power[1:].sum() / ((kept.shape[0] - 1) * (kept.shape[1] - 1))))
        bright = level > 5 * sigma
    return sigma
