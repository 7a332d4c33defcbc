"""Signal equations: limits, and that the relaxometry models are exact for them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import least_squares

from cmrmap.phantom.signal import (
    bssfp_amplitude,
    bssfp_components,
    inversion_recovery,
    look_locker,
    rician_magnitude,
    saturation_recovery,
    t2_preparation,
)

AMPLITUDES = st.floats(1.0, 5000.0)
T1_MS = st.floats(100.0, 3000.0)
T2_MS = st.floats(20.0, 400.0)


@settings(deadline=None)
@given(amplitude=AMPLITUDES, t1_ms=T1_MS)
def test_inversion_recovery_limits_and_null(amplitude: float, t1_ms: float) -> None:
    start, null, end = inversion_recovery(amplitude, t1_ms, np.array([0.0, t1_ms * np.log(2.0), np.inf]))
    assert start == pytest.approx(-amplitude)
    assert null == pytest.approx(0.0, abs=1e-9 * amplitude)
    assert end == pytest.approx(amplitude)


@settings(deadline=None)
@given(amplitude=AMPLITUDES, t2_ms=T2_MS, offset=st.floats(0.0, 500.0))
def test_t2_preparation_limits(amplitude: float, t2_ms: float, offset: float) -> None:
    start, echo, end = t2_preparation(amplitude, t2_ms, offset, np.array([0.0, t2_ms, np.inf]))
    assert start == pytest.approx(amplitude + offset)
    assert echo == pytest.approx(amplitude / np.e + offset)
    assert end == offset


@settings(deadline=None)
@given(amplitude=AMPLITUDES, t1_ms=T1_MS, efficiency=st.floats(0.8, 1.0))
def test_saturation_recovery_limits(amplitude: float, t1_ms: float, efficiency: float) -> None:
    start, end = saturation_recovery(amplitude, t1_ms, np.array([0.0, np.inf]), efficiency)
    assert start == pytest.approx(amplitude * (1.0 - efficiency), abs=1e-9 * amplitude)
    assert end == pytest.approx(amplitude)


@settings(deadline=None)
@given(t1_ms=T1_MS, ratio=st.floats(1.5, 2.0))
def test_look_locker_correction_recovers_t1(t1_ms: float, ratio: float) -> None:
    times = np.array([0.3, 1.0]) * t1_ms
    signal = look_locker(1.0, t1_ms, ratio, times)
    apparent = (times[1] - times[0]) / np.log((1.0 - signal[0]) / (1.0 - signal[1]))
    assert apparent * (ratio - 1.0) == pytest.approx(t1_ms, rel=1e-6)


def test_look_locker_refuses_a_ratio_without_recovery() -> None:
    with pytest.raises(ValueError, match="ratio B/A must be > 1"):
        look_locker(1.0, 1000.0, 1.0, 100.0)


@settings(deadline=None)
@given(t1_ms=st.floats(200.0, 2000.0), t2_ms=st.floats(20.0, 200.0))
def test_bssfp_goes_from_the_first_pulse_to_the_steady_state(t1_ms: float, t2_ms: float) -> None:
    at_once, none = bssfp_components(1.0, t1_ms, t2_ms, centre_time_ms=0.0)
    assert at_once == pytest.approx(np.sin(np.deg2rad(35.0)))
    assert none == 0.0
    decayed, steady = bssfp_components(1.0, t1_ms, t2_ms, centre_time_ms=1e6)
    ratio, cosine = t1_ms / t2_ms, np.cos(np.deg2rad(70.0))
    assert decayed == pytest.approx(0.0, abs=1e-12)
    assert steady == pytest.approx(np.sin(np.deg2rad(70.0)) / (ratio + 1.0 - cosine * (ratio - 1.0)))


def test_blood_is_brighter_than_muscle() -> None:
    blood, muscle = bssfp_amplitude([0.95, 0.80], [1600.0, 1150.0], [250.0, 50.0])
    assert 1.3 < blood / muscle < 2.0


@pytest.mark.parametrize("t1_ms", [300.0, 1150.0, 1900.0])
def test_two_parameter_fit_of_inversion_recovery_is_exact(t1_ms: float) -> None:
    times = np.array([193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2846.0, 2961.0, 3688.0, 3874.0, 30000.0])
    signal = np.abs(inversion_recovery(850.0, t1_ms, times))
    found = least_squares(
        lambda p: np.abs(p[0] * (1 - 2 * np.exp(-times / p[1]))) - signal, [800.0, 1.05 * t1_ms], x_scale=[100, 100],
        xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    np.testing.assert_allclose(found.x, [850.0, t1_ms], rtol=1e-6)


@pytest.mark.parametrize("t2_ms", [40.0, 50.0, 65.0, 250.0])
def test_three_parameter_fit_of_t2_preparation_is_exact(t2_ms: float) -> None:
    times = np.array([0.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0, 85.0, np.inf])
    signal = t2_preparation(800.0, t2_ms, 90.0, times)
    found = least_squares(
        lambda p: p[0] * np.exp(-times / p[1]) + p[2] - signal, [700.0, 60.0, 50.0], x_scale=[100, 10, 10],
        xtol=1e-15, ftol=1e-15, gtol=1e-15,
    )  # fmt: skip
    np.testing.assert_allclose(found.x, [800.0, t2_ms, 90.0], rtol=1e-6)


def test_noise_is_rician() -> None:
    rng = np.random.default_rng(0)
    background = rician_magnitude(np.zeros(200_000), 10.0, rng)
    assert background.mean() == pytest.approx(10.0 * np.sqrt(np.pi / 2), rel=0.01)
    bright = rician_magnitude(np.full(200_000, -1000.0), 10.0, rng)
    assert bright.mean() == pytest.approx(1000.0 + 10.0**2 / 2000.0, abs=0.1)
    assert bright.std() == pytest.approx(10.0, rel=0.01)


def test_no_noise_gives_the_magnitude() -> None:
    np.testing.assert_array_equal(rician_magnitude([-3.0, 4.0], 0.0, np.random.default_rng(0)), [3.0, 4.0])


def test_negative_noise_is_refused() -> None:
    with pytest.raises(ValueError, match="noise_sd must be >= 0; found -1"):
        rician_magnitude([1.0], -1.0, np.random.default_rng(0))
