"""Rings of exact place and size, shared by the tests of this room."""

import numpy as np
import pytest

from cmrmap.core.outlines import Label


@pytest.fixture(scope="session")
def ring():
    """Give a function that draws one label image: cavity and wall about (row, column)."""

    def draw(row=40.3, column=43.6, inner=12.0, outer=20.0, size=88, lobes=0.0):
        y, x = np.mgrid[:size, :size]
        radius = np.hypot(y - row, x - column)
        swell = 1 + lobes * np.cos(2 * np.arctan2(y - row, x - column))
        labels = np.zeros((size, size), np.uint8)
        labels[radius <= outer * swell] = Label.MYOCARDIUM
        labels[radius <= inner * swell] = Label.CAVITY
        return labels

    return draw
