"""Border errors: known shifts and thickenings come out, one image decides nothing, what is lost is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.evaluation.border_errors import BorderErrors, border_errors
from cmrmap.evaluation.border_rays import N_RAYS, Rays

from .synthetic_hearts import CENTRE, MUSCLE, SPACING, distances, image, ring

N_IMAGES = 4
READER = np.stack([ring(22, 31)] * N_IMAGES)
IMAGES = np.stack([image(noise=15.0, seed=seed) for seed in range(N_IMAGES)])
MIDDLES = Rays(CENTRE, SPACING).middles


def errors(*rings: np.ndarray, images: np.ndarray = IMAGES) -> BorderErrors:
    """Of rings that are drawn on all images, or one each."""
    found = np.stack(rings * (N_IMAGES if len(rings) == 1 else 1))
    return border_errors(images, found, READER, SPACING)


def test_what_the_reader_drew_is_right() -> None:
    found = errors(ring(22, 31))
    np.testing.assert_array_equal(found.error_mm, 0)
    np.testing.assert_allclose(found.clear_error_mm, 0, atol=0.4)
    np.testing.assert_array_equal(found.beyond_mm, 0)
    np.testing.assert_array_equal(found.thickness_error_mm, 0)
    assert found.clear.all()
    assert not found.off.any()
    assert (found.n_images, found.n_missed, found.lost) == (N_IMAGES, 0, False)


@settings(max_examples=12, deadline=None)
@given(st.floats(0, 2 * np.pi))
def test_a_circle_shifted_by_two_millimetres_in_any_direction(way: float) -> None:
    moved = (CENTRE[0] + 2 / SPACING[0] * np.sin(way), CENTRE[1] + 2 / SPACING[1] * np.cos(way))
    found = errors(ring(22, 31, moved))
    for border, radius in enumerate((22, 31)):
        away = MIDDLES - way
        exact = 2 * np.cos(away) + np.sqrt(radius**2 - (2 * np.sin(away)) ** 2) - radius
        np.testing.assert_allclose(found.error_mm[border], exact, atol=0.25)
        np.testing.assert_allclose(found.clear_error_mm[border], exact, atol=0.6)
    np.testing.assert_allclose(found.thickness_error_mm, 0, atol=0.3)
    assert not found.off.any()


@pytest.mark.parametrize(("inner", "outer"), [(22, 32), (21, 31), (21.5, 31.5)])
def test_a_wall_thicker_by_one_millimetre(inner: float, outer: float) -> None:
    found = errors(ring(inner, outer))
    np.testing.assert_allclose(found.thickness_error_mm, 1, atol=0.25)
    np.testing.assert_allclose(found.error_mm[0], inner - 22, atol=0.2)
    np.testing.assert_allclose(found.error_mm[1], outer - 31, atol=0.2)


@settings(max_examples=8, deadline=None)
@given(st.integers(1, 3), st.floats(-3, 3))
def test_turning_everything_turns_the_errors(quarters: int, right: float) -> None:
    shift = (CENTRE[0], CENTRE[1] + right)
    before = errors(ring(20, 33, shift))
    turned = [
        np.rot90(one, quarters, axes=(1, 2)) for one in (IMAGES, np.stack([ring(20, 33, shift)] * N_IMAGES), READER)
    ]
    after = border_errors(*turned, SPACING)
    for name in ("error_mm", "clear_error_mm", "thickness_error_mm"):
        # a quarter turn towards -row is six rays back
        back = np.roll(getattr(before, name), -quarters * N_RAYS // 4, axis=-1)
        np.testing.assert_allclose(getattr(after, name), back, atol=1e-6)


def test_four_millimetres_across_clear_blood_or_lung_are_off() -> None:
    found = errors(ring(18, 35))
    np.testing.assert_allclose(found.beyond_mm[0], -4, atol=0.5)
    np.testing.assert_allclose(found.beyond_mm[1], 4, atol=0.5)
    assert found.off.all()
    assert not found.on_other_edge.any()


def test_between_the_edge_and_the_reader_nothing_is_wrong() -> None:
    # the image shows its border 2.5 mm outside what the reader drew; ours lies between
    images = np.stack([image(24.5, 33.5, noise=15.0, seed=seed) for seed in range(N_IMAGES)])
    found = errors(ring(23.5, 32.5), images=images)
    np.testing.assert_allclose(found.error_mm, 1.5, atol=0.2)
    np.testing.assert_allclose(found.clear_error_mm, -1, atol=0.5)
    np.testing.assert_allclose(found.beyond_mm, 0, atol=1e-9)


def test_where_blood_and_muscle_have_one_grey_no_border_is_clear() -> None:
    grey = np.stack([image(greys=(MUSCLE, MUSCLE, 60.0), noise=15.0, seed=seed) for seed in range(N_IMAGES)])
    found = errors(ring(17, 31), images=grey)
    np.testing.assert_allclose(found.error_mm[0], -5, atol=0.2)
    assert not found.clear[0].any()
    assert np.isnan(found.clear_error_mm[0]).all()
    assert not found.off[0].any()
    mixed = np.concatenate([IMAGES[:2], grey[:2]])  # two images are too few to judge by
    assert not errors(ring(17, 31), images=mixed).clear[0].any()
    assert errors(ring(17, 31), images=np.concatenate([IMAGES[:3], grey[:1]])).clear[0].all()


def test_a_border_on_another_edge_is_told() -> None:
    images = IMAGES.copy()
    images[:, (distances() > 12) & (distances() < 17)] = MUSCLE  # a trabecula in the cavity
    found = errors(ring(12, 31), images=images)
    assert found.off[0].all()
    assert found.on_other_edge[0].all()
    assert not found.on_other_edge[1].any()


def test_one_image_decides_nothing_and_what_is_elsewhere_is_lost() -> None:
    right, far = ring(22, 31), ring(5, 9, (20.0, 20.0))
    one = errors(right, right, right, ring(12, 40))
    np.testing.assert_array_equal(one.error_mm, 0)
    missed = errors(right, right, right, far)
    assert (missed.n_missed, missed.lost) == (1, False)
    np.testing.assert_array_equal(missed.error_mm, 0)
    lost = errors(right, far, far, np.zeros_like(far))
    assert (lost.n_missed, lost.lost) == (3, True)
    nowhere = errors(far)
    assert nowhere.lost
    assert np.isnan(nowhere.error_mm).all()
    assert not nowhere.off.any()
    nobody = border_errors(IMAGES, READER, np.zeros_like(READER), SPACING)
    assert (nobody.n_images, nobody.lost) == (0, False)
