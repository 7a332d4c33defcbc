"""The simulated readout against what is known in closed form."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmrmap.phantom.bloch import readout_response
from cmrmap.phantom.bssfp_readout import BalancedReadout

TR = 2.8
T1_MS = st.floats(200.0, 3000.0)
T2_MS = st.floats(20.0, 200.0)


def steady_state(flip_deg: float, t1_ms, t2_ms, off_hz=0.0):
    """Magnitude at TE = TR / 2 of balanced SSFP with alternating pulses (Freeman and Hill, J Magn Reson 1971;4:366)."""
    e1, e2, alpha = np.exp(-TR / t1_ms), np.exp(-TR / t2_ms), np.deg2rad(flip_deg)
    theta = 2.0 * np.pi * off_hz * TR / 1000.0 + np.pi
    d = (1 - e1 * np.cos(alpha)) * (1 - e2 * np.cos(theta)) - e2 * (e1 - np.cos(alpha)) * (e2 - np.cos(theta))
    x = (1 - e1) * e2 * np.sin(alpha) * np.sin(theta) / d
    y = (1 - e1) * np.sin(alpha) * (1 - e2 * np.cos(theta)) / d
    return np.hypot(x, y) * np.sqrt(e2)


@pytest.mark.parametrize("flip", [15.0, 35.0, 70.0])
def test_many_pulses_reach_the_steady_state_on_and_off_resonance(flip):
    rng = np.random.default_rng(1)
    t1_ms, t2_ms, off_hz = rng.uniform(200, 600, 50), rng.uniform(20, 150, 50), rng.uniform(-200, 200, 50)
    readout = BalancedReadout(flip, TR, pulses_before_centre=2499, pulses=2500)
    response = readout_response(readout, t1_ms, t2_ms, off_hz)
    np.testing.assert_allclose(abs(response.unprepared), steady_state(flip, t1_ms, t2_ms, off_hz), rtol=2e-3, atol=1e-5)
    assert abs(response.prepared).max() < 1e-4


def test_on_resonance_the_steady_state_is_the_short_formula():
    """Scheffler and Lehnhardt, Eur Radiol 2003;13:2409-2418."""
    e1, e2, alpha = np.exp(-TR / 600.0), np.exp(-TR / 50.0), np.deg2rad(35.0)
    known = np.sin(alpha) * (1 - e1) * np.sqrt(e2) / (1 - (e1 - e2) * np.cos(alpha) - e1 * e2)
    response = readout_response(BalancedReadout(35.0, TR, pulses_before_centre=1999, pulses=2000), 600.0, 50.0)
    assert response.unprepared.real == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize("flip", [10.0, 35.0, 70.0])
@pytest.mark.parametrize(("t1_ms", "t2_ms"), [(300.0, 45.0), (1150.0, 50.0), (1650.0, 200.0)])
def test_a_train_after_an_inversion_recovers_with_the_known_time_constant(t1_ms, t2_ms, flip):
    """1/T1* = cos^2(a/2)/T1 + sin^2(a/2)/T2, start sin(a/2): Schmitt et al., Magn Reson Med 2004;51:661-667."""
    centres, half = (10, 40, 160), np.deg2rad(flip) / 2.0
    responses = [
        readout_response(BalancedReadout(flip, TR, "half-alpha", pulses_before_centre=n, pulses=n + 1), t1_ms, t2_ms)
        for n in centres
    ]
    kept = np.array([float(one.prepared.real) for one in responses])
    rate = np.cos(half) ** 2 / t1_ms + np.sin(half) ** 2 / t2_ms
    assert -np.diff(np.log(kept)) / np.diff(centres) == pytest.approx(rate * TR, rel=0.01)
    assert kept[0] * np.exp(10 * TR * rate) == pytest.approx(np.sin(half), rel=0.05)
    # towards the steady state, which makes B/A of the whole curve 1 + start / steady state
    unprepared = np.array([float(one.unprepared.real) for one in responses])
    steady = steady_state(flip, t1_ms, t2_ms)
    assert unprepared == pytest.approx(steady * (1.0 - np.exp(-rate * TR * np.array(centres))), rel=0.12, abs=3e-3)


@pytest.mark.parametrize("off_hz", [0.0, 50.0])
def test_without_flip_angle_a_readout_disturbs_nothing(off_hz):
    readout = BalancedReadout(flip_angle_deg=1e-4)
    response = readout_response(readout, [300.0, 1200.0], [45.0, 45.0], off_hz)
    left = np.exp(-readout.duration_ms / np.array([300.0, 1200.0]))
    np.testing.assert_allclose(response.kept, left, rtol=1e-8)
    np.testing.assert_allclose(response.recovered, 1.0 - left, rtol=1e-8)


@settings(deadline=None, max_examples=40)
@given(
    flip=st.floats(1.0, 180.0),
    t1_ms=T1_MS,
    t2_ms=T2_MS,
    off_hz=st.floats(-500.0, 500.0),
    start=st.floats(-1.0, 1.0),
    ramp=st.sampled_from(["linear", "half-alpha", "none"]),
)
def test_magnetisation_never_exceeds_equilibrium(flip, t1_ms, t2_ms, off_hz, start, ramp):
    response = readout_response(BalancedReadout(flip, TR, ramp), t1_ms, min(t2_ms, t1_ms), off_hz)
    assert abs(response.prepared * start + response.unprepared) <= 1.0
    assert abs(response.kept * start + response.recovered) <= 1.0


def test_water_in_the_pass_band_is_positive_and_fat_in_the_next_one_opposed():
    """220 Hz turn fat by 222 degrees in each TR (Hargreaves et al., Magn Reson Med 2003;50:210-213)."""
    response = readout_response(BalancedReadout(), [1150.0, 1150.0, 343.0], [50.0, 50.0, 58.0], [0.0, 60.0, 220.0])
    assert (response.prepared.real[:2] > 0).all()
    assert response.prepared.real[2] < 0


def test_frequencies_of_either_sign_give_the_same_magnitudes():
    both = readout_response(BalancedReadout(), [1150.0, 1150.0], 50.0, [70.0, -70.0])
    for one in (both.prepared, both.unprepared):
        assert abs(one[0]) == pytest.approx(abs(one[1]))
    assert both.kept[0] == pytest.approx(both.kept[1])


def test_tissues_side_by_side_are_those_one_by_one():
    t1, t2, off = np.array([300.0, 1150.0, 1650.0]), np.array([45.0, 50.0, 250.0]), np.array([0.0, 40.0, -90.0])
    together = readout_response(BalancedReadout(), t1, t2, off)
    for index in range(3):
        alone = readout_response(BalancedReadout(), t1[index], t2[index], off[index])
        assert alone.prepared == together.prepared[index]
        assert alone.recovered == together.recovered[index]
