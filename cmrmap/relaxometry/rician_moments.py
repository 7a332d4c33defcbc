"""Mean, slope and variance of a magnitude, as functions of the signal below the noise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import i0e, i1e

from cmrmap.core.arrays import Float64Array

_FAR_SIGNAL = 100.0  # in noise SDs: beyond, the series' first term is exact to a part in 1e8


def rician_moments(
    signal_size: npt.ArrayLike, noise_sd: npt.ArrayLike
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Mean of the magnitude of a signal with complex Gaussian noise, its slope, and its variance.

    Parameters
    ----------
    signal_size : any shape, zero or positive
    noise_sd : of one channel, broadcast; 0 gives the signal itself

    Returns
    -------
    all of the broadcast shape: the mean ``sigma sqrt(pi/2) L_(1/2)(-mu^2 / (2 sigma^2))`` (Gudbjartsson and Patz, Magn
    Reson Med 1995;34:910-914, equation 3); its derivative by the signal, 1 far above the noise and 0 at the null; the
    variance over that of one channel's noise, 1 far above the noise and 0.43 at the null
    """
    mu, sigma = np.broadcast_arrays(np.asarray(signal_size, np.float64), np.asarray(noise_sd, np.float64))
    near = (sigma > 0) & (mu < _FAR_SIGNAL * sigma)
    s = np.where(near, sigma, 1.0)
    ratio = np.where(near, mu, 0.0) / s
    x = ratio**2 / 4.0
    even, odd = i0e(x), i1e(x)  # a quarter of the time of ive(0, x), ive(1, x)
    exact = np.sqrt(np.pi / 2.0) * ((1.0 + 2.0 * x) * even + 2.0 * x * odd)
    mean = np.where(near, s * exact, mu + sigma**2 / (2.0 * np.where(near, 1.0, np.maximum(mu, 1e-300))))
    slope = np.where(near, np.sqrt(np.pi / 8.0) * ratio * (even + odd), 1.0)
    # beyond, the difference of squares would only lose digits
    share = np.where(near, np.clip(ratio**2 + 2.0 - exact**2, 0.0, 1.0), 1.0)
    return np.asarray(mean), np.asarray(slope), np.asarray(share)
