"""The scanner's standard deviations: they go with the map that they are of, and with no other."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_row import SeriesVerdict

NATIVE, POST, T2 = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2
SPREAD = ["DERIVED", "PRIMARY", "T1 SD MAP", "MOCO"]
COLOURED = {
    "SamplesPerPixel": 3,
    "PlanarConfiguration": 0,
    "PhotometricInterpretation": "RGB",
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "PixelData": bytes(32 * 32 * 3),
}


def taken(selection):
    return {one.kind: one for one in selection.selected}


@pytest.mark.parametrize(("changes", "number"), [(COLOURED, 3), ({"BitsStored": 8, "HighBit": 7}, 3), ({}, 0)])
def test_pictures_of_standard_deviations_are_none(select, maps, changes, number):
    own, sd, picture = maps(4), maps(5, SPREAD), maps(6, SPREAD, **changes)
    for one, two, three in zip(own, sd, picture, strict=True):
        two.AcquisitionTime = three.AcquisitionTime = one.AcquisitionTime
    found = taken(select(own, sd, picture))[NATIVE].sd_frames
    assert len(found) == number  # two that both fit are a doubt
    assert all(".3.5." in frame.sop_instance_uid for frame in found)


def test_standard_deviations_go_with_the_map_of_their_moment(select, maps):
    native, post = maps(4, SeriesDescription="native_T1_MAP"), maps(24, SeriesDescription="post_T1_MAP")
    of_native, of_post = maps(5, SPREAD, SeriesDescription="native_T1_SD"), maps(25, SPREAD, SeriesDescription="T1_SD")
    for images, source in ((of_native, native), (of_post, post)):
        for image, own in zip(images, source, strict=True):
            image.AcquisitionTime = own.AcquisitionTime
    found = select(native, post, of_native, of_post)
    assert {frame.sop_instance_uid for frame in taken(found)[POST].sd_frames} == {
        image.SOPInstanceUID for image in of_post
    }
    assert len(taken(found)[NATIVE].sd_frames) == 3
    rows = {row.series_number: row for row in found.series}
    assert rows[25].verdict is SeriesVerdict.DEVIATIONS
    assert "series 24" in rows[25].reason
    assert rows[25].n_used == 3
    assert dict(found.skipped) == {}


def test_deviations_of_nobody_knows_which_map_are_not_used(select, maps):
    doubtful = [maps(number, SPREAD, AcquisitionTime=None, AcquisitionDate=None) for number in (5, 6)]
    found = select(maps(4), *doubtful)
    assert taken(found)[NATIVE].sd_frames == ()


@pytest.mark.parametrize("timed", [True, False])
def test_deviations_of_t1_are_not_those_of_t2(select, maps, timed):
    t2, t1_sd = maps(5, ["DERIVED", "PRIMARY", "T2 MAP", "MOCO"]), maps(6, SPREAD)
    for one, sd in zip(t2, t1_sd, strict=True):
        one.SeriesInstanceUID = sd.SeriesInstanceUID
        sd.AcquisitionTime = one.AcquisitionTime
        if not timed:
            del one.AcquisitionTime, sd.AcquisitionTime
    assert taken(select(t2, t1_sd))[T2].sd_frames == ()


def _from(image, *sources):
    """Let an image name those that it was made from."""
    items = []
    for source in sources:
        items.append(Dataset())
        items[-1].ReferencedSOPInstanceUID = source
    image.SourceImageSequence = items


@pytest.mark.parametrize("who", ["map", "deviations", "both"])
def test_without_times_nobody_guesses_which_map_deviations_are_of(select, maps, who):
    own, sd = maps(4), maps(5, SPREAD)
    for image in (*(own if who != "deviations" else ()), *(sd if who != "map" else ())):
        del image.AcquisitionTime
    assert taken(select(own, sd))[NATIVE].sd_frames == ()


@pytest.mark.parametrize("by", ["series", "the map's name", "the deviations' name", "sources"])
def test_without_times_series_and_named_images_tell_whose_deviations_they_are(select, maps, by):
    own, sd = maps(4), maps(5, SPREAD)
    for index, (one, two) in enumerate(zip(own, sd, strict=True)):
        del one.AcquisitionTime, two.AcquisitionTime
        if by == "series":
            two.SeriesInstanceUID = one.SeriesInstanceUID
        elif by == "the map's name":
            _from(two, one.SOPInstanceUID)
        elif by == "the deviations' name":
            _from(one, two.SOPInstanceUID)
        else:
            _from(one, f"1.2.3.99.{index}", f"1.2.3.98.{index}")
            _from(two, f"1.2.3.98.{index}")
    assert len(taken(select(own, sd))[NATIVE].sd_frames) == 3
