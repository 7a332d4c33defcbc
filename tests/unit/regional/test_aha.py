"""AHA-16: what each direction is called, whatever way the image lies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.core.regional_values import SliceLevel
from cmrmap.regional import SEGMENT_NAMES, InsertionPoints, aha_map, find_insertion_points, segments_of_angles

B, M, A = SliceLevel.BASAL, SliceLevel.MID, SliceLevel.APICAL


def clock(*degrees):
    """Image angles of directions given clockwise from up, as in the standard display."""
    return np.deg2rad(np.array(degrees, float) - 90)


# Standard display: septum on the left, anterior insertion at 11 o'clock, inferior at 7.
STANDARD = (clock(-30).item(), clock(-150).item())


def test_basal_and_mid_in_the_standard_display():
    directions = clock(0, -60, -120, 180, 120, 60)
    assert segments_of_angles(directions, *STANDARD, B).tolist() == [1, 2, 3, 4, 5, 6]
    assert segments_of_angles(directions, *STANDARD, M).tolist() == [7, 8, 9, 10, 11, 12]


def test_apical_in_the_standard_display():
    assert segments_of_angles(clock(0, -90, 180, 90), *STANDARD, A).tolist() == [13, 14, 15, 16]
    assert segments_of_angles(clock(-46, -44, -134, -136), *STANDARD, A).tolist() == [14, 13, 14, 15]


def test_the_borders_of_a_septum_of_120_degrees_are_every_sixty():
    edges = np.array([-30, -90, -150, 150, 90, 30])
    inside, outside = clock(*(edges - 0.5)), clock(*(edges + 0.5))
    assert segments_of_angles(inside, *STANDARD, B).tolist() == [2, 3, 4, 5, 6, 1]
    assert segments_of_angles(outside, *STANDARD, B).tolist() == [1, 2, 3, 4, 5, 6]


@settings(max_examples=25, deadline=None)
@given(half=st.floats(15, 85), level=st.sampled_from([B, M]))
def test_septum_and_free_wall_are_shared_equally(half, level):
    angles = np.linspace(-np.pi, np.pi, 14400, endpoint=False) + 1e-5
    ends = clock(-90 + half).item(), clock(-90 - half).item()
    counts = np.bincount(segments_of_angles(angles, *ends, level), minlength=13)[(1 if level is B else 7) :][:6]
    septal, free = 40 * half, 40 * (360 - 2 * half) / 4
    np.testing.assert_allclose(counts, [free, septal, septal, free, free, free], atol=2)


@settings(max_examples=25, deadline=None)
@given(half=st.floats(15, 85))
def test_apical_quarters_are_quarters(half):
    angles = np.linspace(-np.pi, np.pi, 14400, endpoint=False) + 1e-5
    labels = segments_of_angles(angles, clock(-90 + half).item(), clock(-90 - half).item(), A)
    np.testing.assert_allclose(np.bincount(labels, minlength=17)[13:], 3600, atol=2)


def test_without_insertion_points_there_are_no_segments():
    assert not segments_of_angles(clock(0, 90), np.nan, 1.0, B).any()


def test_every_segment_has_a_name():
    assert sorted(SEGMENT_NAMES) == list(range(1, 17))
    assert SEGMENT_NAMES[2] == "basal anteroseptal"
    assert SEGMENT_NAMES[11] == "mid inferolateral"
    assert SEGMENT_NAMES[14] == "apical septal"


def truth(direction_mm, directions, level):
    """AHA segment of a patient direction in a heart with a septum of 120 degrees, and its distance from a border."""
    away = np.rad2deg(np.arctan2(direction_mm @ directions["anterior"], direction_mm @ directions["septal"]))
    # 0 = septal, 90 = anterior, 180 = lateral, 270 = inferior
    width, start = (90, -45) if level is A else (60, 0)
    part, within = np.divmod(np.mod(away - start, 360), width)
    numbers = np.array([14, 13, 16, 15] if level is A else [2, 1, 6, 5, 4, 3]) + (6 if level is M else 0)
    return numbers[np.minimum(part, 360 // width - 1).astype(int)], np.minimum(within, width - within)


@settings(max_examples=25, deadline=None)
@given(
    rotation=st.floats(-np.pi, np.pi),
    mirrored=st.booleans(),
    level=st.sampled_from([B, M, A]),
    spacing=st.sampled_from([(1.2, 1.2), (1.0, 1.4)]),
)
def test_labels_follow_the_patient_through_any_image_plane(draw_heart, directions, rotation, mirrored, level, spacing):
    heart = draw_heart(rotation, mirrored, spacing=spacing)
    points = InsertionPoints(np.array([heart.anterior_rad]), np.array([heart.inferior_rad]), ("manual",), ("",))
    wall = (heart.labels == Label.MYOCARDIUM)[None]
    labels = aha_map(wall, np.array([[50.0, 50.0]]), points, [level], [heart.geometry])[0]
    assert not labels[~wall[0]].any()
    y, x = np.nonzero(wall[0])
    vector = (x - 50)[:, None] * spacing[1] * np.asarray(heart.geometry.row_cosines)
    vector = vector + (y - 50)[:, None] * spacing[0] * np.asarray(heart.geometry.column_cosines)
    expected, from_border = truth(vector, directions, level)
    clear = from_border > 1e-6
    np.testing.assert_array_equal(labels[y, x][clear], expected[clear])


@settings(max_examples=15, deadline=None)
@given(rotation=st.floats(-np.pi, np.pi), mirrored=st.booleans())
def test_found_points_give_nearly_the_same_labels(draw_heart, directions, rotation, mirrored):
    heart = draw_heart(rotation, mirrored)
    points = find_insertion_points(heart.labels[None, None], np.ones((1, 1), bool), (heart.geometry,))
    wall = (heart.labels == Label.MYOCARDIUM)[None]
    labels = aha_map(wall, np.array([[50.0, 50.0]]), points, [B], [heart.geometry])[0]
    y, x = np.nonzero(wall[0])
    vector = (x - 50)[:, None] * np.asarray(heart.geometry.row_cosines)
    vector = vector + (y - 50)[:, None] * np.asarray(heart.geometry.column_cosines)
    expected, from_border = truth(vector, directions, B)
    clear = from_border > 5.0
    np.testing.assert_array_equal(labels[y, x][clear], expected[clear])


def test_slices_without_level_centre_or_points_stay_empty(draw_heart):
    heart = draw_heart()
    wall = np.repeat((heart.labels == Label.MYOCARDIUM)[None], 3, 0)
    points = InsertionPoints(
        np.array([heart.anterior_rad, heart.anterior_rad, np.nan]),
        np.array([heart.inferior_rad, heart.inferior_rad, np.nan]),
        ("manual", "manual", "none"),
        ("", "", "no RV"),
    )
    centres = np.array([[50.0, 50.0], [np.nan, np.nan], [50.0, 50.0]])
    labels = aha_map(wall, centres, points, [None, B, B], [heart.geometry] * 3)
    assert not labels.any()
    with pytest.raises(InputError, match="must have 3 slices; found 3, 3, 2, 3"):
        aha_map(wall, centres, points, [B, B], [heart.geometry] * 3)
