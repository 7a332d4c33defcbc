from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmrmap.dicom.writing.stored_values import SIGNIFICANT_BITS, float_values, whole_steps


def test_whole_steps_mark_what_is_not_analysed() -> None:
    values = np.array([[np.nan, 0.0, 0.04, 12.34, 1e9, -3.0]])
    np.testing.assert_array_equal(whole_steps(values, 0.1), [[0, 1, 1, 123, 65535, 1]])


def test_floats_mark_what_is_not_analysed() -> None:
    tiny = np.finfo(np.float32).tiny
    values = np.array([np.nan, np.inf, 0.0, -3.0, 1e-300])
    np.testing.assert_array_equal(float_values(values), np.array([0, 0, tiny, -3, tiny], np.float32))


@given(st.floats(1e-3, 1e5), st.sampled_from([-1.0, 1.0]))
def test_a_float_is_near_and_has_few_bits(value: float, sign: float) -> None:
    stored = float(float_values(np.array([sign * value]))[0])
    assert stored == pytest.approx(sign * value, rel=2.0**-SIGNIFICANT_BITS)
    assert (math.frexp(stored)[0] * 2**SIGNIFICANT_BITS).is_integer()


@given(st.integers(2 ** (SIGNIFICANT_BITS - 1), 2**SIGNIFICANT_BITS), st.floats(-1e-9, 1e-9))
def test_last_bits_are_not_stored(steps: int, noise: float) -> None:
    assert float_values(np.array([steps * (1 + noise)]))[0] == steps
