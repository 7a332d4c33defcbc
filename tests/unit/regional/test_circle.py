"""Angles on a circle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.core.geometry import SliceGeometry
from cmrmap.regional.circle import circular_median, in_millimetres, patient_direction, wrapped

OBLONG = SliceGeometry((0, 0, 0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (1.0, 2.0))


@given(st.floats(-50, 50))
def test_wrapped_keeps_the_direction(angle):
    value = float(wrapped(angle))
    assert -np.pi <= value < np.pi
    assert np.cos(value - angle) == pytest.approx(1.0)


@given(st.floats(-np.pi, np.pi))
def test_the_median_turns_with_the_angles_and_ignores_an_outlier(turn):
    angles = np.array([0.1, 0.2, 0.15, 2.5, 0.18]) + turn
    assert np.cos(circular_median(np.asarray(wrapped(angles))) - (0.18 + turn)) == pytest.approx(1.0, abs=1e-9)


def test_the_median_of_two_lies_between_them_over_the_seam():
    assert abs(circular_median(np.array([np.pi - 0.1, -np.pi + 0.1]))) == pytest.approx(np.pi)


def test_an_angle_in_the_patient():
    np.testing.assert_allclose(patient_direction(0.0, OBLONG), [1, 0, 0])
    np.testing.assert_allclose(patient_direction(np.pi / 2, OBLONG), [0, 0, -1], atol=1e-15)
    diagonal = patient_direction(np.pi / 4, OBLONG)
    np.testing.assert_allclose(diagonal, np.array([2, 0, -1]) / np.sqrt(5))
    assert in_millimetres(np.array([np.pi / 4]), OBLONG)[0] == pytest.approx(np.arctan2(1, 2))
