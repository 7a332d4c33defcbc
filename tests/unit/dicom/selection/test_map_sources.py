"""The weighted images that a map was made from."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.headers import clock
from cmrmap.dicom.headers.frames import geometry_of
from cmrmap.dicom.selection import map_candidates, map_sources
from cmrmap.dicom.selection.map_candidates import find_map_candidates
from cmrmap.dicom.selection.map_rules import MapStatement
from cmrmap.dicom.selection.map_sources import SourceImages
from cmrmap.dicom.selection.slices import Frame
from cmrmap.dicom.selection.study_frames import MapFrame, StudyFrames


@pytest.fixture
def frame(toolbox):
    def make(series, index, at="100000"):
        header = toolbox.make_image(series, index, 0, AcquisitionTime=at)
        return Frame(header.SOPInstanceUID, f"{series}-{index}", 0, header, geometry_of(header))

    return make


def weighted(*frames, weighting=Weighting.T1):
    return [SimpleNamespace(weighting=weighting, frames=frames)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [("100000", 0), ("100009", 0), ("100012", 1), ("100021", 1), ("100034", 1), ("100036", None), ("095950", 0)],
)
def test_the_nearest_in_time_is_taken_within_a_breath(frame, at, expected):
    images = [frame(4, 0, "100000"), frame(4, 1, "100020"), frame(4, 2, "100020")]
    found = SourceImages(weighted(*images), Weighting.T1).of_map(frame(9, 0, at))
    assert [one.path for one in found] == ([] if expected is None else [images[expected].path])


def test_named_images_go_before_those_of_the_series_and_these_before_time(frame):
    images = [frame(4, index) for index in range(3)]
    other = frame(5, 0, "110000")
    sources = SourceImages(weighted(*images, other), Weighting.T1)
    own = frame(5, 7)
    assert sources.of_map(own) == [other]
    item = Dataset()
    item.ReferencedSOPInstanceUID = images[1].sop_instance_uid
    own.header.SourceImageSequence = [item]
    assert sources.of_map(own) == [images[1]]


def test_images_of_another_weighting_are_none_of_its_own(frame):
    assert SourceImages(weighted(frame(4, 0), weighting=Weighting.T2), Weighting.T1).of_map(frame(9, 0)) == []


def test_the_time_of_a_weighted_image_is_read_once_however_many_maps_there_are(frame, monkeypatch):
    images, maps = [frame(4, index) for index in range(20)], [frame(9, index, "120000") for index in range(20)]
    read = []
    for module in (map_sources, map_candidates):
        monkeypatch.setattr(
            module, "acquired_seconds", lambda header: read.append(id(header)) or clock.acquired_seconds(header)
        )
    statement = MapStatement(Weighting.T1, "value")
    frames = StudyFrames((), (), maps=tuple(MapFrame(one, statement) for one in maps))
    find_map_candidates(frames, weighted(*images), {})
    assert [read.count(id(image.header)) for image in images] == [1] * 20
    read.clear()
    find_map_candidates(StudyFrames((), ()), weighted(*images), {})
    assert read == []
