"""Largest object, shape check and affine replacement on rings of known place and size."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.measure import euler_number, regionprops

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, Label, SegmentationStack
from cmrmap.segmentation.placement import place
from cmrmap.segmentation.refine import refine_segmentation
from cmrmap.segmentation.shape import eccentricity, heart_shape, largest_object

SIZE = 96


def heart(row=48.0, column=50.0, cavity=12.0, wall=7.0, stretch=1.0, rv=True):
    """One label image: a ring (its columns stretched) with an RV crescent on its left."""
    y, x = np.mgrid[:SIZE, :SIZE]
    radius = np.hypot(y - row, (x - column) / stretch)
    labels = np.zeros((SIZE, SIZE), np.uint8)
    if rv:
        labels[np.hypot(y - row, x - column + 16) < cavity + wall] = Label.RIGHT_VENTRICLE
    labels[radius < cavity + wall] = Label.MYOCARDIUM
    labels[radius < cavity] = Label.CAVITY
    return labels


def refine(*images, present=None):
    labels = np.stack(images)[None]
    stack = SegmentationStack(MapKind.T2, labels, np.ones(labels.shape[:2], np.float32))
    return refine_segmentation(stack, np.ones(labels.shape[:2], bool) if present is None else present)


def dice(one, other):
    return 2 * np.count_nonzero(one & other) / (np.count_nonzero(one) + np.count_nonzero(other))


def broken(labels, row=48, column=50):
    """The same heart with the lower right quarter of its wall lost."""
    out = labels.copy()
    lost = out[row:, column:]
    lost[lost == Label.MYOCARDIUM] = Label.BACKGROUND
    return out


def test_a_good_heart_passes_unchanged():
    refined = refine(heart(), heart(row=46))
    assert (refined.outcome == ImageOutcome.PASSED).all()
    assert (refined.donor == -1).all()
    np.testing.assert_array_equal(refined.labels[0], np.stack([heart(), heart(row=46)]))
    assert not (refined.outcome == ImageOutcome.REPLACED).any()


def test_only_the_largest_object_of_wall_and_rv_stays():
    image = heart()
    image[5:9, 5:9] = Label.MYOCARDIUM
    image[80:84, 5:9] = Label.RIGHT_VENTRICLE
    image[48, 50] = Label.MYOCARDIUM  # a papillary muscle belongs to the cavity
    refined = refine(image)
    np.testing.assert_array_equal(refined.labels[0, 0], heart())


def test_a_pinhole_is_filled_but_a_second_hole_fails():
    pinhole, gap = heart(), heart()
    pinhole[48, 66] = Label.BACKGROUND
    gap[46:50, 65:68] = Label.BACKGROUND
    refined = refine(pinhole, gap)
    np.testing.assert_array_equal(refined.labels[0, 0], heart())
    assert refined.outcome[0].tolist() == [ImageOutcome.PASSED, ImageOutcome.REPLACED]


def test_a_tiny_labelled_cavity_is_no_pinhole():
    tiny, solid = heart(cavity=1.2, wall=8), heart(cavity=1.2, wall=8)
    solid[solid == Label.CAVITY] = Label.BACKGROUND
    assert heart_shape(tiny, 5).passes(0.65)
    assert not heart_shape(solid, 5).passes(0.65)


def test_a_wall_without_cavity_label_passes_and_its_hole_becomes_the_cavity():
    bare = heart()
    bare[bare == Label.CAVITY] = Label.BACKGROUND
    np.testing.assert_array_equal(refine(bare).labels[0, 0], heart())


@pytest.mark.parametrize("stretch", [1.0, 1.2, 1.3, 1.5])
def test_shape_descriptors_agree_with_scikit_image(stretch):
    shape = heart_shape(heart(stretch=stretch), 5)
    assert shape.euler_number == euler_number(shape.wall, connectivity=2)
    # scikit-image leaves out the 1/12 that a pixel's own extent adds to both moments.
    major, minor = regionprops(shape.wall.astype(int))[0].inertia_tensor_eigvals
    expected = np.sqrt(1 - (minor + 1 / 12) / (major + 1 / 12))
    assert shape.eccentricity == pytest.approx(expected, abs=1e-12)


def test_a_heart_is_as_round_as_it_is_in_the_patient():
    flattened = heart(stretch=1.5)  # columns 1.5 times as fine as rows
    assert heart_shape(flattened, 5).eccentricity > 0.7
    assert heart_shape(flattened, 5, pixel_aspect=1.5).eccentricity < 0.2
    labels = np.stack([flattened, broken(flattened)])[None]
    stack = SegmentationStack(MapKind.T2, labels, np.ones((1, 2), np.float32))
    refined = refine_segmentation(stack, np.ones((1, 2), bool), pixel_aspect=np.array([1.5]))
    assert refined.outcome[0].tolist() == [ImageOutcome.PASSED, ImageOutcome.REPLACED]


def test_eccentricity_limit():
    assert eccentricity(heart_shape(heart(stretch=1.25), 5).wall) < 0.65
    assert refine(heart(stretch=1.5)).outcome[0, 0] == ImageOutcome.EXCLUDED


def test_no_passed_image_in_the_slice_excludes_and_says_so():
    refined = refine(broken(heart()), np.zeros((SIZE, SIZE), np.uint8))
    assert (refined.outcome == ImageOutcome.EXCLUDED).all()
    assert not refined.labels.any()
    assert not refined.usable.any()


def test_a_donor_never_comes_from_another_slice():
    labels = np.stack([heart(), broken(heart())])[:, None]
    stack = SegmentationStack(MapKind.T2, labels, np.ones((2, 1), np.float32))
    outcome = refine_segmentation(stack, np.ones((2, 1), bool)).outcome
    assert outcome.ravel().tolist() == [ImageOutcome.PASSED, ImageOutcome.EXCLUDED]


def test_missing_images_are_neither_donors_nor_counted():
    present = np.array([[True, False, True]])
    refined = refine(broken(heart()), heart(), heart(row=50), present=present)
    assert refined.outcome[0].tolist() == [ImageOutcome.REPLACED, ImageOutcome.MISSING, ImageOutcome.PASSED]
    assert refined.donor[0].tolist() == [2, -1, -1]
    assert not refined.labels[0, 1].any()


def test_without_images_there_is_nothing_to_refine():
    refined = refine(heart(), present=np.zeros((1, 1), bool))
    assert refined.outcome.tolist() == [[ImageOutcome.MISSING]]
    assert not refined.usable.any()


@settings(max_examples=15, deadline=None)
@given(row=st.integers(36, 60), column=st.integers(40, 60), seed=st.integers(0, 3))
def test_a_broken_ring_gets_its_donor_where_the_ring_was(row, column, seed):
    truth = heart(row=row, column=column)
    target = broken(truth, row, column)
    wall_rows, wall_columns = np.nonzero(target == Label.MYOCARDIUM)
    lost = np.random.default_rng(seed).random(wall_rows.size) < 0.02
    target[wall_rows[lost], wall_columns[lost]] = Label.BACKGROUND
    refined = refine(heart(), heart(row=49), heart(column=49), target)
    assert refined.outcome[0, 3] == ImageOutcome.REPLACED
    assert dice(refined.labels[0, 3] == Label.MYOCARDIUM, truth == Label.MYOCARDIUM) > 0.9
    assert dice(refined.labels[0, 3] == Label.CAVITY, truth == Label.CAVITY) > 0.93


@pytest.mark.parametrize("scale", [0.85, 1.15])
def test_the_donor_is_scaled_to_a_whole_but_rejected_heart(scale):
    truth = heart(cavity=14 * scale, wall=8 * scale)
    target = truth.copy()
    target[46:50, int(50 + 16 * scale) : int(50 + 20 * scale)] = Label.BACKGROUND  # a second hole
    refined = refine(heart(cavity=14, wall=8), target)
    assert refined.outcome[0, 1] == ImageOutcome.REPLACED
    assert dice(refined.labels[0, 1] == Label.MYOCARDIUM, truth == Label.MYOCARDIUM) > 0.9
    kept = refine(heart(cavity=14, wall=8), broken(heart(cavity=14, wall=8)))
    assert dice(kept.labels[0, 1] > 0, heart(cavity=14, wall=8) > 0) == 1.0


def test_the_scale_is_bounded():
    huge = heart(cavity=24, wall=14, rv=False)
    huge[46:50, 78:82] = Label.BACKGROUND
    refined = refine(heart(rv=False), huge)
    body = np.count_nonzero(refined.labels[0, 1])
    assert body <= 1.25**2 * np.count_nonzero(heart(rv=False)) * 1.03


def test_an_empty_image_takes_the_typical_shape_at_the_median_position():
    refined = refine(heart(row=44), heart(row=48), heart(row=50, cavity=15), np.zeros((SIZE, SIZE), np.uint8))
    assert refined.outcome[0, 3] == ImageOutcome.REPLACED
    rows, columns = np.nonzero(np.isin(refined.labels[0, 3], (Label.MYOCARDIUM, Label.CAVITY)))
    assert (rows.mean(), columns.mean()) == pytest.approx((48, 50), abs=0.6)
    assert (refined.labels[0, 3] == Label.RIGHT_VENTRICLE).any()


def test_a_speck_far_away_does_not_pull_the_donor_there():
    speck = np.zeros((SIZE, SIZE), np.uint8)
    speck[85:91, 85:91] = Label.MYOCARDIUM
    refined = refine(heart(), heart(), speck)
    np.testing.assert_array_equal(refined.labels[0, 2], heart())


def test_replaced_shapes_pass_the_check_themselves():
    thin = heart(cavity=12, wall=2.2)
    small = heart(cavity=9.6, wall=1.8)
    small[46:50, 60:62] = Label.BACKGROUND
    refined = refine(thin, small, broken(thin))
    for labels in refined.labels[0]:
        shape = heart_shape(labels, 0)
        assert shape.passes(0.65)
        np.testing.assert_array_equal(shape.labels(), labels)


def test_refining_twice_changes_nothing():
    first = refine(heart(), heart(row=45), broken(heart()), np.zeros((SIZE, SIZE), np.uint8))
    again = refine(*first.labels[0])
    np.testing.assert_array_equal(first.labels, again.labels)
    assert (again.outcome == ImageOutcome.PASSED).all()


def test_placement_of_an_identical_shape_is_the_identity():
    shape = heart_shape(heart(), 5)
    placement = place(shape, shape, np.array([48.0, 50.0]), 20.0)
    np.testing.assert_allclose(placement.stretch, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(placement.target_centre, placement.donor_centre, atol=1e-9)
    assert placement.overlap == 1.0


def test_largest_object_joins_across_corners_and_keeps_empty_empty():
    mask = np.zeros((6, 6), bool)
    assert not largest_object(mask).any()
    mask[0, 0] = mask[1, 1] = mask[2, 2] = mask[5, 4] = mask[5, 5] = True
    assert np.count_nonzero(largest_object(mask)) == 3


def test_present_must_fit():
    with pytest.raises(InputError, match=r"present must have shape \(1, 1\)"):
        refine(heart(), present=np.ones((2, 2), bool))
