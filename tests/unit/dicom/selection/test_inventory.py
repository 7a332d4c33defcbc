"""One row a series, whatever becomes of it."""

from __future__ import annotations

import dataclasses

import pytest

from cmrmap.core.map_specs import MapKind
from cmrmap.core.series_row import SeriesRow, SeriesVerdict
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import examine_study


@pytest.fixture
def rows(tmp_path, toolbox):
    def examine(*groups, preferences=None, spoil=()):
        images = [image for group in groups for image in group]
        paths = toolbox.save(images, tmp_path)
        for index in spoil:
            paths[index].write_bytes(paths[index].read_bytes()[:-100])
        return {row.series_number: row for row in examine_study(read_study(tmp_path), preferences).series}

    return examine


def test_a_taken_series_tells_all_that_was_seen_of_it(rows, toolbox):
    found = rows(toolbox.make_series(MapKind.NATIVE_T1, 7), toolbox.make_series(MapKind.POSTCONTRAST_T1, 19))
    assert list(found) == [7, 19]
    row = found[7]
    assert (row.verdict, row.map, row.model) == (SeriesVerdict.TAKEN, MapKind.NATIVE_T1, "stone_2p")
    assert row.description == "STONE native T1"
    assert "native" in row.reason
    assert (row.n_slices, row.n_images, row.n_used, row.n_lost) == (3, 15, 15, 0)
    assert row.times_ms == toolbox.times[MapKind.NATIVE_T1]
    assert row.timing_source == "InversionTime (0018,0082)"
    assert (row.matrix, row.spacing_mm) == ((32, 32), (1.25, 1.5))
    assert row.position_mm == (pytest.approx(-20.0), pytest.approx(0.0))
    assert (row.frame_of_reference, found[19].frame_of_reference) == ("A", "A")
    assert (row.start_s, found[19].start_s) == (0.0, 720.0)


def test_series_that_are_for_no_map_say_what_they_are(rows, toolbox):
    make = toolbox.make_image
    found = rows(
        toolbox.make_series(MapKind.T2, 1),
        [make(2, t, 0, SeriesDescription="localizer", FrameOfReferenceUID="1.2.9") for t in range(3)],
        [make(3, t, s, SeriesDescription="cine SAX") for t in range(4) for s in range(2)],
        [make(4, 0, s, SeriesDescription="T2 haste") for s in range(2)],
        [make(5, 0, s, ImageType=["DERIVED", "PRIMARY", "T2 MAP"]) for s in range(2)],
        [make(6, 0, 0, ImagePositionPatient=None)],
        [make(7, 0, 0, ImageType=["ORIGINAL", "PRIMARY", "P"])],
    )
    assert found[1].verdict is SeriesVerdict.TAKEN
    others = {number: row for number, row in found.items() if number != 1}
    assert {row.verdict for row in others.values()} == {SeriesVerdict.NO_MAPPING}
    assert {row.map for row in others.values()} == {None}
    assert [row.n_images for row in found.values()] == [15, 3, 8, 2, 2, 1, 1]
    assert [row.n_slices for row in found.values()] == [3, 1, 2, 2, 2, 0, 1]
    for number, words in {
        2: "a localiser or scout",
        3: "neither its description nor varying times",
        4: "no position has several images with different times",
        5: "a map that the scanner made",
        6: "position, orientation or spacing is missing",
        7: "phase images",
    }.items():
        assert words in found[number].reason
    assert [found[number].frame_of_reference for number in (1, 2, 3)] == ["A", "B", "A"]
    assert found[6].position_mm is None


def test_a_refused_series_says_which_map_it_would_be_and_why_not(rows, toolbox):
    found = rows(
        toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="STONE native T1 liver"),
        toolbox.make_series(MapKind.T2, 2),
    )
    assert (found[1].verdict, found[1].map) == (SeriesVerdict.REFUSED, MapKind.NATIVE_T1)
    assert "another organ" in found[1].reason
    assert found[1].times_ms == toolbox.times[MapKind.NATIVE_T1]


def test_a_series_that_another_is_taken_before_says_which(rows, toolbox):
    found = rows(
        toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="STONE native MOCO"),
        toolbox.make_series(MapKind.NATIVE_T1, 2),
    )
    assert (found[1].verdict, found[1].map, found[1].n_used) == (SeriesVerdict.NOT_CHOSEN, MapKind.NATIVE_T1, 0)
    assert "series 2 is taken for native T1" in found[1].reason


