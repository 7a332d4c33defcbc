"""How planes lie to the long axis of a usual left ventricle, and which way its apex is."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.heart_axis import LONG_AXIS, base_to_apex, long_axis_deg


def _geometry(row, column):
    return SliceGeometry((0.0, 0.0, 0.0), row, column, (1.0, 1.0))


def test_normal_is_turned_to_the_left_and_front():
    towards, decisive = base_to_apex(_geometry((0.6, 0.8, 0.0), (0.0, 0.0, -1.0)))
    away, decisive_too = base_to_apex(_geometry((0.0, 0.0, -1.0), (0.6, 0.8, 0.0)))
    assert decisive
    assert decisive_too
    np.testing.assert_allclose(towards, away)
    assert towards[0] > 0.0
    assert towards[1] < 0.0


def test_transverse_stack_is_not_decisive_and_keeps_its_normal():
    normal, decisive = base_to_apex(_geometry((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    assert not decisive
    np.testing.assert_allclose(normal, (0.0, 0.0, 1.0))


@pytest.mark.parametrize(
    ("degrees", "decisive"), [(5.0, False), (11.0, False), (12.0, True), (20.0, True), (45.0, True)]
)
def test_a_plane_tells_base_from_apex_from_twelve_degrees_of_tilt_on(degrees: float, decisive: bool):
    """The normal leans from the feet towards left and front: its part along that way is the sine of the tilt."""
    along, lean = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    across = np.sqrt(0.5)
    row = (across, across, 0.0)
    column = (-across * along, across * along, lean)
    normal, found = base_to_apex(_geometry(row, column))
    assert found is decisive
    assert abs(normal @ (across, -across, 0.0)) == pytest.approx(lean)


@pytest.mark.parametrize(
    ("row", "column", "degrees"),
    [((1, 0, 0), (0, 1, 0), 61), ((1, 0, 0), (0, 0, -1), 57), ((0, 1, 0), (0, 0, -1), 47)],
)
def test_the_patients_own_planes_lie_between(row, column, degrees):
    assert long_axis_deg(SliceGeometry((0, 0, 0), row, column, (1.2, 1.2))) == pytest.approx(degrees, abs=1)


def test_a_short_axis_is_across_the_axis():
    across = np.cross(LONG_AXIS, (0, 0, 1))
    across /= np.linalg.norm(across)
    plane = SliceGeometry((0, 0, 0), tuple(across), tuple(np.cross(LONG_AXIS, across)), (1.2, 1.2))
    assert long_axis_deg(plane) == pytest.approx(0, abs=1e-4)
