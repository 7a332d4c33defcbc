"""Insertion points: found, named by the patient's axes, filled from neighbours, overridden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.regional import InsertionPoints, PointSource, angle_of, apex_direction, find_insertion_points
from cmrmap.regional.landmarks import marked_fault


def off(found, truth):
    """Angle between two directions, degrees."""
    return np.rad2deg(np.abs(np.angle(np.exp(1j * (np.asarray(found) - truth)))))


def find(*hearts, **options):
    labels = np.stack([h.labels for h in hearts])[:, None]
    return find_insertion_points(labels, np.ones(labels.shape[:2], bool), tuple(h.geometry for h in hearts), **options)


@settings(max_examples=25, deadline=None)
@given(
    rotation=st.floats(-np.pi, np.pi),
    mirrored=st.booleans(),
    half=st.floats(35, 80),
    centre=st.tuples(st.floats(44, 56), st.floats(44, 56)),
)
def test_any_rotation_mirror_and_shift(draw_heart, rotation, mirrored, half, centre):
    heart = draw_heart(rotation, mirrored, half, centre)
    points = find(heart)
    assert points.source == ("measured",)
    assert off(points.anterior_rad, heart.anterior_rad) < 5
    assert off(points.inferior_rad, heart.inferior_rad) < 5


@pytest.mark.parametrize("spacing", [(1.0, 1.4), (1.5, 1.0)])
def test_pixels_that_are_not_square(draw_heart, spacing):
    heart = draw_heart(0.4, False, spacing=spacing)
    points = find(heart)
    assert off(points.anterior_rad, heart.anterior_rad) < 5
    assert off(points.inferior_rad, heart.inferior_rad) < 5


def test_an_axial_plane_goes_by_forward(draw_heart):
    """In the plainest geometry (rows to the left, columns to the back) anterior is up."""
    heart = draw_heart()
    geometry = SliceGeometry((0, 0, 0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.2, 1.2))
    points = find_insertion_points(heart.labels[None, None], np.ones((1, 1), bool), (geometry,))
    assert np.sin(points.anterior_rad[0]) < 0 < np.sin(points.inferior_rad[0])


def test_where_the_axes_do_not_tell_handedness_does(draw_heart):
    """Columns run forward and down alike: only septum and apex together name the anterior wall."""
    heart = draw_heart()
    across = np.array([0.62, 0.6, -0.505])
    down = np.array([0.147, -0.721, -0.677])
    geometry = SliceGeometry((0, 0, 0), tuple(across), tuple(down), (1.2, 1.2))
    labels, usable = heart.labels[None, None], np.ones((1, 1), bool)
    undecided = find_insertion_points(labels, usable, (geometry,))
    assert undecided.source == ("none",)
    assert "does not show which insertion point is anterior" in undecided.reason[0]
    normal = geometry.normal
    # The right ventricle is on the left of the image: seen from the apex (apex = -normal), anterior is up.
    up = find_insertion_points(labels, usable, (geometry,), apex=-normal)
    assert np.sin(up.anterior_rad[0]) < 0 < np.sin(up.inferior_rad[0])
    down_side = find_insertion_points(labels, usable, (geometry,), apex=normal)
    assert np.sin(down_side.inferior_rad[0]) < 0 < np.sin(down_side.anterior_rad[0])


def test_handedness_and_axes_agree_on_a_usual_heart(draw_heart, directions):
    for mirrored in (False, True):
        heart = draw_heart(0.7, mirrored)
        assert find(heart, apex=directions["apex"]).anterior_rad == find(heart).anterior_rad


def test_the_median_over_images_withstands_a_bad_one(draw_heart):
    good, bad = draw_heart(), draw_heart(half_septum_deg=25)
    labels = np.stack([good.labels, bad.labels, good.labels, good.labels])[None]
    points = find_insertion_points(labels, np.ones((1, 4), bool), (good.geometry,))
    assert off(points.anterior_rad, good.anterior_rad) < 5
    usable = np.array([[False, True, False, False]])
    only_bad = find_insertion_points(labels, usable, (good.geometry,))
    assert off(only_bad.anterior_rad, bad.anterior_rad) < 5


def test_neighbours_fill_in_with_the_reason(draw_heart):
    hearts = [draw_heart(0.0), draw_heart(0.2, rv=False), draw_heart(0.4), draw_heart(0.4, rv=False)]
    # The right ventricle turns from slice to slice while the plane stays.
    labels = np.stack([h.labels for h in hearts])[:, None]
    points = find_insertion_points(labels, np.ones((4, 1), bool), (hearts[0].geometry,) * 4)
    assert points.source == ("measured", "neighbour", "measured", "neighbour")
    assert points.reason[1].startswith("no right ventricle")
    assert points.reason[0] == ""
    middle = points.anterior_rad[0] + np.angle(np.exp(1j * (points.anterior_rad[2] - points.anterior_rad[0]))) / 2
    assert off(points.anterior_rad[1], middle) < 1e-6
    assert points.anterior_rad[3] == points.anterior_rad[2]


def test_a_right_ventricle_on_the_wrong_side_is_not_believed(draw_heart):
    right = draw_heart()
    wrong = type(right)(right.geometry, np.rot90(right.labels, 2).copy(), 0, 0, 0)
    points = find(right, right, wrong, right)
    assert points.source == ("measured", "measured", "neighbour", "measured")
    assert "60 degrees" in points.reason[2]
    assert off(points.anterior_rad[2], right.anterior_rad) < 5


def test_without_any_right_ventricle_there_is_none(draw_heart):
    points = find(draw_heart(rv=False), draw_heart(rv=False))
    assert points.source == ("none", "none")
    assert np.isnan(points.anterior_rad).all()
    assert all(reason.startswith("no right ventricle") for reason in points.reason)


def test_a_right_ventricle_that_does_not_touch_is_none(draw_heart):
    heart = draw_heart()
    labels = heart.labels.copy()
    y, x = np.mgrid[: labels.shape[0], : labels.shape[1]]
    labels[(labels == Label.RIGHT_VENTRICLE) & (np.hypot(y - 50, x - 50) < 25)] = Label.BACKGROUND
    assert find(type(heart)(heart.geometry, labels, 0, 0, 0)).source == ("none",)


def test_points_marked_by_hand_go_first(draw_heart):
    hearts = [draw_heart(), draw_heart(rv=False)]
    anterior, inferior = angle_of((30, 40), (50, 50)), angle_of((70, 40), (50, 50))
    points = find(*hearts, manual={0: (anterior, inferior)})
    assert points.source == ("manual", "neighbour")
    np.testing.assert_allclose(points.anterior_rad, anterior)
    np.testing.assert_allclose(points.inferior_rad, inferior)


def test_bad_input_is_refused(draw_heart):
    heart = draw_heart()
    with pytest.raises(InputError, match=r"name slices \[3\]; expected 0 to 0"):
        find(heart, manual={3: (0.0, 1.0)})
    with pytest.raises(InputError, match="must share their 1 slices"):
        find_insertion_points(heart.labels[None, None], np.ones((1, 1), bool), ())


def test_apex_direction(draw_heart, directions):
    def at(step):
        g = draw_heart(0.3).geometry
        return SliceGeometry(tuple(map(float, step * directions["apex"])), g.row_cosines, g.column_cosines, (1, 1))

    np.testing.assert_allclose(apex_direction((at(0), at(8), at(16))), directions["apex"], atol=1e-12)
    np.testing.assert_allclose(apex_direction((at(16), at(0))), -directions["apex"], atol=1e-12)
    assert apex_direction((at(0),)) is None
    assert apex_direction((at(5), at(5))) is None


def test_insertion_points_are_their_own_and_cannot_be_changed():
    given = np.array([0.5])
    points = InsertionPoints(given, given + 2.0, ("measured",), ("",))
    given[0] = 3.0
    assert points.anterior_rad[0] == 0.5
    assert points.source[0] is PointSource.MEASURED
    with pytest.raises(ValueError, match="read-only"):
        points.inferior_rad[0] = 1.0


@pytest.mark.parametrize(
    ("angle", "source", "reason", "words"),
    [
        ([0.5, 0.6], ("measured",), ("",), "of 1 slices have one angle each"),
        ([0.5], ("measured",), ("", ""), "and a reason"),
        ([np.nan], ("measured",), ("",), "'measured' does not fit their angles"),
        ([0.5], ("none",), ("no RV",), "'none' does not fit their angles"),
        ([0.5], ("neighbour",), ("",), "'neighbour' with reason ''"),
        ([0.5], ("manual",), ("why",), "'manual' with reason 'why'"),
    ],
)
def test_insertion_points_that_contradict_themselves(angle, source, reason, words):
    with pytest.raises(InputError, match=words):
        InsertionPoints(np.array(angle), np.array(angle), source, reason)


CORONAL = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (1.5, 1.5))
SAGITTAL_FLAT = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.8, 0.6), (1.5, 1.5))  # tells nothing


@pytest.mark.parametrize(
    ("anterior", "inferior", "geometry", "words"),
    [
        (-120, 120, CORONAL, ""),
        (-60, 60, CORONAL, ""),  # a heart on the other side of the chest
        (120, -120, CORONAL, "swapped"),
        (60, -60, CORONAL, "swapped"),
        (120, -120, SAGITTAL_FLAT, ""),
        (-100, -90, CORONAL, "10 degrees apart"),
        (-90, 90, CORONAL, "180 degrees apart"),
    ],
)
def test_marked_points_that_cannot_be_right(anterior, inferior, geometry, words):
    found = marked_fault(np.deg2rad(anterior), np.deg2rad(inferior), geometry)
    assert (words in found) if words else found == ""
