"""Which weighted images of a chosen series are lost."""

from __future__ import annotations

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.lost_images import lost_images
from cmrmap.dicom.selection.select import select_series


@pytest.fixture
def lost(tmp_path, toolbox):
    """The lost images of a study's native series, after one change to some of its images."""

    def run(change, indices=range(5, 10), more=()):
        images = toolbox.make_series(MapKind.NATIVE_T1, 1)
        for index in indices:
            change(images[index])
        paths = toolbox.save([*images, *more], tmp_path)
        if not indices:
            change(paths[0])
        study = read_study(tmp_path)
        (selected,) = [one for one in select_series(study).selected if one.kind is MapKind.NATIVE_T1]
        return lost_images(study, selected, study.lost)

    return run


def _without(keyword):
    return lambda image: delattr(image, keyword)


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagePositionPatient", "ImageOrientationPatient"])
def test_a_slice_without_a_place_is_lost_and_named(lost, keyword) -> None:
    found = lost(_without(keyword))
    assert [one.instance_number for one in found] == ["21", "22", "23", "24", "25"]
    assert {one.reason for one in found} == {
        "an image lacks ImagePositionPatient, ImageOrientationPatient or PixelSpacing; "
        "expected 3, 6 and 2 numbers; export the original images"
    }


def test_a_file_that_is_cut_is_lost(lost) -> None:
    (found,) = lost(lambda path: path.write_bytes(path.read_bytes()[:-500]), indices=())
    assert found.instance_number == "1"
    assert "cut" in found.reason


def test_what_is_no_weighted_image_is_no_loss(lost) -> None:
    def spoil(image):
        image.ImageType = ["DERIVED", "PRIMARY", "T1 MAP"]
        del image.PixelSpacing

    assert lost(spoil, indices=[0]) == ()


def test_another_series_is_none_of_it(lost, toolbox) -> None:
    other = toolbox.make_series(MapKind.T2, 2)
    for image in other:
        del image.PixelSpacing
    assert lost(lambda image: None, indices=[0], more=other) == ()
