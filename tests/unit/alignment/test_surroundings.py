"""The wall's motion carried on: it is the polar grid's in the wall, the centre's shift beyond, nothing far off."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.alignment import to_polar
from cmrmap.alignment.bilinear import sample
from cmrmap.alignment.surroundings import Surroundings, sample_places, share_of_shift, wall_place
from cmrmap.core.map_specs import MapKind

SPACING = (1.5, 1.5)


def _polar(labels, aspect=1.0):
    stack = np.stack(labels)[None]
    usable = np.ones(stack.shape[:2], np.bool_)
    return to_polar(
        np.zeros(stack.shape), stack, usable, MapKind.NATIVE_T1, pixel_aspect=np.full(1, aspect, dtype=np.float64)
    )


@pytest.fixture(scope="module")
def moved(ring):
    """A wall, and the same shifted by (3, -2) pixels, contracted and out of round."""
    return _polar([ring(), ring(row=43.3, column=41.6, inner=10.5, outer=19.0, lobes=0.05)])


def _seen(polar, rows, columns, spacing=SPACING):
    wall = wall_place(polar, 0, 0, spacing)
    return Surroundings(wall, np.asarray(rows) * spacing[0], np.asarray(columns) * spacing[1])


@pytest.mark.parametrize("spacing", [(1.5, 1.5), (1.5, 1.2)])
def test_in_the_wall_it_is_the_correspondence_of_the_polar_grid(ring, spacing):
    polar = _polar([ring(), ring(row=43.3, column=41.6, inner=10.5, lobes=0.05)], spacing[0] / spacing[1])
    rows, columns = polar.rows[0, 0].ravel(), polar.columns[0, 0].ravel()
    seen = _seen(polar, rows, columns, spacing)
    down, right = seen.motion_to(wall_place(polar, 0, 1, spacing), np.ones(rows.size))
    np.testing.assert_allclose(rows + down / spacing[0], polar.rows[0, 1].ravel(), atol=0.02)
    np.testing.assert_allclose(columns + right / spacing[1], polar.columns[0, 1].ravel(), atol=0.02)


def test_far_off_only_the_share_of_the_shift_is_left(moved):
    far_rows, far_columns = np.array([40.3, 40.3, 200.0]), np.array([160.0, -80.0, 43.6])
    seen = _seen(moved, far_rows, far_columns)
    shift = (moved.centres[0, 1] - moved.centres[0, 0]) * SPACING
    other = wall_place(moved, 0, 1, SPACING)
    for share in (0.0, 0.4, 1.0):
        down, right = seen.motion_to(other, np.full(3, share))
        np.testing.assert_allclose(down, share * shift[0], atol=1e-9)
        np.testing.assert_allclose(right, share * shift[1], atol=1e-9)
    np.testing.assert_allclose(seen.nearness, 0.0, atol=1e-9)


def test_the_centre_goes_with_the_centre_and_all_is_smooth_and_never_folds(moved):
    rows, columns = np.mgrid[0:88.0, 0:88.0]
    seen = _seen(moved, rows.ravel(), columns.ravel())
    down, right = (
        one.reshape(rows.shape) for one in seen.motion_to(wall_place(moved, 0, 1, SPACING), np.ones(rows.size))
    )
    np.testing.assert_allclose([down[40, 44], right[40, 44]], [4.5, -3.0], atol=0.2)
    # neighbours stay neighbours, in their order
    stretch = np.stack([1 + np.diff(down, axis=0)[:, 1:] / SPACING[0], 1 + np.diff(right, axis=1)[1:] / SPACING[1]])
    assert stretch.min() > 0.5
    assert stretch.max() < 1.6
    assert np.all((seen.nearness >= 0) & (seen.nearness <= 1))
    assert seen.nearness.reshape(rows.shape)[40, 44] == 1.0


def test_an_image_onto_itself_moves_nothing(moved):
    rows, columns = np.mgrid[0:88.0, 0:88.0]
    seen = _seen(moved, rows.ravel(), columns.ravel())
    down, right = seen.motion_to(wall_place(moved, 0, 0, SPACING), np.ones(rows.size))
    assert not down.any()
    assert not right.any()


def test_what_explains_the_images_better_decides_the_share():
    still, moving = np.ones((40, 40)), np.ones((40, 40))
    still[:, 30:], moving[:, :10] = 30.0, 30.0  # edges on the right move, those on the left do not
    still[5, 20] = moving[6, 21] = np.nan
    share = share_of_shift(still, moving, (4.0, 4.0))
    assert share[:, :5].max() < 0.02
    assert share[:, 35:].min() > 0.98
    assert np.all(np.diff(share[20]) > -1e-9)
    np.testing.assert_allclose(share_of_shift(np.ones((9, 9)), np.ones((9, 9)), (4.0, 4.0)), 0.5)
    nothing = np.full((9, 9), np.nan)
    np.testing.assert_allclose(share_of_shift(nothing, nothing, (4.0, 4.0)), 0.5)


@given(st.integers(0, 2**32 - 1))
def test_samples_are_bilinear_and_tell_what_left_the_image(seed):
    rng = np.random.default_rng(seed)
    images = rng.normal(size=(2, 6, 7))
    rows, columns = rng.uniform(-1.0, 6.0, (2, 30)), rng.uniform(-1.0, 7.0, (2, 30))
    rows, columns = np.rint(rows * 1024) / 1024, np.rint(columns * 1024) / 1024
    found, inside, gain = sample_places(images, rows, columns)
    for t in range(2):
        np.testing.assert_allclose(found[t], sample(images[t], rows[t], columns[t]), atol=1e-12)
    np.testing.assert_array_equal(inside, ((rows >= 0) & (rows <= 5) & (columns >= 0) & (columns <= 6)).all(axis=0))
    assert np.all((gain >= 0.25 - 1e-12) & (gain <= 1 + 1e-12))


def test_the_last_bits_of_a_place_change_no_sample():
    rng = np.random.default_rng(1)
    images = rng.normal(size=(1, 20, 20))
    rows, columns = rng.uniform(1, 18, (2, 1, 500))
    first = sample_places(images, rows, columns)[0]
    np.testing.assert_array_equal(first, sample_places(images, rows * (1 + 1e-15), columns * (1 - 1e-15))[0])
