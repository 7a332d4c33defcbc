"""A border: closed, within its bounds, the cheapest there is."""

import numpy as np
import pytest

from cmrmap.segmentation.border import N_ANGLES, Outline, _closed_paths, trace


def test_bounds_are_kept() -> None:
    y, x = np.mgrid[:96, :96]
    inside = 1 / (1 + np.exp((np.hypot(y - 48, x - 48) - 24) * 3))
    radius = trace(inside, (48.0, 48.0), 40.0, (28.0, 33.0)).radius
    assert radius.min() > 27
    assert radius.max() < 34


def test_the_path_is_closed_and_the_cheapest() -> None:
    rng = np.random.default_rng(3)
    cost = rng.random((N_ANGLES, 9))
    path = _closed_paths(cost[None])[0]
    jumps = np.abs(np.diff(np.append(path, path[0])))
    assert jumps.max() <= 2
    low = cost.copy()
    low[:, 4] = -5.0
    assert np.all(_closed_paths(low[None])[0] == 4)


def test_an_outline_fills_its_area() -> None:
    outline = Outline((30.0, 31.5), np.full(N_ANGLES, 12.0))
    assert np.count_nonzero(outline.fill((64, 64))) == pytest.approx(np.pi * 144, rel=0.02)
