from __future__ import annotations

import math

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.errors import GeometryError
from cmrmap.dicom.headers.frames import frames_of, geometry_of


def test_classic_image_is_its_own_frame(toolbox):
    image = toolbox.make_image(1, 0, 0)
    assert frames_of(image) == (image,)


def test_enhanced_frames_keep_their_own_place_and_time():
    header = Dataset()
    header.Rows = 4
    measures = Dataset()
    measures.PixelSpacing = [1.0, 2.0]
    shared = Dataset()
    shared.PixelMeasuresSequence = [measures]
    header.SharedFunctionalGroupsSequence = [shared]
    per_frame = []
    for index in range(2):
        groups, place, modifier = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [0.0, 0.0, 8.0 * index]
        modifier.InversionTimes = [100.0 * (index + 1)]
        groups.PlanePositionSequence, groups.MRModifierSequence = [place], [modifier]
        per_frame.append(groups)
    header.PerFrameFunctionalGroupsSequence = per_frame
    frames = frames_of(header)
    assert [frame.ImagePositionPatient[2] for frame in frames] == [0.0, 8.0]
    assert [frame.InversionTimes for frame in frames] == [100.0, 200.0]
    assert all(frame.Rows == 4 and frame.PixelSpacing == [1.0, 2.0] for frame in frames)
    assert "ImagePositionPatient" not in header


def test_geometry_of_a_classic_image(toolbox):
    found = geometry_of(toolbox.make_image(1, 0, 2))
    assert found.position_mm == pytest.approx(tuple(-toolbox.normal * 20.0))
    assert found.pixel_spacing_mm == (1.25, 1.5)
    assert found.slice_thickness_mm == 8.0
    assert found.normal == pytest.approx(toolbox.normal)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ImagePositionPatient": None}, "lacks ImagePositionPatient"),
        ({"PixelSpacing": None}, "lacks"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 1, 0]}, "length 0 and 1"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "product 1"),
        ({"PixelSpacing": [0, 1]}, "expected positive"),
    ],
)
def test_impossible_geometry_is_named(toolbox, changes, message):
    with pytest.raises(GeometryError, match=message):
        geometry_of(toolbox.make_image(1, 0, 0, **changes))


def test_zero_thickness_is_not_stated(toolbox):
    assert geometry_of(toolbox.make_image(1, 0, 0, SliceThickness="0")).slice_thickness_mm is None


def test_position_is_finite(toolbox):
    image = toolbox.make_image(1, 0, 0)
    image["ImagePositionPatient"].value = [0.0, 0.0, math.inf]
    with pytest.raises(GeometryError, match="lacks"):
        geometry_of(image)
