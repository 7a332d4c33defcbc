"""Pruning: boundary pixels go, thin walls keep their middle, values out of range do not count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cmrmap.core.errors import SettingsError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.core.parameter_map import FitStatus
from cmrmap.regional.pruning import analysed_pixels, prune_boundary
from cmrmap.settings import PruningSettings

RANGES = PruningSettings().ranges


def ring(inner, outer, centre=(40.3, 41.7)):
    y, x = np.mgrid[:84, :84]
    radius = np.hypot(y - centre[0], x - centre[1])
    return ((radius > inner) & (radius <= outer))[None]


@settings(max_examples=30, deadline=None)
@given(inner=st.floats(3, 20), wall=st.floats(1.5, 14), pixels=st.integers(1, 2))
def test_a_pruned_wall_lies_in_the_wall_and_goes_all_the_way_round(inner, wall, pixels):
    whole = ring(inner, inner + wall)
    pruned = prune_boundary(whole, pixels)
    assert not (pruned & ~whole).any()
    y, x = np.nonzero(pruned[0])
    angles = np.sort(np.arctan2(y - 40.3, x - 41.7))
    widest = np.diff(np.append(angles, angles[0] + 2 * np.pi)).max()
    assert widest * (inner + wall / 2) < 2 * pixels + 3  # pixels along the wall


def test_a_thick_wall_loses_exactly_its_boundary():
    whole = ring(10, 20)
    np.testing.assert_array_equal(prune_boundary(whole, 1)[0], ndimage.binary_erosion(whole[0]))
    np.testing.assert_array_equal(prune_boundary(whole, 2)[0], ndimage.binary_erosion(whole[0], iterations=2))


def test_where_the_wall_is_thin_its_midline_stays():
    whole = ring(10, 20)
    thin = ring(14, 16.2)
    whole[:, 44:] = thin[:, 44:]
    pruned = prune_boundary(whole, 1)
    below = pruned[0, 50:]
    assert below.any()
    assert np.count_nonzero(below) < 0.7 * np.count_nonzero(thin[0, 50:])


def test_zero_layers_and_empty_slices():
    whole = ring(10, 14)
    np.testing.assert_array_equal(prune_boundary(whole, 0), whole)
    assert not prune_boundary(np.zeros((2, 8, 8), bool), 1).any()
    with pytest.raises(SettingsError, match="found -1"):
        prune_boundary(whole, -1)


@pytest.mark.parametrize("kind", list(MapKind))
def test_the_range_is_closed_and_nan_is_out(kind):
    low, high = RANGES[kind]
    values = np.array([low - 1e-6, low, high, high + 1e-6, np.nan, np.inf])[None, None]
    labels = np.full(values.shape, Label.MYOCARDIUM, np.uint8)
    counted = analysed_pixels(
        values, np.zeros(values.shape, np.uint8), labels, boundary_pixels=0, value_range=(low, high)
    )
    assert counted.ravel().tolist() == [False, True, True, False, False, False]


def test_the_papers_ranges():
    assert RANGES[MapKind.T2] == (30.0, 100.0)
    assert RANGES[MapKind.ECV] == (10.0, 60.0)


@pytest.mark.parametrize("status", list(FitStatus))
def test_only_fits_to_be_trusted_count(status):
    counted = analysed_pixels(
        np.full((1, 1, 1), 50.0),
        np.full((1, 1, 1), status, np.uint8),
        np.full((1, 1, 1), Label.MYOCARDIUM, np.uint8),
        boundary_pixels=0,
        value_range=RANGES[MapKind.T2],
    )
    assert counted.item() == (status in (FitStatus.OK, FitStatus.NULL_AMBIGUOUS))


def test_only_the_pruned_myocardium_counts():
    wall = ring(10, 20)
    labels = np.where(wall, Label.MYOCARDIUM, Label.CAVITY).astype(np.uint8)
    counted = analysed_pixels(
        np.full(wall.shape, 50.0),
        np.zeros(wall.shape, np.uint8),
        labels,
        boundary_pixels=1,
        value_range=RANGES[MapKind.T2],
    )
    np.testing.assert_array_equal(counted, prune_boundary(wall, 1))


def test_an_empty_range_is_refused():
    values = np.ones((1, 4, 4))
    codes = np.zeros(values.shape, np.uint8)
    for values_range in ((60.0, 50.0), (50.0, 50.0)):
        with pytest.raises(SettingsError, match="must be two rising values; found"):
            analysed_pixels(values, codes, codes, boundary_pixels=0, value_range=values_range)
