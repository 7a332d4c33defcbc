"""The scanner's maps as series to choose from: after weighted images, joined, told apart, refused alone."""

from __future__ import annotations

import numpy as np
import pytest

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_spec import Weighting
from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_row import SeriesVerdict
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.given_times import GivenTimes, SeriesTimes
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series

NATIVE, POST, T2 = MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2
COLOURED = {
    "SamplesPerPixel": 3,
    "PlanarConfiguration": 0,
    "PhotometricInterpretation": "RGB",
    "BitsAllocated": 8,
    "BitsStored": 8,
    "HighBit": 7,
    "PixelData": bytes(32 * 32 * 3),
}
T1_MAP, T2_MAP = (["DERIVED", "PRIMARY", f"{name} MAP", "MOCO"] for name in ("T1", "T2"))


def taken(selection):
    return {one.kind: one for one in selection.selected}


def reasons(selection):
    return {one.kind: one.reason for one in selection.refusals if one.slice_index is None}


def test_a_map_alone_is_taken_for_its_kind(select, maps):
    found = select(
        maps(4, SeriesDescription="MOLLI native_T1_MAP"),
        maps(6, SeriesDescription="MOLLI post_T1_MAP"),
        maps(5, T2_MAP),
        maps(7, ["DERIVED", "PRIMARY", "T2 STAR MAP"], SeriesDescription="T2_STAR_MAP"),
    )
    assert set(taken(found)) == {NATIVE, POST, T2, MapKind.T2_STAR}
    assert {(one.is_map, len(one.frames), one.model) for one in taken(found).values()} == {(True, 3, "scanner_map")}
    assert dict(found.skipped) == {}
    rows = {row.series_number: row for row in found.series}
    assert {row.verdict for row in rows.values()} == {SeriesVerdict.TAKEN}
    assert {row.n_used for row in rows.values()} == {3}
    assert {row.times_ms for row in rows.values()} == {()}


def test_weighted_images_go_first(select, maps, toolbox):
    found = select(toolbox.make_series(NATIVE, 4), maps(14, AcquisitionTime="100400"), maps(5, T2_MAP))
    assert not taken(found)[NATIVE].is_map
    assert taken(found)[T2].is_map
    assert found.skipped["vendor_map"] == 3
    assert "series 14" not in taken(found)[NATIVE].reason


def test_unless_the_settings_prefer_the_scanner_s(select, maps, toolbox):
    images = toolbox.make_series(NATIVE, 4)
    own, wishes = maps(14, AcquisitionTime="100400"), SelectionPreferences(prefer_scanner_maps=True)
    found = select(images, toolbox.make_series(T2, 5), own, wishes=wishes)
    native = taken(found)[NATIVE]
    assert native.is_map
    assert "the settings prefer the scanner's maps" in native.reason
    assert not taken(found)[T2].is_map  # there is no map of it
    assert found.skipped["other_candidate_series"] == len(images)
    (row,) = (row for row in found.series if row.series_number == 4)
    assert row.verdict is SeriesVerdict.NOT_CHOSEN


def test_a_map_stands_in_for_images_that_are_refused(select, maps, toolbox):
    seconds = toolbox.make_series(NATIVE, 4, InversionTime=None)
    found = select(seconds, maps(14, SeriesDescription="native_T1_MAP"))
    native = taken(found)[NATIVE]
    assert native.is_map
    assert "left out: series 4: no known attribute" in native.reason


def test_a_named_map_is_taken_for_its_map(select, maps, toolbox):
    wishes = SelectionPreferences(series={NATIVE: "14"})
    found = select(toolbox.make_series(NATIVE, 4), maps(14), maps(15), wishes=wishes)
    assert taken(found)[NATIVE].is_map
    assert taken(found)[NATIVE].series_instance_uid.endswith(".14")
    assert found.skipped["other_candidate_series"] == 15


def test_one_series_a_slice_is_one_map(select, maps):
    slices = maps(4)
    for index, image in enumerate(slices):
        image.SeriesNumber, image.SeriesInstanceUID = 4 + index, f"1.2.3.2.{4 + index}"
    found = select(slices)
    assert len(taken(found)[NATIVE].frames) == 3
    assert "joined from 3 series" in taken(found)[NATIVE].reason


