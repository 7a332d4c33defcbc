"""Slices that one series holds several times, and different slices that only look like that."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.errors import RefusedError
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.acquisitions import _n_repeats
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.dicom.selection.select import select_series

_PLACE = [10.0, 20.0, 30.0]
STONE = (193.0, 350.0, 1090.0, 1218.0, 1959.0, 2106.0, 2831.0, 2984.0, 3702.0, 3856.0, 30000.0)
MOLLI = (100.0, 180.0, 1000.0, 1080.0, 1900.0, 1980.0, 2800.0, 3700.0)


@pytest.fixture
def select(tmp_path, toolbox) -> Callable[..., Selection]:
    def run(*groups):
        toolbox.save([image for group in groups for image in group], tmp_path)
        return select_series(read_study(tmp_path))

    return run


@pytest.fixture
def acquire(toolbox) -> Callable[..., list[Dataset]]:
    """Images of one series and slice: acquisition n of ``times``, each image ``changes``."""

    def make(n: int, times=MOLLI, minute: int | None = 0, **changes):
        images = []
        for index, time in enumerate(times):
            image = toolbox.make_image(
                1,
                index,
                0,
                SeriesDescription="T1 native MOLLI SAX",
                InversionTime=f"{time:g}",
                ImagePositionPatient=_PLACE,
            )
            image.SOPInstanceUID += f".{n}"
            image.InstanceNumber = 1 + index + 100 * n
            image.AcquisitionTime = None if minute is None else f"10{minute:02d}{index:02d}"
            for keyword, given in changes.items():
                setattr(image, keyword, given(index) if callable(given) else given)
            images.append(image)
        return images

    return make


def _acquisitions(selection: Selection) -> set[str]:
    return {frame.sop_instance_uid.split(".")[-1] for series in selection.selected for frame in series.frames}


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ({"AcquisitionNumber": 1}, {"AcquisitionNumber": 2}, "AcquisitionNumber"),
        ({"AcquisitionNumber": lambda i: 1 + i}, {"AcquisitionNumber": lambda i: 20 + i}, "AcquisitionNumber"),
        ({"TemporalPositionIdentifier": 1}, {"TemporalPositionIdentifier": 2}, "TemporalPositionIdentifier"),
        ({}, {"minute": 2}, "the acquisition times"),
        ({"AcquisitionNumber": lambda i: 1 + i}, {"AcquisitionNumber": 3, "minute": 2}, "the acquisition times"),
    ],
)
@pytest.mark.parametrize("times", [MOLLI, STONE])
def test_of_two_acquisitions_the_later_is_taken_and_said(select, acquire, first, second, told, times):
    selection = select(acquire(1, times, **first), acquire(2, times, **second))
    assert _acquisitions(selection) == {"2"}
    assert len(selection.selected[0].frames) == len(times)
    assert f"more than once, told apart by {told}" in selection.selected[0].reason
    assert selection.skipped == {"repeated_acquisition": len(times)}


def test_times_that_follow_the_heart_are_told_from_one_acquisition(select, acquire):
    later = tuple(time * 1.03 if time > 500 else time for time in MOLLI)
    assert _acquisitions(select(acquire(1), acquire(2, later, minute=1))) == {"2"}


@pytest.mark.parametrize("n_images", [2, 5, 7])
def test_an_acquisition_that_was_broken_off_is_not_taken(select, acquire, n_images):
    selection = select(acquire(1, AcquisitionNumber=1), acquire(2, MOLLI[:n_images], AcquisitionNumber=2))
    assert _acquisitions(selection) == {"1"}
    assert selection.skipped == {"repeated_acquisition": n_images}


def test_the_first_may_have_been_broken_off(select, acquire):
    assert _acquisitions(select(acquire(1, MOLLI[:3], AcquisitionNumber=1), acquire(2, AcquisitionNumber=2))) == {"2"}


def test_dynamics(select, acquire):
    selection = select(*(acquire(n, AcquisitionNumber=1, TemporalPositionIdentifier=n) for n in range(1, 5)))
    assert _acquisitions(selection) == {"4"}


def test_one_repeated_slice_of_three(select, toolbox):
    images = toolbox.make_series(MapKind.T2, 1)
    again = deepcopy(images[5:10])
    for image in again:
        image.SOPInstanceUID, image.AcquisitionTime = image.SOPInstanceUID + ".9", "103000"
    (series,) = select(images, again).selected
    assert len(series.frames) == 15
    assert sum(frame.sop_instance_uid.endswith(".9") for frame in series.frames) == 5
    assert "1 of 3 slices of series 1 were acquired more than once" in series.reason


@pytest.mark.parametrize(("n_acquired", "is_told"), [(2, True), (3, True), (4, False), (5, False)])
def test_many_in_a_row_at_one_place_may_be_slices(select, acquire, n_acquired, is_told):
    groups = [acquire(n, minute=n) for n in range(n_acquired)]
    if is_told:
        assert _acquisitions(select(*groups)) == {str(n_acquired - 1)}
    else:
        with pytest.raises(RefusedError, match=f"present {n_acquired} times, and nothing tells the acquisitions apart"):
            select(*groups)


def test_copies_without_a_sign_are_refused(select, acquire):
    with pytest.raises(RefusedError, match="every image of a slice is present 2 times, and nothing tells"):
        select(acquire(1), acquire(2))


@pytest.mark.parametrize(
    ("place", "marks", "words"),
    [
        ([0, 0, 0], {}, r"ImagePositionPatient is 0\\0\\0 in all of them"),
        (_PLACE, {"SliceLocation": lambda n: 10.0 * n}, r"SliceLocation \(0020,1041\) spans 40 mm"),
        (_PLACE, {"InStackPositionNumber": lambda n: n}, r"InStackPositionNumber \(0020,9057\) has 5 values"),
    ],
)
@pytest.mark.parametrize("times", [MOLLI, STONE])
def test_slices_that_share_one_position_are_not_fused(select, acquire, place, marks, words, times):
    """An anonymiser has taken the positions; times follow the heart, so that hardly one is there twice."""
    groups = [
        acquire(
            n,
            tuple(time * (1 + 0.01 * n) if time > 500 else time for time in times),
            minute=n,
            ImagePositionPatient=place,
            AcquisitionNumber=n,
            **{keyword: given(n) for keyword, given in marks.items()},
        )
        for n in range(5)
    ]
    with pytest.raises(RefusedError, match=words):
        select(*groups)


def test_positions_that_cannot_be_are_named(select, acquire):
    with pytest.raises(RefusedError, match=r"40 of its 40 images cannot be placed: ImagePositionPatient is 1e\+308"):
        select(*(acquire(n, ImagePositionPatient=["1e308"] * 3) for n in range(5)))


def test_a_slice_that_lies_nowhere_is_told_and_the_others_are_used(select, toolbox):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for image in images[5:10]:
        del image.PixelSpacing
    selection = select(images)
    assert len(selection.selected[0].frames) == 10
    (flag,) = [flag for flag in selection.flags if flag.code == "images_unplaced"]
    assert flag.message.startswith("series 1: 5 images are excluded: an image lacks")
    assert selection.skipped == {"bad_geometry": 5}


@pytest.mark.parametrize(
    ("n_lost", "told"),
    [
        (1, "series 1: 1 image is excluded: PixelSpacing is 11 x 11 mm; expected 0.05 to 10 mm"),
        (4, "series 1: 4 images are excluded: PixelSpacing is 11 x 11 mm; expected 0.05 to 10 mm"),
    ],
)
def test_a_fault_that_every_image_has_with_its_own_numbers_is_told_once(select, toolbox, n_lost, told):
    images = toolbox.make_series(MapKind.NATIVE_T1, 1)
    for number, image in enumerate(images[5 : 5 + n_lost], start=11):
        image.PixelSpacing = [number, number]
    (flag,) = [flag for flag in select(images).flags if flag.code == "images_unplaced"]
    assert flag.message.startswith(told)
    assert ("; the others alike" in flag.sentence) is (n_lost > 1)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (MOLLI, 1),
        (STONE, 1),
        (MOLLI * 2, 2),
        (STONE * 5, 5),
        ((0.0, 0.0, 25.0, 35.0, 55.0), 1),
        ((0.0, 0.0, 0.0, 25.0, 25.0, 25.0, 55.0, 55.0, 55.0), 3),
        ((float("inf"), 500.0, 500.0, *(700.0,) * 8), 1),
        ((100.0, 200.0, 350.0, 1000.0, 1100.0, 1250.0, 1900.0, 2000.0, 2150.0, 2800.0, 3700.0), 1),
        ((100.0, 180.0, 260.0, 960.0, 1040.0, 1120.0, 1800.0, 2700.0, 3500.0), 1),
        ((None, None), 1),
        ((100.0, 100.0), 1),
        ((), 1),
    ],
)
def test_how_often_an_acquisition_is_there(times, expected):
    assert _n_repeats(times) == expected
