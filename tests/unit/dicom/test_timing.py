from __future__ import annotations

import math

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.timing import TIMING_RULES, Weighting, find_timing


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
        ("T2 prepared", None),
        ("duration = 25 ms", None),
    ],
)
def test_t2_preparation_comment(text, expected):
    rule = next(rule for rule in TIMING_RULES if rule.source.startswith("ImageComments") and "T2" in rule.source)
    assert rule.read(_frame(ImageComments=text)) == expected


@pytest.mark.parametrize(("text", "expected"), [("TIeff 100 ms", 100.0), ("x TI=90.5 ms", 90.5), ("ratio 5 ms", None)])
def test_inversion_comment(text, expected):
    rule = next(rule for rule in TIMING_RULES if rule.source == "ImageComments (0020,4000), TI")
    assert rule.read(_frame(ImageComments=text)) == expected


def test_inversion_time_is_first_choice_and_30000_stays():
    timing = find_timing(_slices("InversionTime", ["100", "30000", "900"]), Weighting.T1)
    assert timing.rule.source == "InversionTime (0018,0082)"
    assert timing.times_ms == ((100.0, 30000.0, 900.0),)


def test_constant_source_is_passed_over_for_one_that_varies():
    slices = [[_frame(InversionTime="0", ImageComments=f"TIeff {t} ms") for t in (100, 200, 300)]]
    assert find_timing(slices, Weighting.T1).rule.source == "ImageComments (0020,4000), TI"


def test_enhanced_times_ignore_the_largest_double():
    slices = _slices("InversionTimes", [[0.0, 1.797e308], [100.0], [0.0, 200.0], [300.0]])
    assert find_timing(slices, Weighting.T1).times_ms == ((None, 100.0, 200.0, 300.0),)


def test_echo_time_counts_for_t2_only_where_it_varies():
    assert find_timing(_slices("EchoTime", ["1.3", "1.3", "1.3"]), Weighting.T2) is None
    timing = find_timing(_slices("EchoTime", ["10", "20", "30"]), Weighting.T2)
    assert timing.rule.source == "EchoTime (0018,0081)"
    assert not timing.rule.certain


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
