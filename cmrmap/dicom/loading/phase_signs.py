"""The sign of inversion-recovery images from their phase: phase-sensitive reconstruction against the recovered image.

Coils, field and flow give every place a phase of its own, the same in all images of a slice; inversion turns it by pi.
With the phase of the image of the longest time, in which everything has recovered, taken out, the real part is the
signed signal, and its noise is Gaussian where that of a magnitude is not (Kellman et al., Magn Reson Med
2002;47:372-383).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, FloatArray

_SMOOTHING_MM = 2.4  # SD: the background varies over centimetres, the noise from pixel to pixel
_WIDE_MM = 14.4  # SD: fat beside the wall is thinner than this, wall and blood together are not
_BRIGHT = 0.25  # of the recovered image's 99th percentile: pixels whose phase means something
_LARGEST_DISORDER = 0.1  # share of an image's power across the axis; 0.5 is no order at all
_DISORDER_OF_RECOVERED = 0.01  # of the recovered image's power, always allowed: noise, in an image near the null
_ORDERED = 0.5  # |sum of squares| over power from which an image's phase is told by it
_LARGEST_DRIFT_RAD = np.deg2rad(60.0)


@dataclass(frozen=True, slots=True)
class SignedImages:
    """Signed images of one slice, or why there are none.

    Attributes
    ----------
    images : (time, row, column) float64; None where the phase cannot be used
    reason : why not; "" where it can
    """

    images: Float64Array | None
    reason: str = ""


def phase_sensitive(
    magnitude: FloatArray, phase_rad: FloatArray, times_ms: Float64Array, spacing_mm: tuple[float, float]
) -> SignedImages:
    """Restore the sign of inversion-recovery magnitudes.

    A phase that drifts from image to image, the same everywhere, is found by doubling the angle, which takes the sign
    out, and removed.

    Parameters
    ----------
    magnitude, phase_rad : (time, row, column); NaN where there is no image
    times_ms : (time,) NaN where there is no image, infinity allowed; the longest is the recovered image
    spacing_mm : between rows and between columns

    Returns
    -------
    SignedImages
        None with the reason where an image has no phase, where the phases of an image do not lie on one axis, or where
        they have turned by more than 60 degrees: a guessed sign is worse than none.
    """
    present = np.flatnonzero(~np.isnan(times_ms))
    known = np.isfinite(phase_rad[present]).all(axis=(1, 2))
    if not known.all():
        return SignedImages(None, f"{np.count_nonzero(~known)} of {known.size} images have no phase beside them")
    size = np.asarray(magnitude[present], np.float64)
    signal = size * np.exp(1j * np.asarray(phase_rad[present], np.float64))
    recovered = int(np.argmax(times_ms[present]))
    turned = signal * np.conj(_background(signal[recovered], spacing_mm))
    bright = size[recovered] > _BRIGHT * np.quantile(size[recovered], 0.99)
    power = (size[:, bright] ** 2).sum(axis=1)
    doubled = (turned[:, bright] ** 2).sum(axis=1)
    ordered = np.abs(doubled) > _ORDERED * power  # an image in the null has no phase of its own, and needs none
    drift = np.where(ordered, np.angle(doubled) / 2.0, 0.0)
    turned = turned * np.exp(-1j * drift)[:, None, None]
    signed, across = turned.real, (turned.imag[:, bright] ** 2).sum(axis=1)
    excess = (across - _DISORDER_OF_RECOVERED * power[recovered]) / np.maximum(power, np.finfo(np.float64).tiny)
    if excess.max() > _LARGEST_DISORDER:
        return SignedImages(
            None,
            f"the phases of an image do not lie on one axis: {excess.max():.0%} of its signal lies across, "
            f"{_LARGEST_DISORDER:.0%} are allowed",
        )
    if np.abs(drift).max() > _LARGEST_DRIFT_RAD:
        return SignedImages(None, f"the phase drifts by {np.rad2deg(np.abs(drift).max()):.0f} degrees between images")
    out = np.full(magnitude.shape, np.nan)
    out[present] = signed
    return SignedImages(out)


def _background(
    recovered: np.ndarray[tuple[int, ...], np.dtype[np.complex128]], spacing_mm: tuple[float, float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    """Phase factor of coils and field, (row, column).

    The recovered image has it but for its sign: in balanced readouts fat is opposed to water (Hargreaves et al., Magn
    Reson Med 2003;50:210-213), and a mean over both would turn the wall beside fat over. So the axis is found with the
    angle doubled, which takes the sign out, and its direction by what lies about it, which is mostly water.
    """
    size = np.abs(recovered)
    doubled = _smoothed(recovered**2 / np.where(size > 0, size, 1.0), _SMOOTHING_MM, spacing_mm)
    axis = np.exp(0.5j * np.angle(doubled))
    along = (axis * np.conj(_smoothed(recovered, _WIDE_MM, spacing_mm))).real
    return np.asarray(np.where(along < 0, -axis, axis), np.complex128)


def _smoothed(
    image: np.ndarray[tuple[int, ...], np.dtype[np.complex128]], sd_mm: float, spacing_mm: tuple[float, float]
) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
    sd_px = [sd_mm / spacing for spacing in spacing_mm]
    real, imaginary = (ndimage.gaussian_filter(part, sd_px, mode="nearest") for part in (image.real, image.imag))
    return np.asarray(real + 1j * imaginary, np.complex128)
