"""What results.json says of the input: files and images counted apart, every reason once."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace

import pytest
from pydicom.dataset import Dataset

from cmrmap.dicom.headers.lost_image import LostImage
from cmrmap.dicom.headers.read import SourceStudy
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.decisions import Selection
from cmrmap.pipeline.input_summary import lost_flags, summarise_input


def _study(*uids: str, n_files: int, **skipped: int) -> SourceStudy:
    return SourceStudy("1.2", {uid: Dataset() for uid in uids}, dict.fromkeys(uids, ""), skipped, n_files=n_files)


def _selection(left_out: dict[tuple[str, int], str], n_selected: int) -> Selection:
    series = SimpleNamespace(frames=[None] * n_selected, sd_frames=())
    return Selection((series,) if n_selected else (), (), MappingProxyType(left_out))


def _loaded(*rows: tuple[str, ...]) -> LoadedStudy:
    return LoadedStudy((SimpleNamespace(source_uids=rows, scanner=None),), (), ())


def test_a_multi_frame_file_is_one_file_and_many_images():
    left_out = {("a", index): "vendor_map" for index in range(2)} | {("b", 0): "localizer"}
    found = summarise_input(
        _study("a", "b", n_files=3, json=1), _selection(left_out, 8), _loaded(("a",) * 4, ("a", "a", "a", "a"))
    )
    assert (found.n_files, found.n_used) == (3, 1)
    assert dict(found.skipped) == {"json": 1, "localizer": 1}
    assert dict(found.frames_not_used) == {"localizer": 1, "vendor_map": 2}
    assert found.n_files == found.n_used + sum(found.skipped.values())


def test_a_file_counts_under_the_reason_of_most_of_its_images():
    left_out = {("a", 0): "phase_image", ("a", 1): "vendor_map", ("a", 2): "vendor_map"}
    found = summarise_input(_study("a", n_files=1), _selection(left_out, 0), _loaded())
    assert dict(found.skipped) == {"vendor_map": 1}


def test_images_that_cannot_be_decoded_are_counted():
    found = summarise_input(_study("a", "b", n_files=2), _selection({}, 2), _loaded(("a", "")))
    assert (found.n_used, dict(found.skipped)) == (1, {"undecodable_pixels": 1})
    assert dict(found.frames_not_used) == {"undecodable_pixels": 1}


@pytest.mark.parametrize(
    ("uids", "words"),
    [
        (["1.5"], "image 1.5 is lost: cut; send or export again"),
        ([""], "an image without readable UID is lost: cut; send or export again"),
        (["1.5", "1.6"], "2 images (1.5, 1.6) are lost: cut; send or export again"),
        (["1.5", "1.6", "", "1.7", "1.8"], "5 images (1.5, 1.6, 1.7, ...) are lost: cut; send or export again"),
        (["", ""], "2 images are lost: cut; send or export again"),
    ],
)
def test_a_reason_is_said_once(uids, words):
    (flag,) = lost_flags([LostImage("name", "cut", "1.2", uid) for uid in uids])
    assert flag.message == words


def test_two_series_or_two_reasons_are_two_findings():
    lost = [LostImage("", "cut", "1.2", "a"), LostImage("", "cut", "1.3", "b"), LostImage("", "empty", "1.3", "c")]
    assert len(lost_flags(lost)) == 3


def test_one_kind_of_fault_is_told_once_whatever_its_numbers() -> None:
    lost = [LostImage("", f"the file is cut: {n} of 900 bytes of pixel data are there", "1.2", f"u{n}") for n in (1, 2)]
    assert [flag.sentence for flag in lost_flags([*lost, LostImage("", "empty", "1.2", "u3")])] == [
        "2 images (u1, u2) are lost: the file is cut: 1 of 900 bytes of pixel data are there; the others alike; "
        "send or export again",
        "image u3 is lost: empty; send or export again",
    ]
