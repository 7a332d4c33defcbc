"""Clear edges: where they are and where there are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cmrmap.evaluation.border_rays import N_PARTS, N_RAYS, Rays
from cmrmap.evaluation.clear_edges import clear_edges

from .synthetic_hearts import BLOOD, CENTRE, LUNG, MUSCLE, SPACING, distances, image, ring

LABELS = ring(22, 31)
RAYS = Rays(CENTRE, SPACING)


def at(inner_mm: float = 22.0, outer_mm: float = 31.0) -> np.ndarray:
    """Borders to look beside."""
    return np.broadcast_to(np.array([inner_mm, outer_mm])[:, None, None], (2, N_RAYS, N_PARTS)).copy()


def test_edges_are_found_where_they_are() -> None:
    found = clear_edges(image(noise=20.0), LABELS, RAYS, at())
    np.testing.assert_allclose(found, 0, atol=0.55)
    assert np.abs(found.mean(axis=1)) == pytest.approx(0, abs=0.15)


@settings(max_examples=15, deadline=None)
@given(st.floats(-2.5, 2.5), st.floats(-2.5, 2.5))
def test_an_outline_beside_the_edges_is_told_how_far(inner: float, outer: float) -> None:
    found = clear_edges(image(), LABELS, RAYS, at(22 + inner, 31 + outer))
    np.testing.assert_allclose(found[0], -inner, atol=0.3)
    np.testing.assert_allclose(found[1], -outer, atol=0.3)


def test_an_edge_beyond_reach_is_not_the_border_that_was_meant() -> None:
    found = clear_edges(image(), LABELS, RAYS, at(18.0, 35.0))
    assert np.isnan(found).all()


def test_borders_without_contrast_are_not_clear() -> None:
    same = image(greys=(MUSCLE, MUSCLE, LUNG), noise=20.0)
    found = clear_edges(same, LABELS, RAYS, at())
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()
    almost = image(greys=(MUSCLE * 1.12, MUSCLE, LUNG))  # plain, but no more than shading
    assert np.isnan(clear_edges(almost, LABELS, RAYS, at())[0]).all()


def test_contrast_within_the_noise_is_not_clear() -> None:
    found = clear_edges(image(greys=(600.0, 400.0, 200.0), noise=400.0), LABELS, RAYS, at())
    assert np.isfinite(found).mean() < 0.05


@pytest.mark.parametrize("interpolated", [False, True])
def test_noise_alone_hardly_ever_makes_an_edge(interpolated: bool) -> None:
    rng = np.random.default_rng(1)
    found = []
    for _ in range(20):
        noise = rng.normal(0, 60, LABELS.shape)
        if interpolated:
            small = rng.normal(0, 60, (95, 100))
            noise = np.fft.ifft2(
                np.fft.ifftshift(np.pad(np.fft.fftshift(np.fft.fft2(small)), ((47, 48), (50, 50))))
            ).real
            noise *= noise.size / small.size
        found.append(np.isfinite(clear_edges(300 + noise, LABELS, RAYS, at())))
    assert np.mean(found) < 0.01


def test_an_endocardial_edge_goes_the_way_of_blood_and_muscle() -> None:
    # a papillary muscle's far side goes from muscle to blood: another sense than the wall's
    picture = image()
    radius = distances()
    picture[(radius > 19.5) & (radius < 21)] = 0.0
    found = clear_edges(picture, LABELS, RAYS, at(21.5))
    assert (found[0] < 0).all()  # the papillary muscle's near side goes as the wall does, and is nearer than ...
    upside_down = clear_edges(BLOOD + MUSCLE - picture, LABELS, RAYS, at(21.5))
    np.testing.assert_allclose(upside_down[0], found[0], atol=1e-9)  # ... and contrast may be inverted


def test_either_edge_of_a_thin_wall_belongs_to_its_own_border() -> None:
    thin = image(22.0, 26.0)
    found = clear_edges(thin, ring(22, 26), RAYS, at(22.5, 25.0))
    np.testing.assert_allclose(found[0], -0.5, atol=0.3)
    np.testing.assert_allclose(found[1], 1.0, atol=0.35)


def test_an_edge_that_one_twice_as_strong_hides_is_none() -> None:
    picture = image(greys=(BLOOD, MUSCLE, 600.0))  # a thin layer, then something much brighter
    picture[distances() > 33.5] = 2500.0
    found = clear_edges(picture, LABELS, RAYS, at())
    np.testing.assert_allclose(found[1], 2.5, atol=0.5)


def test_a_small_ventricle_borrows_from_its_neighbours() -> None:
    picture = image(7.0, 20.0, (800.0, 400.0, 60.0), noise=40.0)
    assert np.isfinite(clear_edges(picture, ring(7, 20), RAYS, at(7.0, 20.0))).mean() > 0.9


def test_coils_do_not_hide_an_edge() -> None:
    y, _ = np.indices(LABELS.shape)
    shaded = image(noise=10.0) * (0.5 + y / len(y))
    assert np.isfinite(clear_edges(ndimage.gaussian_filter(shaded, 0.7), LABELS, RAYS, at())).all()
