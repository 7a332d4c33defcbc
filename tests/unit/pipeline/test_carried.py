"""A contour is carried from image to image as the heart moved."""

import numpy as np
import pytest

from cmrmap.core.outlines import Label
from cmrmap.pipeline.carried import carried, moved
from tests.unit.pipeline.corrected_study import RING


def test_a_contour_is_carried_as_the_heart_moved() -> None:
    network = np.stack([np.roll(RING, by, axis=(0, 1)) for by in ((0, 0), (3, -2), (0, 0))])
    drawn = np.roll(RING, 1, axis=1)
    found = carried(drawn, 0, [1, 2], np.zeros((3, 64, 64), np.float32), network, 1.0)
    np.testing.assert_array_equal(found[1], np.roll(drawn, (3, -2), axis=(0, 1)))
    np.testing.assert_array_equal(found[2], drawn)


def test_a_contour_is_carried_by_registration_where_the_network_drew_nothing() -> None:
    rng = np.random.default_rng(1)
    scene = np.where(RING == Label.MYOCARDIUM, 1.0, np.where(RING == Label.CAVITY, 3.0, 2.0))
    images = np.stack([np.roll(scene, by, axis=(0, 1)) for by in ((0, 0), (4, 3), (0, 0))])
    images += rng.normal(0.0, 0.05, images.shape)
    found = carried(RING, 0, [1], images.astype(np.float32), np.zeros(images.shape, np.uint8), 1.5)
    centre = [axis.mean() for axis in np.nonzero(found[1])]
    assert centre == pytest.approx([31.5 + 4, 31.5 + 3], abs=0.5)


@pytest.mark.parametrize("shift", [(0.5, 0.0), (0.3, -0.7), (-2.25, 1.5)])
def test_a_ring_moved_between_pixels_keeps_its_size_and_stays_a_ring(shift: tuple[float, float]) -> None:
    rows, columns = np.mgrid[:64, :64] - 31.5
    radius = np.hypot(rows, columns)
    ring = np.where(radius < 9, Label.CAVITY, np.where(radius < 15, Label.MYOCARDIUM, 0)).astype(np.uint8)
    found = moved(ring, np.array(shift))
    body = np.nonzero(found > 0)
    assert [axis.mean() - 31.5 for axis in body] == pytest.approx(shift, abs=0.1)
    for label in (Label.CAVITY, Label.MYOCARDIUM):
        assert np.count_nonzero(found == label) == pytest.approx(np.count_nonzero(ring == label), rel=0.04)
