from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.headers.siemens_protocol import preparation_list_ms, work_in_progress_list_ms


def _frames(lines: str, n: int, clocks: list[str] | None = None) -> list[Dataset]:
    protocol = f"SV10\4\3\2\1junk### ASCCONV BEGIN object=MrProtDataImpl ###\n{lines}\n### ASCCONV END ###\0junk"
    frames = []
    for index in range(n):
        frame = Dataset()
        frame.InstanceNumber = index + 1
        if clocks:
            frame.AcquisitionTime = clocks[index]
        frame.add_new((0x0029, 0x10), "LO", "SIEMENS CSA HEADER")
        frame.add_new((0x0029, 0x1020), "OB", protocol.encode("latin-1"))
        frames.append(frame)
    return frames


VE11B = "sPrepPulses.adT2PrepDuration.__attribute__.size\t = \t2\n" + "\n".join(
    f"sPrepPulses.adT2PrepDuration[{i}]\t = \t{t}" for i, t in enumerate(("30.0", "55.0"))
)
VB17 = "sWiPMemBlock.alFree[2]      = 3\n" + "\n".join(
    f"sWiPMemBlock.adFree[{i}]     = {t}" for i, t in enumerate((0.001, 24.001, 55.001, 7.0))
)


def test_the_preparation_of_0_ms_is_not_listed_and_comes_first():
    assert preparation_list_ms(_frames(VE11B, 3)) == (0.0, 30.0, 55.0)


def test_a_zero_index_without_a_line_is_the_same_list():
    lines = VE11B.replace("[1]", "[2]").replace("[0]", "[1]")
    assert preparation_list_ms(_frames(lines, 3)) == (0.0, 30.0, 55.0)


def test_as_many_times_as_images_are_taken_as_listed():
    assert preparation_list_ms(_frames(VE11B, 2)) == (30.0, 55.0)


@pytest.mark.parametrize("n_images", [1, 4, 6])
def test_another_number_of_images_leaves_a_doubt(n_images):
    assert preparation_list_ms(_frames(VE11B, n_images)) == (None,) * n_images


def test_a_gap_in_the_list_leaves_a_doubt():
    assert preparation_list_ms(_frames(VE11B.replace("[1]", "[3]"), 3)) == (None,) * 3


def test_times_follow_the_instance_numbers():
    frames = _frames(VE11B, 3)
    assert preparation_list_ms(frames[::-1]) == (55.0, 30.0, 0.0)


def test_acquired_against_the_instance_numbers_leaves_a_doubt():
    assert preparation_list_ms(_frames(VE11B, 3, ["100000", "100010", "100020"])) == (0.0, 30.0, 55.0)
    assert preparation_list_ms(_frames(VE11B, 3, ["100000", "100020", "100010"])) == (None,) * 3


def test_equal_instance_numbers_leave_a_doubt():
    frames = _frames(VE11B, 3)
    frames[1].InstanceNumber = 1
    assert preparation_list_ms(frames) == (None,) * 3


def test_vb17_counts_its_times_and_writes_a_thousandth_for_0():
    assert work_in_progress_list_ms(_frames(VB17, 3)) == (0.0, 24.0, 55.0)
    assert work_in_progress_list_ms(_frames(VB17, 4)) == (None,) * 4


def test_no_protocol_no_times():
    assert preparation_list_ms([Dataset(), Dataset()]) == (None, None)
    assert work_in_progress_list_ms(_frames("nothing = 1", 3)) == (None,) * 3
