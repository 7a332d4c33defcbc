"""Signs from phase: restored where the phases agree, refused with the reason where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.dicom.loading.phase_signs import phase_sensitive
from cmrmap.relaxometry import fit_relaxation

TIMES = np.array([193.0, 350.0, 1090.0, 1218.0, 1959.0, 2846.0, 30000.0])
SIZE = 48
SPACING = (1.2, 1.2)


def _slice(rng, sigma=0.0, drift=0.0):
    """Signed truth (time, row, column), magnitude and phase with a background that varies over the image."""
    rows, columns = np.mgrid[:SIZE, :SIZE] / SIZE
    t1 = 900.0 + 600.0 * columns
    truth = 100.0 * (1.0 - 2.0 * np.exp(-TIMES[:, None, None] / t1))
    background = 1.5 * np.sin(3.0 * rows) + 2.5 * columns + drift * np.arange(TIMES.size)[:, None, None]
    signal = truth * np.exp(1j * background)
    signal = signal + sigma * (rng.normal(size=signal.shape) + 1j * rng.normal(size=signal.shape))
    return truth, np.abs(signal), np.angle(signal)


@pytest.mark.parametrize("drift", [0.0, 0.1, -0.1])
def test_signed_images_are_the_truth(drift) -> None:
    truth, magnitude, phase = _slice(np.random.default_rng(0), drift=drift)
    found = phase_sensitive(magnitude, phase, TIMES, SPACING)
    assert found.reason == ""
    np.testing.assert_allclose(found.images, truth, rtol=0.01, atol=0.5)


def test_noise_of_signed_images_is_gaussian_at_the_null() -> None:
    truth, magnitude, phase = _slice(np.random.default_rng(0), sigma=5.0)
    error = phase_sensitive(magnitude, phase, TIMES, SPACING).images - truth
    near = np.abs(truth) < 10
    assert error[near].mean() == pytest.approx(0.0, abs=0.5)
    assert error[near].std() == pytest.approx(5.0, rel=0.05)


def test_t1_of_signed_images_has_neither_bias_nor_ambiguity_at_the_null() -> None:
    rng = np.random.default_rng(0)
    truth = np.broadcast_to(100.0 * (1.0 - 2.0 * np.exp(-TIMES / 505.0))[:, None, None], (TIMES.size, SIZE, SIZE))
    signal = truth + 5.0 * (rng.normal(size=truth.shape) + 1j * rng.normal(size=truth.shape))
    signed = phase_sensitive(np.abs(signal), np.angle(signal), TIMES, SPACING).images.reshape(TIMES.size, -1).T
    fit = fit_relaxation(signed, TIMES, "stone_2p", magnitude=False)
    plain = fit_relaxation(np.abs(signal).reshape(TIMES.size, -1).T, TIMES, "stone_2p")
    assert fit.t_ms.mean() == pytest.approx(505.0, abs=2.0)
    assert (fit.status == 0).all()
    assert plain.t_ms.std() > 1.2 * fit.t_ms.std()


@pytest.mark.parametrize("spacing", [(1.0, 1.0), (1.4, 1.4), (2.1, 2.1), (2.1, 1.0)])
@pytest.mark.parametrize(("inner_mm", "fat_mm"), [(12.0, 6.0), (22.0, 7.0)])
def test_fat_of_opposed_phase_does_not_turn_the_wall_beside_it_over(inner_mm, fat_mm, spacing) -> None:
    """A thin wall between blood and a layer of bright fat, whose signal is opposed to water's in balanced readouts.

    The size of the heart is in mm: how finely it is sampled makes no difference.
    """
    field_mm = 100.0
    rows, columns = (np.arange(round(field_mm / one)) * one for one in spacing)
    rows, columns = np.meshgrid(rows, columns, indexing="ij")
    radius = np.hypot(rows - field_mm / 2, columns - field_mm / 2)
    outer_mm = inner_mm + 6.0
    blood, fat = radius < inner_mm, (radius >= outer_mm) & (radius < outer_mm + fat_mm)
    wall = (radius >= inner_mm) & (radius < outer_mm)
    t1 = np.where(blood, 1500.0, np.where(wall, 1150.0, 340.0))
    size = np.where(blood, 80.0, np.where(wall, 60.0, np.where(fat, -110.0, 0.0)))
    truth = size * (1.0 - 2.0 * np.exp(-TIMES[:, None, None] / t1))
    signal = truth * np.exp(1j * (0.8 + 0.02 * rows - 0.013 * columns))
    found = phase_sensitive(np.abs(signal), np.angle(signal), TIMES, spacing)
    assert found.reason == ""
    np.testing.assert_allclose(found.images[:, wall], truth[:, wall], rtol=0.02, atol=2.0)
    np.testing.assert_allclose(found.images[:, blood], truth[:, blood], rtol=0.02, atol=2.0)


def test_lost_images_stay_lost() -> None:
    _, magnitude, phase = _slice(np.random.default_rng(0))
    times = TIMES.copy()
    magnitude[2], phase[2], times[2] = np.nan, np.nan, np.nan
    found = phase_sensitive(magnitude, phase, times, SPACING).images
    assert np.isnan(found[2]).all()
    assert np.isfinite(np.delete(found, 2, axis=0)).all()


def test_an_image_without_phase_is_a_reason() -> None:
    _, magnitude, phase = _slice(np.random.default_rng(0))
    phase[3] = np.nan
    found = phase_sensitive(magnitude, phase, TIMES, SPACING)
    assert found.images is None
    assert found.reason == "1 of 7 images have no phase beside them"


def test_phases_without_order_are_a_reason() -> None:
    rng = np.random.default_rng(0)
    _, magnitude, phase = _slice(rng)
    phase[1] = rng.uniform(-np.pi, np.pi, phase[1].shape)
    assert "do not lie on one axis" in phase_sensitive(magnitude, phase, TIMES, SPACING).reason


def test_a_large_drift_is_a_reason() -> None:
    _, magnitude, phase = _slice(np.random.default_rng(0))
    phase[1] += np.deg2rad(80)
    assert "drifts by 80 degrees" in phase_sensitive(magnitude, phase, TIMES, SPACING).reason
