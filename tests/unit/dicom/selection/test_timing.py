from __future__ import annotations

import math
import re

import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_spec import Weighting
from cmrmap.dicom.selection import timing
from cmrmap.dicom.selection.timing_rules import TIMING_RULES


def find_timing(slices, weighting):
    return timing.find_timing(slices, weighting, TIMING_RULES)


def _frame(**attributes: object) -> Dataset:
    frame = Dataset()
    for keyword, given in attributes.items():
        setattr(frame, keyword, given)
    return frame


def _slices(keyword: str, *rows: list[object]) -> list[list[Dataset]]:
    return [[_frame(**({} if v is None else {keyword: v})) for v in row] for row in rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("T2 prep. duration = 25 ms", 25.0),
        ("abc, T2 prep. duration = 0 ms", 0.0),
        ("T2 prep. duration = 37.5 ms", 37.5),
        ("T2 prep. duration = inf ms, saturation", math.inf),
        ("T2prep 40 ms", 40.0),
        ("FLASH T2-Prep TE: 55 ms", 55.0),
        ("T2 preparation time 30ms", 30.0),
        ("T2 prepared", None),
        ("T2 prep 4 pulses", None),
        ("T2 prep, TR 700 ms", None),
        ("duration = 25 ms", None),
    ],
)
def test_t2_preparation_comment(text, expected):
    rule = next(rule for rule in TIMING_RULES if rule.source.startswith("ImageComments") and "T2" in rule.source)
    assert rule.read([_frame(ImageComments=text)]) == (expected,)


@pytest.mark.parametrize(("text", "expected"), [("TIeff 100 ms", 100.0), ("x TI=90.5 ms", 90.5), ("ratio 5 ms", None)])
def test_inversion_comment(text, expected):
    rule = next(rule for rule in TIMING_RULES if rule.source == "ImageComments (0020,4000), TI")
    assert rule.read([_frame(ImageComments=text)]) == (expected,)


def test_inversion_time_is_first_choice_and_30000_stays():
    found = find_timing(_slices("InversionTime", ["100", "30000", "900"]), Weighting.T1)
    assert found.source == "InversionTime (0018,0082)"
    assert found.times_ms == ((100.0, 30000.0, 900.0),)


def test_constant_source_is_passed_over_for_one_that_varies():
    slices = [[_frame(InversionTime="0", ImageComments=f"TIeff {t} ms") for t in (100, 200, 300)]]
    assert find_timing(slices, Weighting.T1).source == "ImageComments (0020,4000), TI"


def test_enhanced_times_ignore_the_largest_double():
    slices = _slices("InversionTimes", [[0.0, 1.797e308], [100.0], [0.0, 200.0], [300.0]])
    assert find_timing(slices, Weighting.T1).times_ms == ((None, 100.0, 200.0, 300.0),)


def test_echo_time_counts_for_t2_only_where_it_varies():
    assert find_timing(_slices("EchoTime", ["1.3", "1.3", "1.3"]), Weighting.T2) is None
    found = find_timing(_slices("EchoTime", ["10", "20", "30"]), Weighting.T2)
    assert found.source == "EchoTime (0018,0081)"
    assert not found.certain


def test_a_slice_that_does_not_vary_rejects_the_source():
    assert find_timing(_slices("InversionTime", ["1", "2", "3"], ["5", "5", "5"]), Weighting.T1) is None


def test_a_few_equal_times_are_accepted_but_a_doubled_series_is_not():
    assert find_timing(_slices("InversionTime", ["1", "2", "2", "3"]), Weighting.T1) is not None
    assert find_timing(_slices("InversionTime", ["1", "1", "2", "2", "3", "3"]), Weighting.T1) is None


def test_a_single_missing_time_is_tolerated_many_are_not():
    assert find_timing(_slices("InversionTime", ["1", "2", "3", None]), Weighting.T1).times_ms[0][3] is None
    assert find_timing(_slices("InversionTime", ["1", "2", None, None]), Weighting.T1) is None


def test_single_images_decide_nothing():
    assert find_timing(_slices("InversionTime", ["1"], ["2"]), Weighting.T1) is None


def _ge(*times: str) -> list[list[Dataset]]:
    return [[_frame(Manufacturer="GE MEDICAL SYSTEMS", TriggerTime=time) for time in times]]


def test_ge_is_read_and_flagged_as_not_verified():
    slices = [[_frame(Manufacturer="GE MEDICAL SYSTEMS", InversionTime=t) for t in ("100", "200", "900")]]
    found = find_timing(slices, Weighting.T1)
    assert found.source == "InversionTime (0018,0082)"
    assert "not verified" in found.caution
    assert find_timing(_slices("InversionTime", ["100", "200", "900"]), Weighting.T1).caution == ""


def test_trigger_times_that_follow_the_heart_are_no_inversion_times():
    assert find_timing(_ge("560", "571", "580", "566"), Weighting.T1) is None
    found = find_timing(_ge("160", "971", "1780", "2566"), Weighting.T1)
    assert found.source == "TriggerTime (0018,1060)"
    assert found.caution


@pytest.mark.parametrize(
    ("maker", "name"),
    [
        ("Philips", "LookLocker SAX"),
        ("Philips Healthcare", "T1 LL"),
    ],
)
def test_philips_look_locker_by_its_trigger_times(maker, name):
    frames = [_frame(Manufacturer=maker, SeriesDescription=name, TriggerTime=t) for t in ("40", "80", "300")]
    assert find_timing([frames], Weighting.T1).source == "TriggerTime (0018,1060), Look-Locker"


def test_trigger_times_of_others_are_never_taken():
    frames = [_frame(Manufacturer="SIEMENS", SeriesDescription="T1 LL", TriggerTime=t) for t in ("40", "80", "300")]
    assert find_timing([frames], Weighting.T1) is None


def test_a_frame_flagged_as_not_inverted_has_recovered_for_ever():
    frames = [_frame(InversionTimes=[t], InversionRecovery="YES") for t in (100.0, 900.0)]
    frames.append(_frame(InversionRecovery="NO"))
    assert find_timing([frames], Weighting.T1).times_ms == ((100.0, 900.0, math.inf),)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([["5", "5", "5"]], r"InversionTime \(0018,0082\) is 5 ms in every image of a slice"),
        ([["1", "1", "2", "2"]], "has 2 different values in 4 images of a slice: every image occurs twice"),
        ([["1", None, None]], "is present in 1 of 3 images of a slice"),
        ([[None, None]], r"no known attribute gives an inversion time that differs .* every slice; give the times"),
    ],
)
def test_why_no_times_are_accepted_is_said(rows, reason):
    said = timing.explain_no_timing(_slices("InversionTime", *rows), Weighting.T1, TIMING_RULES)
    assert re.search(reason, said), said
    assert "--times" in said
