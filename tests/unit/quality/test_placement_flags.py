"""What is told of where slices lie: an order that anatomy contradicts, insertion points that are not measured."""

import numpy as np
import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.quality.placement_flags import insertion_point_flags, mirror_flags, plane_flags, slice_order_flags
from cmrmap.regional import InsertionPoints, assign_levels


def test_insertion_point_flags():
    angles = np.array([0.0, 0.1, 0.2, np.nan])
    points = InsertionPoints(
        angles, angles + 1.0, ("measured", "manual", "neighbour", "none"), ("", "", "no RV beside", "no RV at all")
    )
    flags = insertion_point_flags(points, MapKind.T2)
    assert [(f.slice_index, f.code, f.severity, f.map) for f in flags] == [
        (2, "insertion_points_from_neighbour", "info", MapKind.T2),
        (3, "insertion_points_missing", "warning", MapKind.T2),
    ]
    assert flags[0].message == "RV insertion points taken from neighbouring slices: no RV beside"
    assert flags[1].message == "no AHA segments (no RV at all): mark RV insertion points by hand"


@pytest.mark.parametrize(
    ("areas", "expected"),
    [
        ([3600.0, 3550, 3400, 2900, 2100], []),
        ([2100.0, 2900, 3400, 3550, 3600], [("slice_order_reversed", "warning")]),
        ([3000.0, 3000, 3000], [("slice_order_unconfirmed", "info")]),
        ([3000.0, 2900, 2800], [("slice_order_unconfirmed", "info")]),
        ([3000.0, np.nan, 2000], [("slice_order_unconfirmed", "info")]),
        ([3000.0], [("slice_order_unconfirmed", "info")]),
        ([3000.0, 1000, 1000, 1000, 2900], [("slice_order_unconfirmed", "info")]),
        ([np.nan] * 5, [("slice_order_unconfirmed", "info")]),
    ],
)
def test_an_order_that_anatomy_does_not_confirm_is_told(areas, expected):
    flags = slice_order_flags(assign_levels(np.array(areas)), MapKind.NATIVE_T1)
    assert [(flag.code, flag.severity) for flag in flags] == expected
    assert all((flag.map, flag.slice_index) == (MapKind.NATIVE_T1, None) for flag in flags)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ([0.9, 0.95, 0.8], False),
        ([-0.9, -0.95, np.nan], True),
        ([-0.9, 0.95, 0.9], False),
        ([-0.4, -0.3], False),
        ([np.nan, np.nan], False),
        ([], False),
    ],
)
def test_a_mirror_image_is_told_once_a_map(found, told):
    flags = mirror_flags(np.array(found), MapKind.T2)
    assert [flag.code for flag in flags] == ["mirrored"] * told


@pytest.mark.parametrize(
    ("degrees", "told"), [([10.0, 10.0], False), ([64.0], False), ([70.0, 71.0], True), ([], False)]
)
def test_a_plane_that_is_no_usual_short_axis_is_told(degrees, told):
    flags = plane_flags(degrees, MapKind.T2)
    assert [flag.code for flag in flags] == ["unusual_plane"] * told
