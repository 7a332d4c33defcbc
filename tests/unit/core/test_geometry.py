"""How far two image planes may differ and still show the same tissue, or be stated once."""

import numpy as np
import pytest

from cmrmap.core.geometry import SliceGeometry, orientation_cosine, same_orientation, stated_once


def plane(turn_deg: float = 0.0, tilt_deg: float = 0.0, spacing_mm: float = 1.0) -> SliceGeometry:
    """An axial plane, its rows turned within it or its columns tilted out of it."""
    turn, tilt = np.deg2rad([turn_deg, tilt_deg])
    rows = np.array([np.cos(turn), np.sin(turn), 0.0])
    columns = np.array([-np.sin(turn), np.cos(turn), 0.0]) * np.cos(tilt) + np.array([0.0, 0.0, np.sin(tilt)])
    return SliceGeometry((0.0, 0.0, 0.0), tuple(rows.tolist()), tuple(columns.tolist()), (spacing_mm, 1.0))


@pytest.mark.parametrize("how", ["turn_deg", "tilt_deg"])
@pytest.mark.parametrize(("degrees", "expected"), [(0.0, True), (2.5, True), (-2.5, True), (2.7, False), (25.0, False)])
def test_planes_alike(how: str, degrees: float, expected: bool) -> None:
    other = plane(**{how: degrees})
    assert same_orientation(plane(), other) is expected
    assert same_orientation(other, plane()) is expected
    assert orientation_cosine(plane(), other) == pytest.approx(np.cos(np.deg2rad(degrees)))


def test_rows_that_run_the_other_way_are_not_alike() -> None:
    assert not same_orientation(plane(), plane(turn_deg=180.0))
    assert orientation_cosine(plane(), plane(turn_deg=180.0)) == pytest.approx(-1.0)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (plane(), True),
        (plane(turn_deg=0.005), True),
        (plane(turn_deg=0.01), False),
        (plane(tilt_deg=0.01), False),
        (plane(spacing_mm=1.00009), True),
        (plane(spacing_mm=1.0002), False),
    ],
)
def test_what_one_object_states_once_is_much_closer(other: SliceGeometry, expected: bool) -> None:
    assert stated_once(plane(), other) is expected
    assert same_orientation(plane(), other)


def test_a_place_of_the_image_lies_along_its_rows_and_columns() -> None:
    image = SliceGeometry((10.0, 20.0, 30.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (2.0, 0.5))
    assert image.in_patient(0, 0) == pytest.approx([10.0, 20.0, 30.0])
    # a column further is half a millimetre along the rows' direction, a row further two along the columns'
    assert image.in_patient(3, 4) == pytest.approx([10.0, 22.0, 24.0])
    assert image.in_patient(0.5, -1) == pytest.approx([10.0, 19.5, 29.0])
