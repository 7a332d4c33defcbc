"""Radii along rays: of circles, off their centre, on pixels that are not square, and where there is no wall."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.evaluation.border_rays import N_PARTS, N_RAYS, Rays, rays_about

from .synthetic_hearts import CENTRE, SPACING, distances, ring


def test_a_circle_has_its_radii_in_every_direction() -> None:
    radii = Rays(CENTRE, SPACING).radii_mm(ring(22, 31))
    assert radii.shape == (2, N_RAYS, N_PARTS)
    assert radii[0] == pytest.approx(22, abs=0.15)
    assert radii[1] == pytest.approx(31, abs=0.15)


def test_pixels_that_are_not_square_change_nothing() -> None:
    spacing = (0.45, 0.6)
    rays = rays_about(ring(22, 31, spacing=spacing), spacing)
    assert rays is not None
    assert rays.centre == pytest.approx(CENTRE, abs=0.1)
    assert rays.radii_mm(ring(22, 31, spacing=spacing))[1] == pytest.approx(31, abs=0.2)
    angles = np.arctan2(np.sin(rays.directions) * 0.45, np.cos(rays.directions) * 0.6)
    assert np.diff(np.unwrap(angles.ravel())) == pytest.approx(2 * np.pi / (N_RAYS * N_PARTS))


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 5), st.floats(0, 2 * np.pi))
def test_a_circle_about_another_centre(shift_mm: float, way: float) -> None:
    rays = Rays(CENTRE, SPACING)
    moved = tuple(
        at + shift_mm / SPACING[0] * part for at, part in zip(CENTRE, (np.sin(way), np.cos(way)), strict=True)
    )
    radii = rays.radii_mm(ring(22, 31, moved))
    away = rays.directions - way
    for border, radius in enumerate((22, 31)):
        exact = shift_mm * np.cos(away) + np.sqrt(radius**2 - (shift_mm * np.sin(away)) ** 2)
        np.testing.assert_allclose(radii[border], exact, atol=0.25)


def test_what_lies_elsewhere_or_encloses_nothing_has_no_radii() -> None:
    rays = Rays(CENTRE, SPACING)
    assert np.isnan(rays.radii_mm(ring(10, 15, (40.0, 40.0)))).all()
    assert np.isnan(rays.radii_mm(np.zeros_like(ring(1, 2)))).all()
    disc = np.where(distances() < 20, 1, 0).astype(np.uint8)
    assert np.isnan(rays.radii_mm(disc)).all()
    assert rays_about(disc, SPACING) is None


def test_an_open_wall_has_no_radii_there() -> None:
    labels = ring(22, 31)
    y, x = np.indices(labels.shape)
    outflow = (np.abs(np.arctan2(y - CENTRE[0], x - CENTRE[1])) < 0.6) & (labels == 1)
    labels[outflow] = 0
    radii = Rays(CENTRE, SPACING).radii_mm(labels)
    open_rays = np.isnan(radii).any(axis=(0, 2))
    assert open_rays[[0, -1]].all()
    assert 4 <= open_rays.sum() <= 8  # 0.6 rad to either side: five rays
    assert radii[1][N_RAYS // 2] == pytest.approx(31, abs=0.5)


def test_greys_are_straightened_about_a_border() -> None:
    rays = Rays(CENTRE, SPACING)
    about = np.full((N_RAYS, N_PARTS), 20.0)
    where, greys = rays.greys(distances(), about, 25.0)
    seen = np.isfinite(greys[0])
    assert where[seen].min() == -20.0  # beyond the centre there is nothing
    np.testing.assert_allclose(
        greys[:, where >= -15], np.broadcast_to(20 + where[where >= -15], (N_RAYS, 161)), atol=0.1
    )
