"""Colours that rise with the value, and segments that tile the disc as the AHA drew them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.report.bullseye import WEDGES, segment_means
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


def test_segments_tile_the_disc_without_overlap():
    rng = np.random.default_rng(1)
    for radius, angle in zip(rng.uniform(0.1, 1.0, 500), rng.uniform(0.0, 360.0, 500), strict=True):
        inside = [
            number
            for number, wedge in WEDGES.items()
            if wedge.inner <= radius < wedge.outer and (angle - wedge.start_deg) % 360.0 < wedge.extent_deg
        ]
        assert len(inside) == 1
    assert list(WEDGES) == list(range(1, 17))


def test_anterior_is_up_and_septal_is_left():
    for number in (1, 7, 13):
        x, y = WEDGES[number].middle
        assert y > 0.2
        assert abs(x) < 1e-9
    for number in (2, 3, 8, 9, 14):
        assert WEDGES[number].middle[0] < -0.2
    for number in (5, 6, 11, 12, 16):
        assert WEDGES[number].middle[0] > 0.2
    assert math.hypot(*WEDGES[1].middle) > math.hypot(*WEDGES[7].middle) > math.hypot(*WEDGES[13].middle)


def test_a_segment_of_several_slices_counts_every_pixel_once(case):
    means = segment_means(case.results.maps[0])
    # segment 1 is in all three slices: 100, 200 and 300 pixels of 50, 51 and 52
    assert means[1] == pytest.approx((100 * 50 + 200 * 51 + 300 * 52) / 600)
    assert means[2] == 50.0
    assert set(means) == {1, 2, 3, 4}
