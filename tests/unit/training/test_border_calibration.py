"""The calibration of borders: a known shift is measured as such, and the curve says how often borders are off."""

import numpy as np
import pytest

from cmrmap.core.errors import InputError
from cmrmap.segmentation.border import N_ANGLES, Outline
from cmrmap.training.border_calibration import BorderSamples, _further_out, calibrate


@pytest.mark.parametrize("shift_px", [-3.0, 0.0, 2.0])
def test_a_border_further_out_is_measured_in_mm(shift_px: float) -> None:
    rows, columns = np.indices((120, 120))
    mask = np.hypot(rows - 70, columns - 50) < 20
    outline = Outline((60.0, 42.0), np.full(N_ANGLES, 20.0 + shift_px))
    found = _further_out(outline, mask, (10.0, 8.0))
    assert found == pytest.approx(np.full(N_ANGLES, 1.25 * shift_px), abs=0.9)
    assert found.mean() == pytest.approx(1.25 * shift_px, abs=0.3)


def test_the_curve_says_how_often_borders_are_off() -> None:
    rng = np.random.default_rng(0)
    odds = rng.normal(-2, 2, (4000, 2))
    truth = 1 / (1 + np.exp(-(0.6 * odds - 0.5)))
    off = np.where(rng.random(odds.shape) < truth, 5.0, 1.0) * rng.choice([-1, 1], odds.shape)
    curve = calibrate(BorderSamples(odds, off))
    assert curve.slope == pytest.approx((0.6, 0.6), abs=0.08)
    assert curve.offset == pytest.approx((-0.5, -0.5), abs=0.15)
    told = curve.probabilities(odds.T)
    for low, high in ((0.1, 0.2), (0.3, 0.5)):
        within = (told > low) & (told < high)
        assert np.mean(np.abs(off.T)[within] > 3) == pytest.approx(told[within].mean(), abs=0.05)


def test_samples_without_an_error_tell_nothing() -> None:
    with pytest.raises(InputError, match="0 of 10 sectors are off by more than 3 mm"):
        calibrate(BorderSamples(np.zeros((10, 2)), np.zeros((10, 2))))
