"""Colours that rise with the value."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import color

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


# what a reader without one kind of cone sees of linear RGB (Machado et al., IEEE Trans Vis Comput Graph 2009;15:1291)
BLIND = {
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
}
STEPS = 16


def _seen(colours, blindness):
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(linear @ np.array(BLIND[blindness]).T, 0.0, 1.0)
    return np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * mixed ** (1 / 2.4) - 0.055)


def _differences(colours):
    """CIEDE2000 between each pair of colours, (n, n); about 2 is just noticeable beside each other."""
    lab = color.rgb2lab(colours)
    return color.deltaE_ciede2000(lab[:, None], lab[None, :])


@pytest.mark.parametrize("blindness", list(BLIND))
@pytest.mark.parametrize("kind", list(MapKind))
def test_values_are_told_apart_by_readers_who_miss_a_kind_of_cone(kind, blindness):
    colours = lookup_table(SCALES[kind].colours)[:: 256 // STEPS] / 255.0
    seen, whole = _differences(_seen(colours, blindness)), _differences(colours)
    neighbours = np.diagonal(seen, 1)
    assert neighbours.min() > 2.0  # a sixteenth of the scale
    assert neighbours.max() < 4.0 * neighbours.min() + 4.0  # no false edge
    far = np.abs(np.subtract.outer(np.arange(STEPS), np.arange(STEPS))) >= 4  # a quarter of the scale
    assert seen[far].min() > 8.0
    assert np.median(seen[far] / whole[far]) > 0.6


def test_the_check_finds_a_scale_that_confuses_them():
    """Red to green of one lightness: plain to most, one colour to a reader without the green cone."""
    share = np.linspace(0.0, 1.0, STEPS)[:, None]
    colours = (1 - share) * [0.80, 0.35, 0.30] + share * [0.42, 0.60, 0.30]
    assert _differences(colours)[0, -1] > 30.0
    assert _differences(_seen(colours, "deuteranopia"))[0, -1] < 15.0
