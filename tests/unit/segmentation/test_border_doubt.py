"""Doubt about a border: none where the probabilities are sharp, much where they are not, and where they are not."""

import numpy as np
import pytest
from scipy import ndimage

from cmrmap.segmentation.border import N_ANGLES
from cmrmap.segmentation.border_doubt import BorderCalibration, border_log_odds
from cmrmap.segmentation.ring import find_rings

PX = 1.25


def _probabilities(blur_px: float, side_only: bool = False) -> np.ndarray:
    """A round ventricle whose borders are known, or blurred (all around, or to the right of the centre)."""
    rows, columns = np.indices((112, 112), dtype=float)
    radius = np.hypot(rows - 56, columns - 54)
    cavity, ventricle = (radius < 16).astype(float), (radius < 25).astype(float)
    if side_only:
        soft = [ndimage.gaussian_filter(mask, blur_px) for mask in (cavity, ventricle)]
        cavity, ventricle = (np.where(columns > 54, s, m) for s, m in zip(soft, (cavity, ventricle), strict=True))
    else:
        cavity, ventricle = (ndimage.gaussian_filter(mask, blur_px) for mask in (cavity, ventricle))
    cavity, ventricle = (0.98 * mask + 0.01 for mask in (cavity, ventricle))
    ventricle = np.maximum(ventricle, cavity + 1e-6)
    out = np.stack([1 - ventricle, ventricle - cavity, cavity, np.zeros_like(cavity)])
    return out[None].astype(np.float32)


def _odds(probabilities: np.ndarray) -> np.ndarray:
    return border_log_odds(find_rings(probabilities, PX), probabilities, PX)


def test_a_blurred_border_is_in_more_doubt_than_a_sharp_one() -> None:
    sharp, soft = _odds(_probabilities(0.5)), _odds(_probabilities(4.0))
    assert sharp.shape == (2, N_ANGLES)
    assert (soft > sharp + 1).all()


def test_the_doubt_is_where_the_blur_is() -> None:
    found = _odds(_probabilities(4.0, side_only=True))
    right = np.cos(np.arange(N_ANGLES) * 2 * np.pi / N_ANGLES) > 0.6
    left = np.cos(np.arange(N_ANGLES) * 2 * np.pi / N_ANGLES) < -0.6
    assert found[:, right].min() > found[:, left].max() + 0.5


def test_without_a_ring_nothing_is_known() -> None:
    assert np.isnan(border_log_odds([None], np.zeros((1, 4, 32, 32)), PX)).all()
    assert np.isnan(border_log_odds([], np.zeros((0, 4, 32, 32)), PX)).all()


def test_a_calibrated_probability_rises_with_the_doubt() -> None:
    curve = BorderCalibration((0.5, 1.0), (-1.0, 0.0))
    odds = np.linspace(-8, 4, N_ANGLES) * np.ones((2, 1))
    told = curve.probabilities(odds)
    assert (np.diff(told, axis=1) > 0).all()
    assert told[1, 0] == pytest.approx(1 / (1 + np.exp(8)), rel=1e-4)
    assert np.isnan(curve.probabilities(np.full((2, N_ANGLES), np.nan))).all()
