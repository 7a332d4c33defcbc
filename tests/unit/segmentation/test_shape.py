"""Overlap of two masks."""

import numpy as np

from cmrmap.segmentation.shape import dice


def test_dice_by_hand() -> None:
    one = np.array([[1, 1, 0, 0]], dtype=bool)
    other = np.array([[0, 1, 1, 0]], dtype=bool)
    assert dice(one, other) == 0.5
    assert dice(one, one) == 1.0
    assert np.isnan(dice(one & False, one & False))
