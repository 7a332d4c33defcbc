"""Shifts by regions: found without outlines in common, none where nothing is gained."""

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.segmentation.region_match import match_regions

ALL = np.ones(6, dtype=np.bool_)


def _slice(shift: tuple[float, float], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Six images with blood, wall, lung and liver; in the last, blood and wall have one grey and all is shifted."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:80, :80].astype(float)
    blood = np.hypot(y - 40, x - 40) < 12
    wall = (np.hypot(y - 40, x - 40) < 18) & ~blood
    liver = y > 62 + 0.1 * x
    images = []
    for _ in range(5):
        grey = rng.uniform(0.2, 2.0, 3)
        images.append(blood * grey[0] + wall * grey[1] + liver * grey[2])
    last = (blood | wall) * 0.4 + liver * 1.5
    images.append(ndimage.shift(last, shift, order=1, mode="nearest"))
    stack = np.stack([ndimage.gaussian_filter(image, 0.8) for image in images])
    region = ndimage.binary_dilation(blood | wall, iterations=8)
    return (stack + rng.normal(0, 0.05, stack.shape)).astype(np.float32), region


@pytest.mark.parametrize("shift", [(3.0, 0.0), (-2.0, 2.5), (1.0, -4.0)])
def test_an_image_without_inner_border_finds_its_place(shift: tuple[float, float]) -> None:
    found = match_regions(*_slice(shift), 5, ALL)
    assert found[-1] == pytest.approx(shift, abs=0.5)
    assert np.abs(found[:-1]).max() < 0.6


def test_what_lies_right_stays() -> None:
    assert np.abs(match_regions(*_slice((0.0, 0.0)), 5, ALL)).max() < 0.5


def test_too_few_images_or_pixels_say_nothing() -> None:
    images, region = _slice((3.0, 0.0))
    assert not match_regions(images[-3:], region, 5, ALL[:3]).any()
    assert not match_regions(images, np.zeros_like(region), 5, ALL).any()


def test_constant_images_stay() -> None:
    images, region = _slice((0.0, 0.0))
    images[2] = 0.0
    assert not match_regions(images, region, 5, ALL)[2].any()


def test_only_doubtful_images_are_placed() -> None:
    images, region = _slice((3.0, 0.0))
    images[0] = np.roll(images[0], 3, axis=0)
    found = match_regions(images, region, 5, np.arange(6) == 5)
    assert not found[:5].any()
    assert found[5] == pytest.approx((3.0, 0.0), abs=0.6)