def test_a_series_that_the_settings_pass_over_says_so(rows, toolbox):
    found = rows(
        toolbox.make_series(MapKind.NATIVE_T1, 1),
        toolbox.make_series(MapKind.NATIVE_T1, 2),
        preferences=SelectionPreferences(series={MapKind.NATIVE_T1: "2"}),
    )
    assert [found[number].verdict for number in (1, 2)] == [SeriesVerdict.NOT_CHOSEN, SeriesVerdict.TAKEN]
    assert found[1].reason == "the settings name series 2 for native T1"


def test_parts_of_one_acquisition_are_all_taken_each_with_its_own_images(rows, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image in images:
        level = int(image.InstanceNumber) // 20
        image.SeriesNumber, image.SeriesInstanceUID = 10 + level, f"1.2.3.2.{10 + level}"
    found = rows(images)
    assert {number: (row.verdict, row.n_slices, row.n_used) for number, row in found.items()} == dict.fromkeys(
        (10, 11, 12), (SeriesVerdict.TAKEN, 1, 5)
    )
    assert all("joined from 3 series" in row.reason for row in found.values())


def test_phase_images_that_tell_signs_are_not_called_useless(rows, toolbox):
    phases = toolbox.make_series(MapKind.NATIVE_T1, 2, ImageType=["ORIGINAL", "PRIMARY", "P"])
    magnitudes = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image, beside in zip(phases, magnitudes, strict=True):
        image.AcquisitionTime = beside.AcquisitionTime
    found = rows(magnitudes, phases)
    assert found[2].verdict is SeriesVerdict.SIGNS
    assert found[2].reason == "phase images: they give the signs of series 1"
    assert found[2].n_used == 15


def test_maps_within_the_series_of_their_images_are_told_apart(rows, toolbox):
    maps = [toolbox.make_image(1, 9, s, ImageType=["DERIVED", "PRIMARY", "T1 MAP"]) for s in range(3)]
    found = rows(toolbox.make_series(MapKind.NATIVE_T1, 1), maps)
    assert (found[1].verdict, found[1].n_images, found[1].n_used) == (SeriesVerdict.TAKEN, 18, 15)
    assert "; 3 of its images: maps that the scanner made" in found[1].reason


def test_lost_files_are_counted_with_their_series_even_where_none_is_left(rows, toolbox):
    native, t2 = toolbox.make_series(MapKind.NATIVE_T1, 1), toolbox.make_series(MapKind.T2, 2, n_slices=1)
    found = rows(native, t2, spoil=(0, 1, *range(15, 20)))
    assert (found[1].n_images, found[1].n_lost) == (13, 2)
    assert "2 of its files cannot be read" in found[1].reason
    assert (found[None].verdict, found[None].n_images, found[None].n_lost) == (SeriesVerdict.LOST, 0, 5)


def test_there_are_rows_where_nothing_is_selected(rows, toolbox):
    found = rows([toolbox.make_image(3, t, 0, SeriesDescription="cine") for t in range(4)])
    assert found[3].verdict is SeriesVerdict.NO_MAPPING


def test_frames_of_reference_get_letters_beyond_z(rows, toolbox):
    images = [toolbox.make_image(n, 0, 0, FrameOfReferenceUID=f"1.2.{n}") for n in range(1, 29)]
    assert [row.frame_of_reference for row in rows(images).values()][-3:] == ["Z", "AA", "AB"]


def test_a_header_of_nonsense_still_has_a_row(rows, toolbox):
    nonsense = toolbox.make_image(
        1,
        0,
        0,
        SeriesNumber=None,
        Rows=None,
        AcquisitionTime=None,
        AcquisitionDate=None,
        FrameOfReferenceUID=None,
        PixelSpacing=["0", "0"],
        SeriesDescription=None,
    )
    (row,) = rows([nonsense]).values()
    assert (row.series_number, row.matrix, row.spacing_mm, row.start_s) == (None, None, None, None)
    assert (row.frame_of_reference, row.description) == ("", "")


def test_a_row_checks_itself():
    row = SeriesRow("1.2", 1, "", "no_mapping", None, "why", 1, 1)
    assert row.verdict is SeriesVerdict.NO_MAPPING
    with pytest.raises(ValueError, match="needs a reason"):
        dataclasses.replace(row, reason="")
    with pytest.raises(ValueError, match="needs the map"):
        dataclasses.replace(row, verdict=SeriesVerdict.TAKEN)
