from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.headers.clock import acquired_seconds
from cmrmap.dicom.selection.contrast import T1Group, assign_contrast


def _group(description: str, start_s: float | None) -> T1Group:
    header = Dataset()
    header.SeriesDescription = description
    return T1Group(header, start_s)


def _answers(*groups: T1Group) -> list[str | None]:
    return [finding.answer for finding in assign_contrast(groups)]


def test_words_decide_first():
    assert _answers(_group("T1 post", 0.0), _group("T1 native", 9999.0)) == ["post", "native"]


def test_a_lone_series_without_signs_is_native():
    assert _answers(_group("T1", 0.0)) == ["native"]


def test_order_of_acquisition_decides_between_equals():
    assert _answers(_group("T1", 1200.0), _group("T1", 0.0)) == ["post", "native"]


def test_a_repeat_within_five_minutes_is_not_post_contrast():
    assert _answers(_group("T1", 0.0), _group("T1", 240.0)) == ["native", "native"]


def test_undecided_after_native_and_around_post():
    groups = _group("T1 native", 0.0), _group("T1", 900.0), _group("T1 post", 1200.0), _group("T1", 1210.0)
    assert _answers(*groups) == ["native", "post", "post", "post"]


def test_undecided_before_post_is_native():
    assert _answers(_group("T1", 100.0), _group("T1 post", 1200.0)) == ["native", "post"]


def _numbered(number: int, start_s: float | None, description: str = "T1", usable: bool = True) -> T1Group:
    group = _group(description, start_s)
    group.header.SeriesNumber = number
    return T1Group(group.header, start_s, usable)


@pytest.mark.parametrize("start_s", [None, 0.0], ids=["no times", "one time for all"])
def test_without_an_order_the_last_by_number_stands_for_post_contrast_and_gives_way(start_s):
    found = assign_contrast([_numbered(9, start_s), _numbered(4, start_s), _numbered(2, start_s)])
    assert [one.answer for one in found] == ["post", "native", "native"]
    assert all(one.gives_way for one in found)


def test_without_an_order_nothing_stands_for_post_contrast_beside_a_series_that_is_it():
    assert _answers(_numbered(2, None), _numbered(1, None), _numbered(3, None, "T1 post")) == ["native"] * 2 + ["post"]


def test_a_copy_and_a_series_that_cannot_be_used_do_not_stand_for_post_contrast():
    assert _answers(_numbered(1, None), _numbered(2, None, "T1 MOCO")) == ["native", "native"]
    assert _answers(_numbered(1, None), _numbered(2, None, usable=False)) == ["native", "native"]


def test_dates_that_were_shifted_leave_the_time_of_day():
    day = 86400.0
    found = assign_contrast([_group("T1", 3 * day + 36000.0), _group("T1", 37200.0)])
    assert [one.answer for one in found] == ["native", "post"]
    assert "20 minutes after" in found[1].reason


def test_rest_after_stress_is_not_after_contrast():
    assert _answers(_group("T1 stress", 0.0), _group("T1 rest", 900.0)) == ["native", "native"]


@pytest.mark.parametrize(
    ("attributes", "expected_of_day"),
    [
        ({"AcquisitionDate": "20240102", "AcquisitionTime": "101112.5"}, 36672.5),
        ({"AcquisitionDateTime": "20240102101112+0100"}, 36672.0),
        ({"SeriesDate": "20240102", "SeriesTime": "1011"}, 36660.0),
    ],
)
def test_acquired_seconds(attributes, expected_of_day):
    header = Dataset()
    for keyword, given in attributes.items():
        setattr(header, keyword, given)
    assert acquired_seconds(header) % 86400 == expected_of_day


def test_midnight_is_crossed_forwards():
    before, after = Dataset(), Dataset()
    before.AcquisitionDate, before.AcquisitionTime = "20240131", "235900"
    after.AcquisitionDate, after.AcquisitionTime = "20240201", "000100"
    assert acquired_seconds(after) - acquired_seconds(before) == 120.0


def test_no_time():
    assert acquired_seconds(Dataset()) is None


def _injected(description: str, start_s: float, clock: str = "001000", **attributes: str) -> T1Group:
    group = _group(description, start_s)
    group.header.ContrastBolusStartTime = clock
    for keyword, given in attributes.items():
        setattr(group.header, keyword, given)
    return group


def test_the_injection_time_of_one_series_decides_for_all():
    assert _answers(_group("T1", 0.0), _injected("T1", 1200.0), _group("T1", 550.0)) == ["native", "post", "native"]


def test_the_injection_time_goes_before_an_agent_that_was_entered_beforehand():
    before = _injected("T1", 0.0, ContrastBolusAgent="Gadobutrol")
    assert _answers(before, _injected("T1", 1200.0, ContrastBolusAgent="Gadobutrol")) == ["native", "post"]


def test_an_injection_before_midnight():
    assert _answers(_injected("T1", 86400.0 + 300.0, clock="235000")) == ["post"]


def test_words_win_over_the_injection_time_and_the_contradiction_is_told():
    (found,) = assign_contrast([_injected("T1 native", 1200.0)])
    assert found.answer == "native"
    assert found.caution == "but acquired 10 minutes after the injection (0018,1042)"


def test_words_for_post_against_an_agent_that_says_none():
    group = _group("T1 post", 0.0)
    group.header.ContrastBolusAgent = "NONE"
    (found,) = assign_contrast([group])
    assert found.answer == "post"
    assert "says none" in found.caution


def test_a_native_series_whose_agent_was_entered_beforehand_is_no_contradiction():
    group = _group("T1 native", 0.0)
    group.header.ContrastBolusAgent = "Gadobutrol"
    assert assign_contrast([group])[0].caution == ""


@pytest.mark.parametrize("starts", [(0.0, 1200.0), (None, None)])
def test_an_agent_in_every_series_was_entered_for_the_exam_and_the_order_decides(starts):
    groups = [_numbered(index, start) for index, start in enumerate(starts)]
    for group in groups:
        group.header.ContrastBolusAgent = "Gadobutrol"
    found = assign_contrast(groups)
    assert [(one.answer, one.gives_way) for one in found] == [("native", True), ("post", True)]
    assert assign_contrast(groups[:1])[0].answer == "post"


def test_the_description_goes_before_the_protocol():
    group = _group("T1 native", 0.0)
    group.header.ProtocolName = "T1 post"
    assert assign_contrast([group])[0].reason == 'the description says "native"'


@pytest.mark.parametrize(
    ("description", "attributes", "gives_way"),
    [
        ("T1 post", {}, False),
        ("T1", {"ContrastBolusAgent": "Gadobutrol"}, True),
        ("T1", {"ContrastBolusVolume": "10"}, True),
        ("T1", {"ContrastBolusAgent": "none"}, False),
        ("T1", {}, True),
    ],
)
def test_what_nobody_has_said_gives_way(description, attributes, gives_way):
    group = _group(description, 0.0)
    for keyword, given in attributes.items():
        setattr(group.header, keyword, given)
    assert assign_contrast([group])[0].gives_way is gives_way
