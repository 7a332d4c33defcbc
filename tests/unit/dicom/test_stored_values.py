from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.dicom.stored_values import FLOAT_STEP, float_values, whole_steps


def test_whole_steps_mark_what_is_not_analysed() -> None:
    values = np.array([[np.nan, 0.0, 0.04, 12.34, 1e9, -3.0]])
    np.testing.assert_array_equal(whole_steps(values, 0.1), [[0, 1, 1, 123, 65535, 1]])


def test_floats_mark_what_is_not_analysed() -> None:
    values = np.array([np.nan, np.inf, 0.0, FLOAT_STEP / 4, -FLOAT_STEP / 4, -3.0])
    np.testing.assert_array_equal(float_values(values), [0, 0, FLOAT_STEP, FLOAT_STEP, FLOAT_STEP, -3.0])


@given(st.floats(-16384, 16384))
def test_a_float_is_a_multiple_of_the_step_and_as_near(value: float) -> None:
    stored = float(float_values(np.array([value]))[0])
    assert stored / FLOAT_STEP == round(stored / FLOAT_STEP)
    assert stored != 0
    assert abs(stored - value) <= (FLOAT_STEP / 2 if abs(value) > FLOAT_STEP else 1.5 * FLOAT_STEP)


@given(st.integers(1, 3_000_000), st.floats(-1e-9, 1e-9))
def test_last_bits_are_not_stored(steps: int, noise: float) -> None:
    value = steps * FLOAT_STEP
    assert float_values(np.array([value * (1 + noise)]))[0] == value
