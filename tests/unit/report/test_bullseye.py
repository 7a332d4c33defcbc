"""Segments that tile the disc as the AHA drew them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from cmrmap.report.bullseye import WEDGES, filled_wedges, segment_means


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


def test_a_wedge_has_its_means_colour_and_words_or_none(case):
    filled = filled_wedges(case.results.maps[0])
    assert [one.aha for one in filled] == list(WEDGES)
    assert [one.label for one in filled[:5]] == ["51.3", "50.0", "51.0", "52.0", "-"]
    assert len({one.colour for one in filled[4:]}) == 1
    assert filled[0].dark
    assert not filled[4].dark
