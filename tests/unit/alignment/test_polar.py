"""To polar: contours, sampling, and the choice of the reference image."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import ndimage

from cmrmap.alignment import choose_reference, from_polar, to_polar, wall_parts
from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, Label, RefinedSegmentation


def polar_of(*labels, images=None, usable=None, **grid):
    stack = np.stack(labels)[None]
    images = np.zeros(stack.shape) if images is None else images
    return to_polar(images, stack, np.ones(stack.shape[:2], bool) if usable is None else usable, MapKind.T2, **grid)


@settings(max_examples=25, deadline=None)
@given(
    row=st.floats(35, 50),
    column=st.floats(35, 50),
    inner=st.floats(4, 16),
    wall=st.floats(3, 12),
    lobes=st.floats(-0.1, 0.1),
)
@example(row=35.0, column=35.25, inner=4.0, wall=4.75, lobes=0.09375)
def test_contours_are_sub_pixel(ring, row, column, inner, wall, lobes):
    labels = ring(row, column, inner, inner + wall, lobes=lobes)
    stack = polar_of(labels)
    swell = 1 + lobes * np.cos(2 * stack.angles_rad)
    # the centre is that of the mask's pixels, whose staircase may move it off the drawn one
    np.testing.assert_allclose(stack.centres[0, 0], ndimage.center_of_mass(labels > 0), rtol=0, atol=1e-9)
    assert np.sqrt(np.mean((stack.inner_radius[0, 0] - inner * swell) ** 2)) < 0.35
    assert np.sqrt(np.mean((stack.outer_radius[0, 0] - (inner + wall) * swell) ** 2)) < 0.35
    # What is left is the mask's own staircase: the contours enclose the area of its pixels.
    cavity, body = np.count_nonzero(labels == Label.CAVITY), np.count_nonzero(labels)
    assert np.sqrt(np.mean(stack.inner_radius**2)) == pytest.approx(np.sqrt(cavity / np.pi), abs=0.06)
    assert np.sqrt(np.mean(stack.outer_radius**2)) == pytest.approx(np.sqrt(body / np.pi), abs=0.06)


def test_a_linear_field_is_sampled_exactly(ring):
    y, x = np.mgrid[:88, :88]
    stack = polar_of(ring(), images=(3.0 * y - 2.0 * x)[None, None])
    np.testing.assert_allclose(stack.signals, 3 * stack.rows - 2 * stack.columns, atol=1e-9)


@pytest.mark.parametrize(("grid", "shape"), [({}, (128, 12)), ({"n_angles": 36, "n_depths": 5}, (36, 5))])
def test_grid(ring, grid, shape):
    stack = polar_of(ring(), **grid)
    assert stack.signals.shape == (1, 1, *shape)
    radius = np.hypot(stack.rows - stack.centres[..., 0, None, None], stack.columns - stack.centres[..., 1, None, None])
    depth = (radius - stack.inner_radius[..., None]) / (stack.outer_radius - stack.inner_radius)[..., None]
    np.testing.assert_allclose(depth, np.broadcast_to(stack.depths, depth.shape), atol=1e-9)
    angle = np.arctan2(
        stack.rows - stack.centres[..., 0, None, None], stack.columns - stack.centres[..., 1, None, None]
    )
    np.testing.assert_allclose(np.mod(angle, 2 * np.pi), np.broadcast_to(stack.angles_rad[:, None], angle.shape))


@settings(max_examples=15, deadline=None)
@given(shift=st.tuples(st.floats(-6, 6), st.floats(-6, 6)), scale=st.floats(0.85, 1.15))
def test_the_same_tissue_lands_on_the_same_cell(ring, shift, scale):
    """A pattern that moves and contracts with the ring gives the same polar image: the motion correction."""

    def image(row, column, size):
        y, x = np.mgrid[:88, :88]
        angle, radius = np.arctan2(y - row, x - column), np.hypot(y - row, x - column) / size
        return 100 + 20 * np.cos(angle) + 10 * np.sin(2 * angle) + 2 * (radius - 16)

    here, there = (43.0, 43.0), (43.0 + shift[0], 43.0 + shift[1])
    labels = [ring(*here, 12, 20), ring(*there, 12 * scale, 20 * scale)]
    images = np.stack([image(*here, 1.0), image(*there, scale)])[None]
    signals = polar_of(*labels, images=images).signals[0]
    assert np.sqrt(np.mean((signals[1] - signals[0]) ** 2)) < 1.0
    assert np.abs(signals[1] - signals[0]).max() < 3.0


def test_images_that_are_not_usable_are_nan(ring):
    stack = polar_of(ring(), ring(), np.zeros((88, 88), np.uint8), usable=np.array([[True, False, True]]))
    for field in ("signals", "rows", "columns", "centres", "inner_radius", "outer_radius"):
        values = getattr(stack, field)
        assert np.isfinite(values[0, 0]).all(), field
        assert np.isnan(values[0, 1:]).all(), field


def test_a_nan_pixel_spoils_only_the_samples_that_draw_on_it(ring):
    images = np.ones((1, 1, 88, 88))
    images[0, 0, 40, 59] = np.nan
    stack = polar_of(ring(), images=images)
    lost = np.isnan(stack.signals)
    near = (np.abs(stack.rows - 40) < 1) & (np.abs(stack.columns - 59) < 1)
    assert lost.any()
    np.testing.assert_array_equal(lost, near)


def test_a_cavity_off_the_centre_moves_the_centre_of_the_whole_slice(ring):
    thick = ring(44, 44, 0.1, 24)
    y, x = np.mgrid[:88, :88]
    thick[thick == Label.CAVITY] = Label.MYOCARDIUM
    thick[np.hypot(y - 44, x - 54) <= 5] = Label.CAVITY
    stack = polar_of(thick, ring(44, 44, 12, 20))
    np.testing.assert_allclose(stack.centres[0, 0], (44, 54), atol=0.1)
    assert (stack.inner_radius[0, 0] > 4).all()
    rows, columns = np.nonzero(ring(44, 44, 12, 20) == Label.CAVITY)
    np.testing.assert_allclose(stack.centres[0, 1], (rows.mean(), columns.mean()))


def test_a_heart_at_the_image_border_is_handled(ring):
    stack = polar_of(ring(row=10, column=12))
    assert np.isfinite(stack.signals).all()
    assert (stack.outer_radius > stack.inner_radius).all()


def test_bad_shapes_are_refused(ring):
    labels = ring()[None, None]
    with pytest.raises(InputError, match="must share"):
        to_polar(np.zeros((1, 2, 88, 88)), labels, np.ones((1, 1), bool), MapKind.T2)
    with pytest.raises(InputError, match="at least 4 angles"):
        to_polar(np.zeros(labels.shape), labels, np.ones((1, 1), bool), MapKind.T2, n_angles=3)


def refined_of(labels, outcome):
    outcome = np.asarray([outcome], np.uint8)
    return RefinedSegmentation(MapKind.T2, np.stack(labels)[None], outcome, np.full(outcome.shape, -1, np.int16))


def test_the_reference_is_the_typical_image(ring):
    labels = [ring(row=36), ring(row=41), ring(row=40), ring(row=40, outer=25), ring(row=46)]
    stack = polar_of(*labels)
    passed = [ImageOutcome.PASSED] * 5
    assert choose_reference(refined_of(labels, passed), stack).tolist() == [2]


def test_the_reference_is_rather_a_passed_image(ring):
    labels = [ring(row=36), ring(row=40), ring(row=40)]
    outcome = [ImageOutcome.PASSED, ImageOutcome.REPLACED, ImageOutcome.REPLACED]
    assert choose_reference(refined_of(labels, outcome), polar_of(*labels)).tolist() == [0]


def test_a_slice_without_usable_image_has_no_reference(ring):
    labels = [ring(), ring()]
    stack = polar_of(*labels, usable=np.zeros((1, 2), bool))
    outcome = [ImageOutcome.EXCLUDED, ImageOutcome.MISSING]
    assert choose_reference(refined_of(labels, outcome), stack).tolist() == [-1]


@pytest.mark.parametrize("aspect", [0.6, 1.7])
def test_angles_are_those_in_the_patient(ring, aspect) -> None:
    """The same heart on square pixels and on pixels longer one way: the same cell lies in the same place."""
    fine = ring(row=60.0, column=60.0, inner=16.0, outer=28.0, size=120)
    y, x = np.mgrid[: round(120 / aspect), :120]
    rows = (y + 0.5) * aspect - 0.5
    radius = np.hypot(rows - 60.0, x - 60.0)
    coarse = np.zeros(radius.shape, np.uint8)
    coarse[radius <= 28.0] = Label.MYOCARDIUM
    coarse[radius <= 16.0] = Label.CAVITY
    usable = np.ones((1, 1), bool)
    square = to_polar(np.zeros((1, 1, *fine.shape)), fine[None, None], usable, MapKind.T2)
    other = to_polar(
        np.zeros((1, 1, *coarse.shape)), coarse[None, None], usable, MapKind.T2, pixel_aspect=np.array([aspect])
    )
    in_fine_rows = (other.rows + 0.5) * aspect - 0.5
    assert np.abs(in_fine_rows - square.rows).max() < 1.0
    assert np.abs(other.columns - square.columns).max() < 1.0
    field = rows + 2.0 * x  # known on the coarse pixels, comes back through its own grid
    polar = to_polar(field[None, None], coarse[None, None], usable, MapKind.T2, pixel_aspect=np.array([aspect]))
    back = from_polar(polar.signals[:, 0], polar, np.array([0]), coarse.shape)[0]
    inside = np.isfinite(back)
    assert inside.sum() > 500
    assert np.abs(back - field)[inside].max() < 3.0


def test_one_aspect_a_slice_is_asked_for(ring) -> None:
    with pytest.raises(InputError, match="one value for each of 1 slices"):
        to_polar(
            np.zeros((1, 1, 88, 88)), ring()[None, None], np.ones((1, 1), bool), MapKind.T2, pixel_aspect=np.ones(2)
        )


@pytest.mark.parametrize("n_angles", [12, 100, 128])
def test_parts_of_the_wall_are_all_of_it(n_angles: int) -> None:
    cells = np.random.default_rng(0).normal(size=(3, n_angles, 4))
    parts = wall_parts(cells)
    assert len(parts) == 12
    assert np.ptp([part.shape[1] for part in parts]) <= 1
    assert (np.concatenate(parts, axis=1) == cells).all()
