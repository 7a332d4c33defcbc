"""The heart's contours: sizes of adults, contraction."""

from __future__ import annotations

import numpy as np

from cmrmap.phantom.anatomy import N_SLICES, draw_anatomy
from cmrmap.phantom.heart_contours import heart_contours
from cmrmap.phantom.heart_motion import MotionState


def test_sizes_are_those_of_adult_hearts() -> None:
    for seed in range(20):
        heart = draw_anatomy(np.random.default_rng(seed)).heart[N_SLICES // 2]
        contours = heart_contours(heart, MotionState())
        wall = contours.epicardium - contours.endocardium
        assert 55.0 < 2 * contours.epicardium.mean() < 75.0
        assert 7.0 < wall.mean() < 11.0
        assert wall.min() > 5.0


def test_contraction_thickens_the_wall_and_keeps_its_area() -> None:
    heart = draw_anatomy(np.random.default_rng(2)).heart[2]
    rest, beat = (heart_contours(heart, MotionState(contraction=value)) for value in (0.0, 0.15))
    assert np.all(beat.endocardium < rest.endocardium)
    assert np.all(beat.epicardium - beat.endocardium > rest.epicardium - rest.endocardium)
    np.testing.assert_allclose(
        beat.epicardium**2 - beat.endocardium**2, rest.epicardium**2 - rest.endocardium**2, rtol=1e-12
    )
