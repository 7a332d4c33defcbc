"""Shifts between the images of a slice: found where outlines tell, left at zero where they do not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.segmentation.motion import MAX_SHIFT_MM, estimate_shifts, outline_correlation

SIZE = 96


def _heart(down: float, right: float, wall: float, blood: float, outside: float = 0.1) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE]
    radius = np.hypot(y - SIZE / 2 - down, x - SIZE / 2 - right)
    beside = np.hypot(y - SIZE / 2 - down - 6, x - SIZE / 2 - right + 26) < 16
    image = np.where(radius < 12, blood, np.where(radius < 20, wall, np.where(beside, 0.8 * blood, outside)))
    noise = np.random.default_rng(int(100 * wall + 10 * blood)).normal(0, 0.02, image.shape)
    return (image + noise).astype(np.float32)


@settings(max_examples=15)
@given(st.integers(-12, 12), st.integers(-12, 12))
def test_one_moved_image_among_others_of_other_contrast(down: int, right: int) -> None:
    images = np.stack(
        [_heart(0, 0, 0.4, 0.9), _heart(0, 0, 0.5, 0.3), _heart(down, right, 0.3, 1.0), _heart(0, 0, 0.6, 0.8)]
    )
    shifts = estimate_shifts(images, 1.25)
    assert np.abs(shifts[[0, 1, 3]]).max() <= 1
    assert np.abs(shifts[2] - (down, right)).max() <= 2


def test_inverted_contrast_keeps_its_place() -> None:
    bright, dark = _heart(0, 0, 0.4, 0.9), 1 - _heart(0, 0, 0.4, 0.9)
    assert np.abs(estimate_shifts(np.stack([bright, dark, bright]), 1.25)).max() <= 1


def test_noise_alone_moves_nothing() -> None:
    noise = np.random.default_rng(4).normal(size=(1, SIZE, SIZE)).astype(np.float32)
    images = np.concatenate([np.stack([_heart(0, 0, 0.4, 0.9)] * 3), noise])
    assert np.abs(estimate_shifts(images, 1.25)).max() < 0.1


@pytest.mark.parametrize("n_images", [1, 2])
def test_one_or_constant_images_stay(n_images: int) -> None:
    assert not estimate_shifts(np.zeros((n_images, SIZE, SIZE), np.float32), 1.25).any()


def test_no_shift_beyond_what_a_breath_moves() -> None:
    images = np.stack([_heart(0, 0, 0.4, 0.9), _heart(0, 0, 0.4, 0.9), _heart(30, 0, 0.4, 0.9)])
    assert np.abs(estimate_shifts(images, 2.0)).max() <= MAX_SHIFT_MM / 2.0 + 1


def test_correlation_tells_the_images_whose_outlines_lie_elsewhere() -> None:
    noise = np.random.default_rng(4).normal(size=(SIZE, SIZE)).astype(np.float32)
    same = [_heart(0, 0, 0.4, 0.9), _heart(0, 0, 0.5, 0.3), 1 - _heart(0, 0, 0.4, 0.9)]
    images = np.stack([*same, _heart(7, 0, 0.4, 0.9), noise, np.zeros_like(noise)])
    found = outline_correlation(images, np.ones((SIZE, SIZE)))
    assert found[:3].min() > 0.6
    assert found[3] < 0.45
    assert abs(found[4]) < 0.15
    assert found[5] == 0
