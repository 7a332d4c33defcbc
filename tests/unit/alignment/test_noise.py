"""Noise through resampling and fit, against Monte Carlo."""

import numpy as np
import pytest

from cmrmap.alignment import (
    cartesian_weights,
    interpolate,
    region_noise_gain,
    region_weights,
    sample_noise_factor,
    to_polar,
)
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind

SHAPE = (88, 88)
TRIALS = 1500


@pytest.fixture(scope="module")
def trials(ring):
    """Polar stack of two moved images, and the samples of many draws of unit noise: (trial, time, angle, depth)."""
    labels = np.stack([ring(), ring(row=43.1, column=40.2, inner=10)])
    rng = np.random.default_rng(1)
    usable = np.ones((1, 2), bool)
    stack = to_polar(np.zeros((1, 2, *SHAPE)), labels[None], usable, MapKind.T2, n_angles=96, n_depths=8)
    samples = np.empty((TRIALS, 2, 96, 8))
    for k in range(0, TRIALS, 100):
        # A hundred draws at once: one "slice" each.
        many = rng.normal(size=(100, 2, *SHAPE))
        drawn = to_polar(
            many, np.repeat(labels[None], 100, 0), np.ones((100, 2), bool), MapKind.T2, n_angles=96, n_depths=8
        )
        samples[k : k + 100] = drawn.signals
    return stack, samples


def test_sample_noise_factor_is_the_variance_of_a_sample(trials):
    stack, samples = trials
    factor = sample_noise_factor(stack)[0]
    assert ((factor >= 0.25) & (factor <= 1.0)).all()
    ratio = samples.var(axis=0) / factor
    assert ratio.mean() == pytest.approx(1.0, abs=0.01)
    assert ratio.std() == pytest.approx(np.sqrt(2 / TRIALS), rel=0.15)


@pytest.mark.parametrize("part", ["all", "sixth", "few"])
def test_region_noise_gain_agrees_with_monte_carlo(trials, part):
    stack, samples = trials
    rng = np.random.default_rng(2)
    sensitivity = rng.normal(1.0, 0.3, (1, 2, 96, 8)) * np.array([1.0, -0.5])[None, :, None, None]
    values = np.einsum("ktad,tad->kad", samples, sensitivity[0])
    weights = cartesian_weights(stack, np.array([0]), SHAPE)
    region = np.zeros((1, *SHAPE), bool)
    region[{"all": np.s_[:], "sixth": np.s_[:, 45:, 45:], "few": np.s_[:, 40:42, 57:60]}[part]] = True
    a = region_weights(weights, region, np.ones((1, 96, 8)))
    gain = region_noise_gain(stack, sensitivity, a, SHAPE)
    means = (values * a[0]).sum(axis=(1, 2))
    # The Monte Carlo's own error of an SD is 1 / sqrt(2 n) = 1.8 %; three per cent hold for this seed.
    assert gain[0] == pytest.approx(means.std(), rel=0.03)
    one = np.nanmean(interpolate(values[:1], weights)[region])
    assert one == pytest.approx(means[0])


def test_counting_the_correlation_matters(trials):
    stack, _ = trials
    weights = cartesian_weights(stack, np.array([0]), SHAPE)
    a = region_weights(weights, np.ones((1, *SHAPE), bool), np.ones((1, 96, 8)))
    gain = region_noise_gain(stack, np.ones((1, 2, 96, 8)), a, SHAPE)[0]
    naive = np.sqrt((a[:, None] ** 2 * sample_noise_factor(stack)).sum())
    assert gain > 1.2 * naive


def test_slices_add_up_and_empty_ones_are_zero(ring):
    labels = np.stack([ring(), ring()])[:, None]
    stack = to_polar(np.zeros(labels.shape), labels, np.ones((2, 1), bool), MapKind.T2)
    sensitivity = np.ones(stack.signals.shape)
    weights = cartesian_weights(stack, np.array([0, 0]), SHAPE)
    one, both = np.zeros((2, *SHAPE), bool), np.ones((2, *SHAPE), bool)
    one[0] = True
    values = np.ones((2, 128, 12))
    alone = region_noise_gain(stack, sensitivity, region_weights(weights, one, values), SHAPE)
    together = region_noise_gain(stack, sensitivity, region_weights(weights, both, values), SHAPE)
    assert alone[1] == 0
    np.testing.assert_allclose(together, alone[0] / 2)


def test_images_that_are_not_usable_do_not_count_and_lost_sensitivity_shows(ring):
    labels = np.stack([ring(), ring()])[None]
    stack = to_polar(np.zeros(labels.shape), labels, np.array([[True, False]]), MapKind.T2)
    weights = cartesian_weights(stack, np.array([0]), SHAPE)
    a = region_weights(weights, np.ones((1, *SHAPE), bool), np.ones((1, 128, 12)))
    sensitivity = np.ones(stack.signals.shape)
    expected = region_noise_gain(stack, sensitivity, a, SHAPE)
    sensitivity[0, 1] = np.nan
    np.testing.assert_array_equal(region_noise_gain(stack, sensitivity, a, SHAPE), expected)
    sensitivity[0, 0, 3, 3] = np.nan
    assert np.isnan(region_noise_gain(stack, sensitivity, a, SHAPE)).all()


def test_shapes_must_fit(ring):
    labels = ring()[None, None]
    stack = to_polar(np.zeros(labels.shape), labels, np.ones((1, 1), bool), MapKind.T2)
    with pytest.raises(InputError, match="must lie on the polar grid"):
        region_noise_gain(stack, np.ones((1, 1, 4, 4)), np.ones((1, 128, 12)), SHAPE)