def test_a_repeated_slice_is_read_once_the_latest(select, maps):
    first, again = maps(4), maps(4)
    for image in again:
        image.SOPInstanceUID += ".9"
        image.InstanceNumber += 5
        image.AcquisitionTime = f"1006{image.InstanceNumber:02d}"
    found = select(first, again)
    assert all(frame.sop_instance_uid.endswith(".9") for frame in taken(found)[NATIVE].frames)
    assert found.skipped == {"vendor_map": 3}


def test_native_and_post_contrast_in_one_series_are_never_one_map(select, maps):
    first, again = maps(4), maps(4, n_slices=2)
    for image in again:
        image.SOPInstanceUID += ".9"
        image.InstanceNumber += 5
        image.AcquisitionTime = f"1030{image.InstanceNumber:02d}"
    found = taken(select(first, again))
    assert len(found[NATIVE].frames) == 3
    assert not any(frame.sop_instance_uid.endswith(".9") for frame in found[NATIVE].frames)
    assert len(found[POST].frames) == 2


@pytest.mark.parametrize("untimed", ["all", "first", "again", "another slice"])
def test_without_times_several_maps_of_a_slice_are_refused(select, maps, untimed):
    first, again = maps(4), maps(4, n_slices=2)
    for image in again:
        image.SOPInstanceUID += ".9"
        image.InstanceNumber += 5
        image.AcquisitionTime = f"1030{image.InstanceNumber:02d}"
        image.PixelData = np.full((32, 32), 500, "<u2").tobytes()
    gone = {"all": [*first, *again], "first": first, "again": again, "another slice": first[2:]}[untimed]
    for image in gone:
        del image.AcquisitionTime
    found = select(first, again, maps(5, T2_MAP))
    assert set(taken(found)) == {T2}
    told = f"several maps of a slice and no times to tell them apart ({len(gone)} of 5 images have no AcquisitionTime)"
    assert told in reasons(found)[NATIVE]


def test_without_times_copies_of_a_map_are_read_once(select, maps):
    first, again = maps(4), maps(4)
    for image, copy in zip(first, again, strict=True):
        del image.AcquisitionTime, copy.AcquisitionTime
        copy.SOPInstanceUID += ".9"
        copy.InstanceNumber += 5
    found = select(first, again)
    assert len(taken(found)[NATIVE].frames) == 3
    assert found.skipped == {"vendor_map": 3}


def test_copies_with_another_scale_are_none(select, maps):
    first, again = maps(4), maps(4, RescaleSlope="0.5", RescaleIntercept="0")
    for image, copy in zip(first, again, strict=True):
        del image.AcquisitionTime, copy.AcquisitionTime
        copy.SOPInstanceUID += ".9"
    assert set(taken(select(first, again, maps(5, T2_MAP)))) == {T2}


def test_weighted_images_of_a_series_that_a_comment_calls_a_map_are_refused(select, maps, toolbox):
    found = select(toolbox.make_series(NATIVE, 4, ImageComments="SAX T1 map"), maps(5, T2_MAP))
    assert set(taken(found)) == {T2}
    assert "they are weighted images" in reasons(found)[NATIVE]


@pytest.mark.parametrize("image_type", [T2_MAP, ["DERIVED", "PRIMARY", "T2", "T2"]])
def test_images_of_one_slice_with_several_times_are_no_map(select, maps, image_type):
    first, second = maps(5, image_type, EchoTime="30"), maps(5, image_type, EchoTime="60")
    for image in second:
        image.SOPInstanceUID += ".9"
    found = select(first, second, maps(4, SeriesDescription="native_T1_MAP"))
    assert set(taken(found)) == {NATIVE}
    assert "2 of its images of one slice have different times: they are weighted images" in reasons(found)[T2]


