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


def _enhanced(n_frames: int | None, n_items: int | None) -> Dataset:
    """A header whose shared groups state plane and time, with so many items for the frames (None: no sequence)."""
    header, shared = Dataset(), Dataset()
    place, orientation, measures, modifier = Dataset(), Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [0.0, 0.0, 8.0]
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing = [1.0, 2.0]
    modifier.InversionTimes = [100.0]
    shared.PlanePositionSequence, shared.PlaneOrientationSequence = [place], [orientation]
    shared.PixelMeasuresSequence, shared.MRModifierSequence = [measures], [modifier]
    header.SharedFunctionalGroupsSequence = [shared]
    if n_frames is not None:
        header.NumberOfFrames = n_frames
    if n_items is not None:
        items = []
        for index in range(n_items):
            own, groups = Dataset(), Dataset()
            own.InversionTimes = [200.0 + index]
            groups.MRModifierSequence = [own]
            items.append(groups)
        header.PerFrameFunctionalGroupsSequence = items
    return header


@pytest.mark.parametrize(
    ("n_frames", "n_items", "times_ms"),
    [
        (1, None, [100.0]),
        (None, None, [100.0]),
        (1, 0, [100.0]),
        (3, None, [100.0, 100.0, 100.0]),
        (3, 2, [200.0, 201.0, 100.0]),
        (2, 3, [200.0, 201.0, 202.0]),
        (1, 1, [200.0]),
    ],
)
def test_frames_without_groups_of_their_own_have_what_is_shared(n_frames, n_items, times_ms):
    frames = frames_of(_enhanced(n_frames, n_items))
    assert [frame.InversionTimes for frame in frames] == times_ms
    assert all(geometry_of(frame).position_mm == (0.0, 0.0, 8.0) for frame in frames)


def test_an_absurd_number_of_frames_is_not_believed():
    assert len(frames_of(_enhanced(2**31 - 1, 1))) == 512


def test_geometry_of_a_classic_image(toolbox):
    found = geometry_of(toolbox.make_image(1, 0, 2))
    assert found.position_mm == pytest.approx(tuple(-toolbox.normal * 20.0))
    assert found.pixel_spacing_mm == (1.25, 1.5)
    assert found.slice_thickness_mm == 8.0
    assert found.frame_of_reference_uid == "1.2.3.4"
    assert found.normal == pytest.approx(toolbox.normal)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ImagePositionPatient": None}, "lacks ImagePositionPatient"),
        ({"PixelSpacing": None}, "lacks"),
        ({"ImageOrientationPatient": [0, 0, 0, 0, 1, 0]}, "length 0 and 1"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "product 1"),
        ({"PixelSpacing": [0, 1]}, "PixelSpacing is 0 x 1 mm; expected 0.05 to 10 mm"),
        ({"PixelSpacing": [1.25, -1.25]}, "expected 0.05 to 10 mm"),
        ({"PixelSpacing": ["0.00125", "0.00125"]}, "PixelSpacing is 0.00125 x 0.00125 mm"),
        ({"PixelSpacing": [1250, 1250]}, "PixelSpacing is 1250 x 1250 mm"),
        ({"ImagePositionPatient": ["1e308", "1e308", "1e308"]}, "is 1e.308 x .* mm; expected at most 10 m"),
        ({"ImagePositionPatient": [0, 0, -20000]}, "expected at most 10 m"),
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
