"""Back to pixels: round trips, NaN, codes, and the weight of every cell in a region's mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.alignment import (
    cartesian_weights,
    from_polar,
    from_polar_nearest,
    interpolate,
    region_weights,
    to_polar,
)
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import FitStatus

SHAPE = (88, 88)


@pytest.fixture
def stack(ring):
    labels = np.stack([ring(), ring(row=44)])[None]
    return to_polar(np.zeros(labels.shape), labels, np.ones((1, 2), bool), MapKind.T2)


@settings(max_examples=20, deadline=None)
@given(
    slope=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    centre=st.tuples(st.floats(36, 50), st.floats(36, 50)),
    inner=st.floats(6, 14),
    wall=st.floats(5, 12),
)
def test_a_linear_field_comes_back(ring, slope, centre, inner, wall):
    y, x = np.mgrid[:88, :88]
    field = 50 + slope[0] * y + slope[1] * x
    labels = ring(*centre, inner, inner + wall)
    polar = to_polar(field[None, None], labels[None, None], np.ones((1, 1), bool), MapKind.T2)
    back = from_polar(polar.signals[:, 0], polar, np.array([0]), SHAPE)[0]
    radius = np.hypot(y - centre[0], x - centre[1])
    inside = (radius > inner + 1) & (radius < inner + wall - 1)
    # Angle cells of 2.8 degrees cut the corner of a circle by less than 0.02 pixels.
    np.testing.assert_allclose(back[inside], field[inside], atol=0.03 * (1 + np.hypot(*slope)))
    assert np.isnan(back[(radius < inner - 1) | (radius > inner + wall + 1)]).all()


def test_within_gives_every_pixel_of_the_wall_a_value(ring, stack):
    wall = (ring() == Label.MYOCARDIUM)[None]
    back = from_polar(np.full((1, 128, 12), 7.0), stack, np.array([0]), SHAPE, within=wall)
    np.testing.assert_array_equal(np.isfinite(back), wall)
    np.testing.assert_allclose(back[wall], 7.0)


def test_the_wall_is_the_reference_images(stack):
    values = np.ones((1, 128, 12))
    rows = [np.nonzero(np.isfinite(from_polar(values, stack, np.array([t]), SHAPE)[0]))[0].mean() for t in (0, 1)]
    assert rows == pytest.approx([40.3, 44.0], abs=0.2)


def test_the_seam_of_the_angle_is_invisible(stack):
    values = np.cos(stack.angles_rad)[None, :, None] * np.ones((1, 1, 12))
    back = from_polar(values, stack, np.array([0]), SHAPE)[0]
    y, x = np.nonzero(np.isfinite(back))
    expected = np.cos(np.arctan2(y - stack.centres[0, 0, 0], x - stack.centres[0, 0, 1]))
    np.testing.assert_allclose(back[y, x], expected, atol=1e-3)


def test_nan_cells_are_left_out_of_their_neighbours_mean(stack):
    values = np.full((1, 128, 12), 5.0)
    values[0, 20] = np.nan
    back = from_polar(values, stack, np.array([0]), SHAPE)[0]
    whole = from_polar(np.ones((1, 128, 12)), stack, np.array([0]), SHAPE)[0]
    lost = np.isfinite(whole) & np.isnan(back)
    assert 0 < np.count_nonzero(lost) < 20
    y, x = np.nonzero(lost)
    angle = np.mod(np.arctan2(y - stack.centres[0, 0, 0], x - stack.centres[0, 0, 1]), 2 * np.pi)
    assert np.abs(angle - stack.angles_rad[20]).max() <= 2 * np.pi / 128 / 2 + 1e-9
    np.testing.assert_allclose(back[np.isfinite(back)], 5.0)


def test_codes_come_back_by_the_nearest_cell(stack):
    codes = np.full((1, 128, 12), FitStatus.OK, np.uint8)
    codes[0, :, 6:] = FitStatus.EDGE_OF_RANGE
    back = from_polar_nearest(codes, stack, np.array([0]), SHAPE, FitStatus.NOT_FITTED)[0]
    y, x = np.mgrid[:88, :88]
    radius = np.hypot(y - 40.3, x - 43.6)
    assert (back[(radius > 12.5) & (radius < 15.5)] == FitStatus.OK).all()
    assert (back[(radius > 16.5) & (radius < 19.5)] == FitStatus.EDGE_OF_RANGE).all()
    assert (back[radius > 21] == FitStatus.NOT_FITTED).all()


def test_a_refused_slice_stays_empty(stack):
    assert np.isnan(from_polar(np.ones((1, 128, 12)), stack, np.array([-1]), SHAPE)).all()
    codes = from_polar_nearest(np.zeros((1, 128, 12), np.uint8), stack, np.array([-1]), SHAPE, 255)
    assert (codes == 255).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), holes=st.booleans())
def test_region_weights_reproduce_the_mean_of_the_pixels(ring, seed, holes):
    rng = np.random.default_rng(seed)
    labels = np.stack([ring(), ring(row=45, inner=8)])[:, None]
    stack = to_polar(np.zeros(labels.shape), labels, np.ones((2, 1), bool), MapKind.T2)
    values = rng.normal(50, 10, (2, 128, 12))
    if holes:
        values[rng.random(values.shape) < 0.2] = np.nan
    weights = cartesian_weights(stack, np.array([0, 0]), SHAPE)
    pixels = interpolate(values, weights)
    region = rng.random(pixels.shape) < 0.3
    a = region_weights(weights, region, values)
    assert a.sum() == pytest.approx(1.0)
    assert not a[np.isnan(values)].any()
    assert np.nansum(a * values) == pytest.approx(np.nanmean(pixels[region]))


def test_an_empty_region_has_no_weights(stack):
    weights = cartesian_weights(stack, np.array([0]), SHAPE)
    assert not region_weights(weights, np.zeros((1, *SHAPE), bool), np.ones((1, 128, 12))).any()


def test_a_reference_without_wall_is_refused(ring):
    labels = np.stack([ring(), np.zeros(SHAPE, np.uint8)])[None]
    stack = to_polar(np.zeros(labels.shape), labels, np.array([[True, False]]), MapKind.T2)
    with pytest.raises(InputError, match="reference image 1 of slice 0 has no wall"):
        cartesian_weights(stack, np.array([1]), SHAPE)
    with pytest.raises(InputError, match="must cover the 1 slices"):
        cartesian_weights(stack, np.array([0, 0]), SHAPE)
