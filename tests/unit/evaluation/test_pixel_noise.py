"""Noise from the image alone: white, interpolated, beside edges; none where there is none."""

import numpy as np
import pytest

from cmrmap.evaluation.pixel_noise import noise_sd

from .synthetic_hearts import SHAPE, image

EVERYWHERE = np.ones(SHAPE, dtype=np.bool_)


@pytest.mark.parametrize("sd", [5.0, 40.0])
def test_white_noise_of_a_heart_is_found(sd: float) -> None:
    assert noise_sd(image(noise=sd), EVERYWHERE) == pytest.approx(sd, rel=0.15)


def test_noise_of_a_twofold_interpolated_image_is_found() -> None:
    rng = np.random.default_rng(0)
    small = rng.normal(0, 10, (80, 80))
    padded = np.fft.ifft2(np.fft.ifftshift(np.pad(np.fft.fftshift(np.fft.fft2(small)), 40))).real * 4
    assert padded.std() == pytest.approx(10, rel=0.1)
    assert noise_sd(padded, np.ones(padded.shape, dtype=np.bool_)) == pytest.approx(10, rel=0.1)


def test_slopes_are_no_noise() -> None:
    y, x = np.indices(EVERYWHERE.shape)
    assert noise_sd(3.0 * y - 2.0 * x, EVERYWHERE) == pytest.approx(0, abs=1e-9)


def test_only_pixels_within_count() -> None:
    half = EVERYWHERE.copy()
    half[:, :80] = False
    noisy = np.random.default_rng(0).normal(0, 5, half.shape)
    noisy[:, :74] *= 20
    assert noise_sd(noisy, half) == pytest.approx(5, rel=0.1)
    assert np.isnan(noise_sd(noisy, np.zeros_like(half)))
