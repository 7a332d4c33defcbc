"""Colours that rise with the value."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.report.scales import SCALES, is_dark, lookup_table


@pytest.mark.parametrize("kind", list(MapKind))
def test_the_ends_of_a_scale_have_its_first_and_last_colour_and_all_beyond_too(kind):
    scale = SCALES[kind]
    table = lookup_table(scale.colours)
    painted = scale.paint(np.array([-1e9, scale.low, scale.high, 1e9, np.nan]))
    np.testing.assert_array_equal(painted, table[[0, 0, 255, 255, 0]])
    assert (scale.ticks[0], scale.ticks[-1]) == (scale.low, scale.high)
    assert [scale.fraction(v) for v in (scale.low - 1, (scale.low + scale.high) / 2, scale.high + 1)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("kind", list(MapKind))
def test_lightness_rises_along_the_whole_scale(kind):
    """Read in grey, or with any colour blindness, more is brighter."""
    linear = (lookup_table(SCALES[kind].colours) / 255.0) ** 2.2
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > -2e-3).all()
    assert luminance[-1] - luminance[0] > 0.5


def test_text_is_read_on_its_ground():
    assert is_dark((0, 0, 0))
    assert not is_dark((255, 255, 255))
