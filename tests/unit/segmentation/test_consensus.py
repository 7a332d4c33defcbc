"""Rings in agreement: what one image was drawn differently from the others, its own edges take back."""

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.segmentation.border import N_ANGLES, Outline
from cmrmap.segmentation.consensus import agree
from cmrmap.segmentation.ring import Ring

ANGLES = np.arange(N_ANGLES) * 2 * np.pi / N_ANGLES
CENTRE = (40.0, 42.0)


def _image(greys: tuple[float, float, float], seed: int, inner: float = 13.0, outer: float = 21.0) -> np.ndarray:
    """Cavity, wall and surroundings of three greys; a bright neighbour, so that the shape is not a circle alone."""
    y, x = np.mgrid[:84, :84]
    radius = np.hypot(y - CENTRE[0], x - CENTRE[1])
    image = np.where(radius < inner, greys[0], np.where(radius < outer, greys[1], greys[2]))
    image = np.where((radius >= outer) & (x < 30), 0.9, image)
    noise = np.random.default_rng(seed).normal(0, 0.02, image.shape)
    return np.asarray(ndimage.gaussian_filter(image, 0.8) + noise)


def _ring(inner: float = 13.0, outer: float = 21.0, off: float = 0.0) -> Ring:
    """A ring displaced by ``off`` pixels along the columns, about the true centre."""
    return Ring(*(Outline(CENTRE, radius + off * np.cos(ANGLES)) for radius in (inner, outer)))


CONTRASTS = [(0.9, 0.4, 0.1), (0.1, 0.6, 0.05), (0.7, 0.3, 0.2), (0.2, 0.5, 0.1), (0.8, 0.5, 0.1)]
IMAGES = np.stack([_image(greys, seed) for seed, greys in enumerate(CONTRASTS)])


@pytest.mark.parametrize("wrong", [_ring(outer=22.25), _ring(inner=14.0), _ring(off=1.0), _ring(12.0, 20.0, -0.75)])
def test_the_edges_take_back_what_one_image_was_drawn_differently(wrong: Ring) -> None:
    for place in range(len(IMAGES)):
        rings: list[Ring | None] = [_ring() for _ in IMAGES]
        rings[place] = wrong
        moved = agree(rings, IMAGES)
        for index, ring in enumerate(moved):
            assert ring is not None
            for found, true in ((ring.endocardium, 13.0), (ring.epicardium, 21.0)):
                assert np.abs(found.radius - true).max() < 0.51, (place, index)


def test_a_contraction_that_is_seen_is_kept() -> None:
    sizes = [(13.0, 21.0), (13.0, 21.0), (12.0, 20.0), (13.0, 21.0), (13.0, 21.0)]
    images = np.stack([_image(g, k, *size) for k, (g, size) in enumerate(zip(CONTRASTS, sizes, strict=True))])
    for drawn in (sizes, [(13.0, 21.0)] * 5):  # drawn as it is, and drawn like the others
        moved = agree([_ring(*size) for size in drawn], images)[2]
        assert moved is not None
        assert moved.endocardium.radius.mean() == pytest.approx(12.0, abs=0.4)
        assert moved.epicardium.radius.mean() == pytest.approx(20.0, abs=0.4)


def test_what_all_images_have_in_common_is_not_touched() -> None:
    """It aligns and does not draw: outlines that are wrong in the same way in every image stay where they are."""
    moved = agree([_ring(outer=22.0) for _ in IMAGES], IMAGES)
    for ring in moved:
        assert ring is not None
        assert ring.epicardium.radius.mean() == pytest.approx(22.0, abs=0.26)


def test_without_edges_nothing_moves() -> None:
    rings = [_ring(), _ring(outer=22.0), _ring(inner=12.0)]
    moved = agree(rings, np.ones((3, 84, 84)))
    for before, after in zip(rings, moved, strict=True):
        assert after is not None
        assert np.allclose(before.endocardium.radius, after.endocardium.radius)
        assert np.allclose(before.epicardium.radius, after.epicardium.radius)


def test_two_rings_have_nothing_to_agree_with_and_missing_ones_stay_missing() -> None:
    rings = [_ring(), None, _ring(outer=23.0)]
    assert agree(rings, IMAGES[:3]) == rings
    moved = agree([_ring(), None, _ring(), _ring(), _ring()], IMAGES)
    assert [ring is None for ring in moved] == [False, True, False, False, False]


def test_the_wall_never_vanishes() -> None:
    rings = [Ring(Outline(CENTRE, np.full(N_ANGLES, 20.5)), Outline(CENTRE, np.full(N_ANGLES, 21.0))) for _ in IMAGES]
    for ring in agree(rings, IMAGES):
        assert ring is not None
        assert (ring.epicardium.radius - ring.endocardium.radius).min() > 1.0
