"""Faults of headers are of one kind where only their numbers differ."""

import pytest

from cmrmap.dicom.headers.values import by_fault_kind, fault_kind


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("PixelSpacing is 0 x 0 mm", "PixelSpacing is 1e+30 x -2.5 mm", True),
        ("ImagePositionPatient is 1e308", "ImagePositionPatient is 20000", True),
        ("PixelSpacing is 0 mm", "SliceThickness is 0 mm", False),
        ("no T1 is told", "no T2 is told", False),
    ],
)
def test_numbers_make_no_kind(one: str, other: str, alike: bool) -> None:
    assert (fault_kind(one) == fault_kind(other)) is alike


def test_members_are_told_under_the_first_of_their_kind() -> None:
    found = [("lost 1 byte", "a"), ("no place", "b"), ("lost 2 byte", "c"), ("no place", "d")]
    assert by_fault_kind(found) == {"lost 1 byte; the others alike": ["a", "c"], "no place": ["b", "d"]}
    assert by_fault_kind([]) == {}
