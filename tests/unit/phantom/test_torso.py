"""Painting of the surroundings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cmrmap.phantom.shapes import Blob, Tube, coverage
from cmrmap.phantom.tissue import Tissue
from cmrmap.phantom.torso import draw_torso, paint


def test_coverage_adds_up_to_the_area() -> None:
    axis = np.arange(-40.0, 41.0)
    circle = Blob(Tissue.LIVER, (3.2, -5.7), (12.0, 12.0))
    assert coverage(circle, axis[None, :], axis[:, None], 1.0).sum() == pytest.approx(math.pi * 144.0, rel=0.01)
    ellipse = Blob(Tissue.LIVER, (0.0, 0.0), (20.0, 8.0), rotation_rad=0.7)
    assert coverage(ellipse, axis[None, :], axis[:, None], 1.0).sum() == pytest.approx(math.pi * 160.0, rel=0.02)
    tube = Tube(Tissue.VESSEL, (-10.0, -10.0), (10.0, 10.0), 3.0, 3.0, opacity=0.5)
    area = 6.0 * math.hypot(20.0, 20.0) + math.pi * 9.0
    assert coverage(tube, axis[None, :], axis[:, None], 1.0).sum() == pytest.approx(0.5 * area, rel=0.02)


def test_later_shapes_cover_earlier_ones() -> None:
    big, small = Blob(Tissue.FAT, (0.0, 0.0), (20.0, 20.0)), Blob(Tissue.LUNG, (0.0, 0.0), (10.0, 10.0))
    fractions = paint((big, small), (64, 64), 1.0)
    assert fractions[Tissue.LUNG, 32, 32] == 1.0
    assert fractions[Tissue.FAT, 32, 32] == 0.0
    assert fractions[Tissue.FAT, 32, 48] == 1.0
    assert fractions[:, 2, 2].sum() == 0.0


def test_shapes_outside_the_image_leave_it_empty() -> None:
    assert not paint((Blob(Tissue.FAT, (500.0, 0.0), (20.0, 20.0)),), (64, 64), 1.0).any()


def test_clipped_shapes_stay_inside_the_mask() -> None:
    clip = np.zeros((64, 64))
    clip[:, :32] = 1.0
    fractions = paint((Blob(Tissue.FAT, (0.0, 0.0), (20.0, 20.0), clipped=True),), (64, 64), 1.0, clip)
    assert fractions[Tissue.FAT, 32, 20] == 1.0
    assert not fractions[Tissue.FAT, :, 32:].any()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_slice_has_its_organs_and_fractions_are_shares(seed: int) -> None:
    for torso in draw_torso(np.random.default_rng(seed), 5):
        wall = paint(torso.wall, (256, 256), 1.2)
        organs = paint(torso.organs, (256, 256), 1.2)
        for fractions in (wall, organs):
            assert fractions.min() >= 0.0
            assert fractions.sum(axis=0).max() <= 1.0 + 1e-5
        assert all(wall[tissue].sum() > 20.0 for tissue in (Tissue.FAT, Tissue.MUSCLE, Tissue.LUNG, Tissue.MARROW))
        assert all(organs[tissue].sum() > 100.0 for tissue in (Tissue.LIVER, Tissue.STOMACH, Tissue.SPLEEN))
