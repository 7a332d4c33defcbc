from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from cmrmap.dicom.headers.frames import geometry_of
from cmrmap.dicom.selection.slices import Frame, group_slices, split_by_grid


def _frames(images):
    return [Frame(image.SOPInstanceUID, "", 0, image, geometry_of(image)) for image in images]


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