def test_derived_images_of_one_echo_time_a_series_stay_weighted(select, toolbox):
    names = {"ImageType": ["DERIVED", "SECONDARY"], "SeriesDescription": "T2 map", "ImageComments": None}
    images = toolbox.make_series(MapKind.T2_STAR, 4, 1, **names)
    for index, image in enumerate(images):
        image.SeriesInstanceUID, image.SeriesNumber = f"1.2.3.2.{index + 40}", 40 + index
        image.EchoTime = str(10 * (index + 1))
    found = select(images)
    assert not taken(found)[T2].is_map
    assert len(taken(found)[T2].frames) == 5


@pytest.mark.parametrize("timed", [True, False])
def test_a_registered_copy_of_a_map_is_no_post_contrast_map(select, maps, timed):
    plain, registered = maps(4, ["DERIVED", "PRIMARY", "T1 MAP", "ND"]), maps(5, SeriesDescription="MOLLI_MOCO_T1_MAP")
    for one, copy in zip(plain, registered, strict=True):
        copy.AcquisitionTime = one.AcquisitionTime
        if not timed:
            del one.AcquisitionTime, copy.AcquisitionTime
    assert set(taken(select(plain, registered))) == {NATIVE}


def test_a_map_made_long_after_its_images_is_what_they_are(select, maps, toolbox):
    images = toolbox.make_series(NATIVE, 4, SeriesDescription="MOLLI")
    late = maps(14, SeriesDescription="MOLLI_T1_MAP", AcquisitionTime="110000")
    for image in late:
        item = type(image)()
        item.ReferencedSOPInstanceUID = images[0].SOPInstanceUID
        image.SourceImageSequence = [item]
    found = taken(select(images, late))
    assert set(found) == {NATIVE}
    assert not found[NATIVE].is_map


def test_of_two_maps_of_one_moment_the_first_is_read(select, maps):
    first, second = maps(4), maps(4)
    for image in second:
        image.SOPInstanceUID += ".9"
        image.InstanceNumber += 10
    found = select(first, second)
    assert not any(frame.sop_instance_uid.endswith(".9") for frame in taken(found)[NATIVE].frames)


@pytest.mark.parametrize("which", ["first", "second", "both", "copies"])
def test_which_of_two_maps_of_one_moment_is_the_first_must_be_stated(select, maps, which):
    first, second = maps(4), maps(4)
    for image in second:
        image.SOPInstanceUID += ".0"  # before the other, by its UID
        image.InstanceNumber += 10
        if which != "copies":
            image.PixelData = np.full((32, 32), 500, "<u2").tobytes()
    for image in {"first": first, "second": second}.get(which, [*first, *second]):
        del image.InstanceNumber
    found = select(first, second, maps(5, T2_MAP))
    if which == "both":
        assert set(taken(found)) == {T2}
        assert "no InstanceNumber that shows which is the first" in reasons(found)[NATIVE]
    elif which != "copies":
        numbered = second if which == "first" else first
        assert {frame.sop_instance_uid for frame in taken(found)[NATIVE].frames} == {
            image.SOPInstanceUID for image in numbered
        }
    else:
        assert len(taken(found)[NATIVE].frames) == 3


def test_a_described_map_whose_times_the_user_gives_is_weighted(select, toolbox):
    names = {
        "ImageType": ["DERIVED", "SECONDARY", "OTHER"],
        "SeriesDescription": "native T1 map",
        "InversionTime": None,
    }
    images = toolbox.make_series(NATIVE, 4, 1, **names)
    for index, image in enumerate(images):
        image.SeriesInstanceUID = f"1.2.3.2.{index + 40}"
        image.SeriesNumber = 40 + index
    named = dict(zip((image.SOPInstanceUID for image in images), toolbox.times[NATIVE], strict=True))
    times = GivenTimes((SeriesTimes("", "native T1 map", Weighting.T1, (), named),))
    found = select(images, wishes=SelectionPreferences(times=times))
    assert not taken(found)[NATIVE].is_map
    assert len(taken(found)[NATIVE].frames) == 5


