"""Structure sets that a reader drew: which contours count, and why others are refused."""

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.dicom.reference import planar_contours
from cmrmap.dicom.reference.contour_places import crosses_itself
from tests.unit.dicom.reference.drawn_objects import (
    drawn_contour,
    image_of,
    only_refusal,
    read_contours,
    sentence_of,
    structure_set,
    wall_and_blood,
    why_refused,
)

ENDO = ((12, 12), (12, 20), (20, 20), (20, 12))
EPI = ((8, 8), (8, 24), (24, 24), (24, 8))
BOW_TIE = ((8, 8), (24, 24), (8, 24), (24, 8))


def _structures(
    image: Dataset, regions: dict[str, Sequence[tuple[int, int]]], *, form: str = "CLOSED_PLANAR", named: bool = True
) -> Dataset:
    """One contour a region."""
    drawn = {name: [drawn_contour(image, corners, form=form, named=named)] for name, corners in regions.items()}
    return structure_set(image, drawn)


def test_contours_of_a_structure_set_are_a_readers(folder: Path) -> None:
    _structures(image_of(folder), {"LV endo": ENDO, "LV epi": EPI}).save_as(
        folder / "set.dcm", enforce_file_format=True
    )
    (contour,), flags = read_contours(folder)
    assert flags == ()
    assert (contour.kind, contour.slice_index, contour.time_index) == (MapKind.T2, 1, 0)
    np.testing.assert_array_equal(contour.labels, wall_and_blood()[0])


@pytest.mark.parametrize(
    ("regions", "form", "reason"),
    [
        ({"LV endo": ENDO, "LV epi": EPI}, "OPEN_PLANAR", "a contour of it is open; expected closed contours"),
        ({"LV endo": ENDO, "LV epi": BOW_TIE}, "CLOSED_PLANAR", "a contour of it crosses itself"),
        ({"LV epi": EPI}, "CLOSED_PLANAR", "its contours do not separate wall and blood"),
    ],
)
def test_contours_that_do_not_enclose_a_wall_are_refused(
    folder: Path, regions: dict[str, Sequence[tuple[int, int]]], form: str, reason: str
) -> None:
    _structures(image_of(folder), regions, form=form).save_as(folder / "set.dcm", enforce_file_format=True)
    flag = only_refusal(read_contours(folder))
    assert (flag.map, flag.slice_index) == (MapKind.T2, 1)
    assert reason in sentence_of(flag)
    assert "structure set" in sentence_of(flag)


def test_contours_that_name_no_image_where_two_series_lie_are_refused(folder: Path) -> None:
    structures = _structures(image_of(folder), {"LV endo": ENDO, "LV epi": EPI}, named=False)
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    assert "it names no image in the folder, and" in why_refused(folder)


def test_a_keyhole_does_not_cross_itself(folder: Path) -> None:
    """A ring as one contour: in along a line, around the cavity, and out along the same line (PS3.3 C.8.8.6.3)."""
    keyhole = (*EPI, EPI[0], ENDO[0], *reversed(ENDO), EPI[0])
    _structures(image_of(folder), {"Myocardium": keyhole}).save_as(folder / "set.dcm", enforce_file_format=True)
    (contour,), flags = read_contours(folder)
    assert flags == ()
    assert np.count_nonzero(contour.labels == Label.MYOCARDIUM) == pytest.approx(16 * 16 - 8 * 8, abs=10)


def test_a_contour_of_more_points_than_anybody_draws_is_refused_unread(folder: Path) -> None:
    structures = _structures(image_of(folder), {"LV endo": ENDO, "LV epi": EPI})
    structures.ROIContourSequence[1].ContourSequence[0].ContourData = ["0"] * 12_003
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    assert "a contour of it has 4001 points; expected at most 4000" in why_refused(folder)


@pytest.mark.parametrize(("limit", "most"), [("_MOST_CONTOURS", 1), ("_MOST_POINTS_TOGETHER", 7)])
def test_more_contours_than_anybody_draws_are_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(planar_contours, limit, most)
    structures = _structures(image_of(folder), {"LV endo": ENDO, "LV epi": EPI})
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    told = why_refused(folder)
    assert f"more than {planar_contours._MOST_CONTOURS} contours or" in told


@pytest.mark.parametrize("number", [b"nan", b"inf", b"a few", b""])
def test_coordinates_that_are_no_numbers_are_none(folder: Path, number: bytes) -> None:
    structures = _structures(image_of(folder), {"LV endo": ENDO, "LV epi": EPI})
    structures.save_as(folder / "set.dcm", enforce_file_format=True)
    first = str(structures.ROIContourSequence[0].ContourSequence[0].ContourData[0]).encode()
    head, tail = (folder / "set.dcm").read_bytes().split(b"\x06\x30\x50\x00DS", 1)
    tail = tail.replace(first, number.ljust(len(first)), 1)
    (folder / "set.dcm").write_bytes(head + b"\x06\x30\x50\x00DS" + tail)
    assert "its contours do not separate wall and blood" in why_refused(folder)


def test_long_contours_are_compared_in_little_memory() -> None:
    angle = np.linspace(0.0, 2 * np.pi, 4000, endpoint=False)
    points = np.stack([40 * np.cos(angle), 40 * np.sin(angle), 0 * angle], axis=1)
    tracemalloc.start()
    try:
        assert not crosses_itself(points)
        points[[1000, 3900]] = points[[3900, 1000]]
        assert crosses_itself(points)
        assert tracemalloc.get_traced_memory()[1] < 40e6
    finally:
        tracemalloc.stop()
