"""Signal equations of the mapping sequences, as pure functions of tissue parameters.

Every preparation is written in the form that the corresponding relaxometry model has, so that a fit of a pure tissue
without noise returns the tissue's parameters exactly: STONE ``|A (1 - 2 exp(-TI/T1))|``, T2-prep
``A exp(-TE/T2) + B``, and for the contrast of synthetic training images MOLLI ``|A - B exp(-TI/T1*)|`` and SASHA
``A - B exp(-TS/T1)``. The phantom's own MOLLI and SASHA are simulated (`cmrmap.phantom.t1_protocols`).

All functions broadcast over their arguments (NumPy rules), take times in ms and angles in degrees, propagate NaN, and
return signed signals except where the name says ``magnitude``; the receiver takes the magnitude after tissues have
been mixed within a pixel and noise has been added.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cmrmap.core.arrays import Float64Array


def inversion_recovery(
    amplitude: npt.ArrayLike, t1_ms: npt.ArrayLike, inversion_times_ms: npt.ArrayLike
) -> Float64Array:
    """Signed signal ``A (1 - 2 exp(-TI/T1))`` after a perfect inversion of fully recovered magnetisation (STONE).

    Limits: ``-A`` for TI -> 0, ``+A`` for TI -> infinity, 0 at ``TI = T1 ln 2``.
    Source: Weingartner et al., Magn Reson Med 2015;74:115-124.
    """
    amplitude, t1_ms, times = _as_float(amplitude), _as_float(t1_ms), _as_float(inversion_times_ms)
    return np.asarray(amplitude * (1.0 - 2.0 * np.exp(-times / t1_ms)), dtype=np.float64)


def t2_preparation(
    amplitude: npt.ArrayLike, t2_ms: npt.ArrayLike, offset: npt.ArrayLike, preparation_times_ms: npt.ArrayLike
) -> Float64Array:
    """Signal ``A exp(-TE/T2) + B`` after a T2 preparation of duration TE.

    An infinite TE stands for the saturation-prepared image and gives exactly ``B``; TE = 0 gives ``A + B``.
    Source: Akcakaya et al., Magn Reson Med 2015;74:93-105 (three-parameter T2-prep model).
    """
    amplitude, t2_ms, offset = _as_float(amplitude), _as_float(t2_ms), _as_float(offset)
    decay = np.exp(-_as_float(preparation_times_ms) / t2_ms)
    return np.asarray(amplitude * decay + offset, dtype=np.float64)


def saturation_recovery(
    amplitude: npt.ArrayLike,
    t1_ms: npt.ArrayLike,
    saturation_times_ms: npt.ArrayLike,
    efficiency: npt.ArrayLike = 1.0,
) -> Float64Array:
    """Signal ``A (1 - e exp(-TS/T1))`` after a saturation pulse of the given efficiency (SASHA).

    Efficiency 1 is a perfect saturation: 0 for TS -> 0, ``A`` for TS -> infinity.
    Source: Chow et al., Magn Reson Med 2014;71:2082-2095.
    """
    amplitude, t1_ms, times = _as_float(amplitude), _as_float(t1_ms), _as_float(saturation_times_ms)
    return np.asarray(amplitude * (1.0 - _as_float(efficiency) * np.exp(-times / t1_ms)), dtype=np.float64)


def look_locker(
    amplitude: npt.ArrayLike, t1_ms: npt.ArrayLike, ratio: npt.ArrayLike, inversion_times_ms: npt.ArrayLike
) -> Float64Array:
    """Signed MOLLI signal ``A - B exp(-TI/T1*)`` with ``ratio = B/A`` and ``T1* = T1 / (B/A - 1)``.

    The Look-Locker correction ``T1 = T1* (B/A - 1)`` recovers ``t1_ms`` exactly; ``ratio`` lies in (1, 2].
    Source: Messroghli et al., Magn Reson Med 2004;52:141-146.

    Raises
    ------
    ValueError
        A ratio that is not above 1: T1* would be infinite or negative.
    """
    ratio = _as_float(ratio)
    if np.any(ratio <= 1.0):
        raise ValueError(f"ratio B/A must be > 1 for a Look-Locker readout; found {np.min(ratio):g}")
    apparent_ms = _as_float(t1_ms) / (ratio - 1.0)
    recovered = 1.0 - ratio * np.exp(-_as_float(inversion_times_ms) / apparent_ms)
    return np.asarray(_as_float(amplitude) * recovered, dtype=np.float64)


def bssfp_components(
    proton_density: npt.ArrayLike,
    t1_ms: npt.ArrayLike,
    t2_ms: npt.ArrayLike,
    *,
    flip_angle_deg: float = 70.0,
    centre_time_ms: float = 60.0,
) -> tuple[Float64Array, Float64Array]:
    """Return the prepared and the unprepared part of a single-shot balanced SSFP readout on resonance.

    The signal at the k-space centre, ``centre_time_ms`` after the first pulse, is ``prepared * m + unprepared`` where
    ``m`` is the longitudinal magnetisation before the readout in units of its equilibrium. The prepared part starts at
    ``PD sin(alpha/2)`` and decays with the rate ``cos^2(alpha/2)/T1 + sin^2(alpha/2)/T2``; the unprepared part grows
    to the steady state ``PD sin(alpha) / ((T1/T2 + 1) - cos(alpha) (T1/T2 - 1))`` (TR much shorter than T1 and T2).
    Source: Schmitt et al., Magn Reson Med 2004;51:661-667.

    Returns
    -------
    prepared, unprepared : broadcast shape of the arguments, the same unit as ``proton_density``
    """
    density, t1_ms, t2_ms = _as_float(proton_density), _as_float(t1_ms), _as_float(t2_ms)
    alpha = np.deg2rad(flip_angle_deg)
    rate = np.cos(alpha / 2) ** 2 / t1_ms + np.sin(alpha / 2) ** 2 / t2_ms
    kept = np.exp(-centre_time_ms * rate)
    ratio = t1_ms / t2_ms
    steady = density * np.sin(alpha) / ((ratio + 1.0) - np.cos(alpha) * (ratio - 1.0))
    prepared = density * np.sin(alpha / 2) * kept
    return np.asarray(prepared, dtype=np.float64), np.asarray(steady * (1.0 - kept), dtype=np.float64)


def bssfp_amplitude(
    proton_density: npt.ArrayLike,
    t1_ms: npt.ArrayLike,
    t2_ms: npt.ArrayLike,
    *,
    flip_angle_deg: float = 70.0,
    centre_time_ms: float = 60.0,
) -> Float64Array:
    """Signal of a readout of fully recovered magnetisation: the sum of the two parts of `bssfp_components`."""
    prepared, unprepared = bssfp_components(
        proton_density, t1_ms, t2_ms, flip_angle_deg=flip_angle_deg, centre_time_ms=centre_time_ms
    )
    return np.asarray(prepared + unprepared, dtype=np.float64)


def rician_magnitude(signal: npt.ArrayLike, noise_sd: float, rng: np.random.Generator) -> Float64Array:
    """Magnitude of a signal to which complex Gaussian noise was added (Gudbjartsson and Patz, MRM 1995;34:910-914).

    Parameters
    ----------
    signal, noise_sd, rng : see `magnitude_and_phase`
    """
    return magnitude_and_phase(signal, noise_sd, rng)[0]


def magnitude_and_phase(
    signal: npt.ArrayLike, noise_sd: float, rng: np.random.Generator
) -> tuple[Float64Array, Float64Array]:
    """Magnitude, and phase in rad from -pi to pi, of a signal to which complex Gaussian noise was added.

    Parameters
    ----------
    signal : any shape, real and signed; a global phase does not matter
    noise_sd : standard deviation of each of the two channels, in the signal's unit; 0 gives the plain magnitude
    rng : of the noise
    """
    signal = _as_float(signal)
    if noise_sd < 0:
        raise ValueError(f"noise_sd must be >= 0; found {noise_sd:g}")
    if noise_sd == 0:
        return np.abs(signal), np.where(signal < 0.0, np.pi, 0.0)
    real = signal + noise_sd * rng.standard_normal(signal.shape)
    imaginary = noise_sd * rng.standard_normal(signal.shape)
    return np.hypot(real, imaginary), np.arctan2(imaginary, real)


def _as_float(values: npt.ArrayLike) -> Float64Array:
    return np.asarray(values, dtype=np.float64)