@pytest.mark.parametrize("words", [("pre", "post"), ("nativ", "nach KM")])
def test_words_tell_native_from_post_contrast(select, maps, words):
    found = select(*(maps(number, SeriesDescription=f"T1_MAP {word}") for number, word in enumerate(words, start=4)))
    assert [taken(found)[kind].series_instance_uid[-1] for kind in (NATIVE, POST)] == ["4", "5"]


def test_so_do_times_of_the_acquisition(select, maps):
    early, late = maps(4), maps(5)
    for image in late:
        image.AcquisitionTime = "103000"
    found = select(early, late)
    assert taken(found)[POST].series_instance_uid.endswith(".5")
    assert taken(found)[POST].label.gives_way


def test_coloured_copies_do_not_change_what_the_agent_tells(select, maps):
    post = maps(6, ContrastBolusAgent="Gadobutrol")
    copies = maps(7, ContrastBolusAgent="Gadobutrol", **COLOURED)
    for image, own in zip(copies, post, strict=True):
        image.AcquisitionTime = own.AcquisitionTime
    found = select(post, copies)
    assert set(taken(found)) == {POST}
    assert "names an agent" in taken(found)[POST].reason


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"RescaleType": "s"}, "in seconds"),
        ({"RescaleType": "1/s"}, "relaxation rates"),
        ({"BurnedInAnnotation": "YES"}, "burnt into"),
        (COLOURED, "coloured picture"),
        ({"SeriesDescription": "T1_MAP 4CH"}, "long-axis view"),
        ({"SeriesDescription": "liver T1_MAP"}, "another organ"),
        ({"SeriesDescription": "stress T1_MAP"}, "names stress"),
        ({"ImagePositionPatient": None}, "cannot be placed"),
        ({"FrameOfReferenceUID": None}, "no FrameOfReferenceUID"),
        ({"PhotometricInterpretation": "MONOCHROME1"}, "MONOCHROME1"),
    ],
)
def test_what_is_wrong_with_a_map_costs_that_map_only(select, maps, changes, told):
    found = select(maps(4, **changes), maps(5, T2_MAP))
    assert set(taken(found)) == {T2}
    assert told in reasons(found)[NATIVE]
    assert reasons(found)[NATIVE].startswith("series 4: ")
    (row,) = (row for row in found.series if row.series_number == 4)
    assert row.verdict is SeriesVerdict.REFUSED


def test_nothing_but_a_coloured_map_is_refused_with_the_reason(tmp_path, toolbox, maps):
    toolbox.save(maps(4, **COLOURED), tmp_path)
    with pytest.raises(RefusedError, match="series 4: it is a coloured picture of a map"):
        select_series(read_study(tmp_path))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"]}, "another orientation"),
        ({"PixelSpacing": ["2.5", "3.0"]}, "another grid"),
    ],
)
@pytest.mark.parametrize("by", ["reference", "moment", "series"])
def test_a_map_must_lie_where_its_images_lie(select, maps, toolbox, changes, told, by):
    images = toolbox.make_series(NATIVE, 4)
    number = 4 if by == "series" else 14
    own = maps(number, SeriesDescription="native_T1_MAP", **changes)
    for index, image in enumerate(own):
        image.SOPInstanceUID += ".9"
        if by == "moment":
            image.AcquisitionTime = images[5 * index].AcquisitionTime
        if by == "reference":
            item = type(image)()
            item.ReferencedSOPInstanceUID = images[5 * index].SOPInstanceUID
            image.SourceImageSequence = [item]
    found = select(images, own, wishes=SelectionPreferences(prefer_scanner_maps=True))
    assert not taken(found)[NATIVE].is_map
    assert told in taken(found)[NATIVE].reason


def test_an_interpolated_map_of_the_same_field_of_view_lies_well(select, maps, toolbox):
    images = toolbox.make_series(NATIVE, 4)
    own = maps(4, PixelSpacing=["0.625", "0.75"], Rows=64, Columns=64)
    for image in own:
        image.SOPInstanceUID += ".9"
        image.PixelData = np.full((64, 64), 1000, "<u2").tobytes()
    found = select(images, own, wishes=SelectionPreferences(prefer_scanner_maps=True))
    assert taken(found)[NATIVE].is_map
