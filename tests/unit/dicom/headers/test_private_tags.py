from __future__ import annotations

import struct

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.headers.private_tags import (
    PHILIPS_INVERSION_DELAY,
    PHILIPS_SCALE_SLOPE,
    SIEMENS_XA_INVERSION_TIME,
    private_number,
    private_value,
)


def _philips(block: int, value: object, vr: str = "FL") -> Dataset:
    header = Dataset()
    header.add_new((0x2005, block), "LO", "Philips MR Imaging DD 006")
    header.add_new((0x2005, (block << 8) | 0x72), vr, value)
    return header


@pytest.mark.parametrize("block", [0x10, 0x15, 0xFE])
def test_found_wherever_the_creator_has_its_block(block):
    assert private_number(_philips(block, 350.5), PHILIPS_INVERSION_DELAY) == 350.5


def test_another_creators_element_is_not_taken():
    header = _philips(0x15, 350.5)
    header[0x2005, 0x15].value = "Philips MR Imaging DD 005"
    assert private_number(header, PHILIPS_INVERSION_DELAY) is None


def test_without_a_creator_nothing_is_read():
    header = _philips(0x15, 350.5)
    del header[0x2005, 0x15]
    assert private_value(header, PHILIPS_INVERSION_DELAY) is None


def test_bytes_of_unknown_type_are_decoded_by_the_known_one():
    assert private_number(_philips(0x15, struct.pack("<f", 120.0), "UN"), PHILIPS_INVERSION_DELAY) == 120.0


def test_a_creator_of_unknown_type_is_known_all_the_same():
    header = _philips(0x15, struct.pack("<f", 120.0), "UN")
    header.add_new((0x2005, 0x15), "UN", b"Philips MR Imaging DD 006 ")
    assert private_number(header, PHILIPS_INVERSION_DELAY) == 120.0


@pytest.mark.parametrize("content", [b"", b"abc", struct.pack("<f", float("nan"))])
def test_bytes_that_are_no_number_are_none(content):
    assert private_number(_philips(0x15, content, "UN"), PHILIPS_INVERSION_DELAY) is None


def test_found_inside_a_private_sequence_with_its_own_creator():
    item = Dataset()
    item.add_new((0x0021, 0x11), "LO", "SIEMENS MR SDI 02")
    item.add_new((0x0021, 0x1189), "FD", 180.0)
    frame = Dataset()
    frame.add_new((0x0021, 0x11), "LO", "SIEMENS MR SDI 02")
    frame.add_new((0x0021, 0x11FE), "SQ", [item])
    assert private_number(frame, SIEMENS_XA_INVERSION_TIME) == 180.0


def test_the_scale_slope_of_a_philips_frame_is_found_in_its_private_sequence():
    inner, frame = Dataset(), Dataset()
    inner.private_block(0x2005, "Philips MR Imaging DD 001", create=True).add_new(0x0E, "FL", 0.0125)
    frame.private_block(0x2005, "Philips MR Imaging DD 005", create=True).add_new(0x0F, "SQ", [inner])
    assert private_number(frame, PHILIPS_SCALE_SLOPE) == pytest.approx(0.0125)
