"""A heart and its mirror image: septum, anterior wall and apex tell them apart, however the plane lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.core.geometry import SliceGeometry
from cmrmap.regional import find_insertion_points, handedness


def _of(labels: np.ndarray, geometry: SliceGeometry, **options) -> float:
    points = find_insertion_points(labels[None, None], np.ones((1, 1), bool), (geometry,), **options)
    return float(handedness(points, (geometry,))[0])


@settings(max_examples=25, deadline=None)
@given(rotation=st.floats(-np.pi, np.pi), turned_over=st.booleans(), half=st.floats(35, 80))
def test_planes_of_any_rotation_show_a_heart_as_it_is(draw_heart, rotation, turned_over, half):
    heart = draw_heart(rotation, turned_over, half)
    assert _of(heart.labels, heart.geometry) > 0.9


@pytest.mark.parametrize("rotation", [-0.6, 0.0, 0.6])
def test_the_usual_views_are_told_from_their_mirror_images(draw_heart, rotation):
    heart = draw_heart(rotation)
    assert _of(heart.labels, heart.geometry) > 0.9
    assert _of(heart.labels[:, ::-1], heart.geometry) < -0.9


def test_points_marked_by_hand_count(draw_heart):
    heart = draw_heart()
    points = {0: (heart.anterior_rad, heart.inferior_rad)}
    assert _of(np.zeros_like(heart.labels), heart.geometry, manual=points) > 0.9


def test_without_points_of_its_own_a_slice_tells_nothing(draw_heart):
    heart = draw_heart(rv=False)
    assert np.isnan(_of(heart.labels, heart.geometry))


def test_planes_along_the_axis_tell_nothing():
    plane = SliceGeometry((0, 0, 0), (0.6, -0.8, 0), (0, 0, -1), (1.2, 1.2))
    plane = replace(plane, row_cosines=(1, -1, 0), column_cosines=(0, 0, -1))
    unit = tuple(float(one) / np.sqrt(2) for one in plane.row_cosines)
    plane = replace(plane, row_cosines=unit)
    assert np.isnan(_of(np.zeros((100, 100), np.uint8), plane, manual={0: (0.0, 1.0)}))
