"""Series that hold one acquisition in parts, series that repeat slices, and series that only look like parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import SourceStudy, read_study
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.select import select_series

KINDS = (MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)


@pytest.fixture
def select(tmp_path, toolbox) -> Callable[..., Selection]:
    def run(*groups):
        toolbox.save([image for group in groups for image in group], tmp_path)
        return select_series(read_study(tmp_path))

    return run


@pytest.fixture
def one_slice(toolbox) -> Callable[..., list[Dataset]]:
    """A series of one slice: number, place in mm from the base, minute of the hour."""

    def make(kind: MapKind, number: int, place_mm: float, minute: int | None = None, n_images: int = 5, **changes):
        images = toolbox.make_series(kind, number, 1, **changes)[:n_images]
        for image in images:
            image.ImagePositionPatient = [f"{p:.6f}" for p in -toolbox.normal * place_mm]
            if minute is None:
                del image.AcquisitionTime
            else:
                image.AcquisitionTime = f"10{minute:02d}00"
        return images

    return make


def _numbers(series, study_images) -> list[int]:
    """SeriesNumber of each slice of a selected series."""
    numbers = {image.SOPInstanceUID: int(image.SeriesNumber) for image in study_images}
    slices: dict[int, set[int]] = {}
    for frame in series.frames:
        slices.setdefault(frame.slice_index, set()).add(numbers[frame.sop_instance_uid])
    assert all(len(found) == 1 for found in slices.values())
    return [slices[index].pop() for index in sorted(slices)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("acquired", "expected"),
    [
        ([(401, 0, 1), (402, 10, 2), (403, 20, 3)], [401, 402, 403]),
        ([(401, 0, 1), (402, 10, 2), (403, 20, 3), (404, 10, 4)], [401, 404, 403]),
        ([(401, 0, 1), (402, 10, 2), (403, 10, 3), (404, 20, 4)], [401, 403, 404]),
        ([(401, 0, 1), (402, 0, 2), (403, 10, 3), (404, 20, 4)], [402, 403, 404]),
        ([(401, 0, 1), (402, 10, 2), (403, 20, 3), (404, 10, 4), (405, 20, 4)], [401, 404, 405]),
        ([(401, 0, 1), (402, 10, 2), (403, 20, 3), (404, 10, 3), (405, 10, 4)], [401, 405, 403]),
        ([(401, 0, 1), (402, 10, 2), (403, 20, 3), (404, 12, 4)], [401, 404, 403]),
        ([(401, 0, 1), (402, 10, 2), (403, 20, 3), (404, 10, 2)], [401, 404, 403]),
    ],
)
def test_of_a_repeated_slice_the_latest_is_taken_and_no_other_is_lost(select, one_slice, kind, acquired, expected):
    groups = [one_slice(kind, *one) for one in acquired]
    (series,) = select(*groups).selected
    assert _numbers(series, [image for group in groups for image in group]) == expected
    assert "joined from 3 series" in series.reason
    assert len(acquired) == 3 or "the latest complete acquisition" in series.reason


def test_an_incomplete_repeat_is_not_taken(select, one_slice):
    groups = [one_slice(MapKind.NATIVE_T1, 401 + index, 10 * index, index) for index in range(3)]
    groups.append(one_slice(MapKind.NATIVE_T1, 404, 10, 4, n_images=3))
    selection = select(*groups)
    assert _numbers(selection.selected[0], [image for group in groups for image in group]) == [401, 402, 403]
    assert "1 slice is in series 402 and series 404: the latest complete acquisition, series 402, is taken" in (
        selection.selected[0].reason
    )
    assert selection.skipped == {"other_candidate_series": 3}


def test_one_slice_repeated_of_a_series_of_three(select, toolbox, one_slice):
    whole, again = toolbox.make_series(MapKind.NATIVE_T1, 1), one_slice(MapKind.NATIVE_T1, 2, 10, 3)
    selection = select(whole, again)
    assert _numbers(selection.selected[0], [*whole, *again]) == [1, 2, 1]
    assert selection.skipped == {"repeated_acquisition": 5}


def test_a_whole_repeat_in_one_session_is_taken_and_both_can_be_named(select, toolbox):
    (series,) = select(toolbox.make_series(MapKind.NATIVE_T1, 1), toolbox.make_series(MapKind.NATIVE_T1, 2)).selected
    assert series.series_instance_uid == "1.2.3.2.2"
    assert "3 slices are in series 1 and series 2: the latest complete acquisition, series 2, is taken" in series.reason
    assert "series 2 preferred to series 1" in series.reason


@pytest.mark.parametrize("apart_mm", [0.0, 2.0, 4.0, 7.0])
def test_slices_that_overlap_are_two_acquisitions_where_no_time_is_known(select, one_slice, apart_mm):
    """Native and post-contrast T1 of a study without times and words."""
    first = one_slice(MapKind.NATIVE_T1, 401, 0, SeriesDescription="T1_SAX_STONE")
    second = one_slice(MapKind.POSTCONTRAST_T1, 601, apart_mm, SeriesDescription="T1_SAX_STONE")
    selection = select(first, second)
    assert len(selection.selected) == 2
    assert all(len({frame.slice_index for frame in series.frames}) == 1 for series in selection.selected)
    assert all(len(series.frames) == 5 for series in selection.selected)


@pytest.mark.parametrize("place_mm", [10.0, 30.0])
def test_two_slices_without_times_are_not_joined(select, one_slice, place_mm):
    groups = [one_slice(MapKind.NATIVE_T1, 401, 0), one_slice(MapKind.NATIVE_T1, 402, place_mm)]
    (series,) = select(*groups).selected
    assert len(series.frames) == 5
    assert "not joined with series 402: no acquisition times show" in series.reason


def test_a_row_of_slices_without_times_is_joined(select, one_slice):
    (series,) = select(*(one_slice(MapKind.NATIVE_T1, 401 + index, 10 * index) for index in range(3))).selected
    assert len(series.frames) == 15
    assert "joined from 3 series" in series.reason


@pytest.mark.parametrize("shift_mm", [0.0, 2.0])
def test_two_rows_without_times_are_two_stacks(select, one_slice, shift_mm):
    native = [one_slice(MapKind.NATIVE_T1, 401 + i, 10 * i, SeriesDescription="T1 SAX") for i in range(3)]
    post = [
        one_slice(MapKind.POSTCONTRAST_T1, 601 + i, 10 * i + shift_mm, SeriesDescription="T1 SAX") for i in range(3)
    ]
    both = select(*native, *post).selected
    assert len(both) == 2
    for series in both:
        uids = {frame.sop_instance_uid.split(".")[4][0] for frame in series.frames}
        assert len(series.frames) == 15
        assert len(uids) == 1


def test_equal_times_of_all_series_are_an_anonymisers(select, one_slice):
    groups = [one_slice(MapKind.NATIVE_T1, number, place, 0) for number, place in ((401, 0), (402, 10))]
    (series,) = select(*groups).selected
    assert len(series.frames) == 5


@pytest.mark.parametrize("minutes", [(0, 1), (0, 4)])
def test_partly_overlapping_slices_are_not_joined(select, one_slice, minutes):
    groups = [one_slice(MapKind.NATIVE_T1, 401 + i, 6.0 * i, minute) for i, minute in enumerate(minutes)]
    assert len(select(*groups).selected[0].frames) == 5


@pytest.mark.parametrize("place_mm", [5.0, 15.0])
def test_a_repeat_that_overlaps_in_part_loses_no_other_slice(select, one_slice, place_mm):
    groups = [one_slice(MapKind.NATIVE_T1, 401 + i, 10 * i, i) for i in range(3)]
    groups.append(one_slice(MapKind.NATIVE_T1, 404, place_mm, 4))
    (series,) = select(*groups).selected
    assert _numbers(series, [image for group in groups for image in group]) == [401, 402, 403]
    assert "series 404 partly overlaps them and is left out" in series.reason


def test_a_pause_parts_sessions(select, one_slice):
    groups = [one_slice(MapKind.NATIVE_T1, 401 + i, 10 * i, i, SeriesDescription="T1 SAX") for i in range(2)]
    groups += [
        one_slice(MapKind.POSTCONTRAST_T1, 601 + i, 10 * i, 30 + i, SeriesDescription="T1 SAX") for i in range(2)
    ]
    selection = select(*groups)
    assert [(series.kind, len(series.frames)) for series in selection.selected] == [
        (MapKind.NATIVE_T1, 10),
        (MapKind.POSTCONTRAST_T1, 10),
    ]


def test_a_slice_that_is_turned_a_little_is_left_out(select, toolbox):
    """By half a degree: the images show the same tissue, but no object can state the orientation of both."""
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    angle = np.deg2rad(np.rad2deg(np.arccos(0.6)) + 0.5)
    for image in images[10:]:
        image.ImageOrientationPatient = [f"{c:.6f}" for c in (np.cos(angle), np.sin(angle), 0, 0, 0, -1)]
    (series,) = select(images).selected
    assert len(series.frames) == 10
    assert "its slices have 2 orientations, but a map holds one" in series.reason


def test_a_contrast_agent_parts_series_of_one_session(select, one_slice):
    named = {"SeriesDescription": "T1 SAX"}
    native = one_slice(MapKind.NATIVE_T1, 401, 0, 1, **named)
    post = one_slice(MapKind.POSTCONTRAST_T1, 402, 2, 4, ContrastBolusAgent="agent", **named)
    assert [(series.kind, len(series.frames)) for series in select(native, post).selected] == [
        (MapKind.NATIVE_T1, 5),
        (MapKind.POSTCONTRAST_T1, 5),
    ]


def test_slices_of_another_frame_of_reference_are_not_joined(select, one_slice):
    groups = [one_slice(MapKind.NATIVE_T1, 401 + i, 10 * i, i) for i in range(3)]
    for image in groups[2]:
        image.FrameOfReferenceUID = "1.2.3.99"
    (series,) = select(*groups).selected
    assert len(series.frames) == 10


@pytest.mark.parametrize("has_times", [True, False])
def test_every_image_a_series_of_its_own(select, toolbox, has_times):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for index, image in enumerate(images):
        image.SeriesInstanceUID, image.SeriesNumber = f"1.2.8.{index}", 100 + index
        if not has_times:
            del image.AcquisitionTime
    (series,) = select(images).selected
    assert len(series.frames) == 15
    assert "joined from 15 series" in series.reason


def test_one_series_a_time_is_joined(select, toolbox):
    images = toolbox.make_series(MapKind.T2, 1)
    for image in images:
        image.SeriesInstanceUID = f"1.9.{image.InstanceNumber % 20}"
        image.SeriesDescription = f"T2prep {image.InstanceNumber % 20}"
    assert len(select(images).selected[0].frames) == 15


def test_single_images_twice_without_a_sign_are_refused(select, toolbox):
    images = [*toolbox.make_series(MapKind.NATIVE_T1, 1, 1), *toolbox.make_series(MapKind.NATIVE_T1, 2, 1)]
    for index, image in enumerate(images):
        image.SeriesInstanceUID, image.ImagePositionPatient = f"1.2.8.{index}", [10, 20, 30]
        del image.AcquisitionTime
    with pytest.raises(RefusedError, match="every image of a slice is present 2 times"):
        select(images)


def test_t1_and_t2_of_one_name_are_not_mixed(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, SeriesDescription="SAX"),
        toolbox.make_series(MapKind.T2, 2, SeriesDescription="SAX"),
    )
    assert [(series.kind, len(series.frames)) for series in selection.selected] == [
        (MapKind.T2, 15),
        (MapKind.NATIVE_T1, 15),
    ]


def test_native_and_post_are_not_joined(select, toolbox):
    selection = select(
        toolbox.make_series(MapKind.NATIVE_T1, 1, 1, AcquisitionTime="100000"),
        toolbox.make_series(MapKind.POSTCONTRAST_T1, 2, 1, AcquisitionTime="100100"),
    )
    assert len(selection.selected) == 2


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_selection_depends_on_no_order_of_files_and_no_uid(data, toolbox):
    """The same slices and times are found however files lie, series are cut by slice, and UIDs are made anew."""
    images = [*toolbox.make_series(MapKind.NATIVE_T1, 1), *toolbox.make_series(MapKind.T2, 2)]
    marks = {image.SOPInstanceUID: index for index, image in enumerate(images)}
    expected = _found(images, marks)
    order = data.draw(st.permutations(range(len(images))))
    salt = data.draw(st.integers(1, 999))
    cut = data.draw(st.booleans())
    for index, image in enumerate(images):
        part = f".{int(image.InstanceNumber) // 20}" if cut else ""
        image.SeriesInstanceUID = f"1.9.{int(image.SeriesNumber) * salt % 1009}{part}"
        image.SOPInstanceUID = f"1.7.{salt}.{index * 17 % 31}"
        marks[image.SOPInstanceUID] = index
    assert _found([images[index] for index in order], marks) == expected


def _found(images: list[Dataset], marks: dict[str, int]) -> dict[MapKind, list[tuple[int, int, float, int]]]:
    study = SourceStudy(
        images[0].StudyInstanceUID,
        {image.SOPInstanceUID: image for image in images},
        {image.SOPInstanceUID: "" for image in images},
    )
    return {
        series.kind: [(f.slice_index, f.time_index, f.time_ms, marks[f.sop_instance_uid]) for f in series.frames]
        for series in select_series(study).selected
    }
