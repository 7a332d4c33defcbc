from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from cmrmap.core.geometry import SliceGeometry
from cmrmap.dicom.headers.frames import geometry_of
from cmrmap.dicom.selection.slices import Frame, base_to_apex, group_slices, split_by_grid


def _frames(images):
    return [Frame(image.SOPInstanceUID, "", 0, image, geometry_of(image)) for image in images]


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


@given(order=st.permutations(range(15)))
def test_slices_do_not_depend_on_file_order(order):
    images = _IMAGES
    expected = [[frame.sop_instance_uid for frame in members] for members in group_slices(_frames(images))]
    shuffled = group_slices(_frames([images[index] for index in order]))
    assert [[frame.sop_instance_uid for frame in members] for members in shuffled] == expected
    assert expected[0][0] == "1.2.3.3.1.0.0"  # slice 0 is basal by construction


def test_positions_within_tolerance_are_one_slice(toolbox):
    images = [toolbox.make_image(1, t, 0) for t in range(3)]
    images[1].ImagePositionPatient = [f"{v:.4f}" for v in toolbox.normal * 0.3]
    assert len(group_slices(_frames(images))) == 1
    images[1].ImagePositionPatient = [f"{v:.4f}" for v in toolbox.normal * 0.8]
    assert len(group_slices(_frames(images))) == 2


def test_other_matrix_or_orientation_is_another_grid(toolbox):
    images = [
        toolbox.make_image(1, 0, 0),
        toolbox.make_image(1, 1, 0, Rows=16),
        toolbox.make_image(1, 2, 0, ImageOrientationPatient=[1, 0, 0, 0, 1, 0]),
        toolbox.make_image(1, 3, 0),
        toolbox.make_image(1, 4, 0, FrameOfReferenceUID="1.2.3.9"),
    ]
    assert [len(group) for group in split_by_grid(_frames(images))] == [2, 1, 1, 1]


def _make_images():
    images = []
    for slice_index in range(3):
        for time_index in range(5):
            image = Dataset()
            image.SOPInstanceUID = f"1.2.3.3.1.{slice_index}.{time_index}"
            image.InstanceNumber = slice_index * 20 + time_index
            image.ImagePositionPatient = [8.0 * slice_index, -6.0 * slice_index, 0.0]
            image.ImageOrientationPatient = [0.6, 0.8, 0.0, 0.0, 0.0, -1.0]
            image.PixelSpacing = [1.0, 1.0]
            images.append(image)
    return images


_IMAGES = _make_images()
