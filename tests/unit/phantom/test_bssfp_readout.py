"""Times within a readout, and readouts that cannot be."""

import pytest

from cmrmap.phantom.bssfp_readout import BalancedReadout


def test_the_centre_comes_after_the_ramp_and_the_pulses_before_it_at_the_echo():
    readout = BalancedReadout(repetition_time_ms=3.0, ramp_pulses=5, pulses_before_centre=20, pulses=60)
    assert readout.delay_to_centre_ms == pytest.approx(3.0 * (5 + 20) + 1.5)
    assert readout.duration_ms == pytest.approx(3.0 * 65)
    assert readout.train[readout.centre_pulse][0] == readout.flip_angle_deg


def test_a_linear_ramp_rises_in_equal_steps():
    flips = [flip for flip, _ in BalancedReadout(flip_angle_deg=36.0, ramp_pulses=5).train[:7]]
    assert flips == pytest.approx([6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 36.0])


def test_half_the_angle_comes_half_a_repetition_ahead():
    readout = BalancedReadout(repetition_time_ms=4.0, ramp="half-alpha", pulses_before_centre=0, pulses=2)
    assert readout.train == ((17.5, 2.0), (35.0, 4.0), (35.0, 4.0))
    assert readout.delay_to_centre_ms == 4.0


def test_without_a_ramp_the_first_pulse_may_be_the_centre():
    assert BalancedReadout(ramp="none", pulses_before_centre=0, pulses=1).delay_to_centre_ms == pytest.approx(1.4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"flip_angle_deg": 0.0}, r"flip_angle_deg must be within \(0, 180\]; found 0"),
        ({"flip_angle_deg": float("nan")}, "flip_angle_deg must be"),
        ({"repetition_time_ms": 0.0}, "repetition_time_ms must be > 0"),
        ({"ramp": "kaiser"}, "ramp must be .* found 'kaiser'"),
        ({"ramp_pulses": -1}, "ramp_pulses must be >= 0"),
        ({"pulses": 20}, "at least 0 and below 20 pulses; found 27"),
        ({"pulses_before_centre": -1}, "found -1"),
    ],
)
def test_a_readout_that_cannot_be_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        BalancedReadout(**options)
