"""The numbers of a region are those of its pixels."""

import math

import pytest

from cmrmap.core.errors import InputError
from cmrmap.core.regional_values import RegionStatistics

NAN = math.nan


def test_what_is_not_known_is_nan() -> None:
    assert math.isnan(RegionStatistics(NAN, NAN, 0, NAN).mean)
    assert math.isnan(RegionStatistics(42.0, NAN, 1, NAN).sd)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((42.0, 1.0, -1, 0.1), "are 0 or more; found -1"),
        ((42.0, -1.0, 9, 0.1), "found 9, -1"),
        ((42.0, 1.0, 9, -0.1), "found 9, 1, -0.1"),
        ((42.0, NAN, 0, NAN), "without pixels has no numbers; found a mean of 42"),
        ((NAN, NAN, 0, 0.0), "without pixels"),
    ],
)
def test_numbers_that_no_region_has(numbers, words: str) -> None:
    with pytest.raises(InputError, match=words):
        RegionStatistics(*numbers)
