"""Contours of RT Structure Sets, filled on the images that they were drawn on."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label
from cmrmap.dicom.reference.planar_contours import structure_of
from tests.unit.dicom.reference.drawn_objects import SIZE, drawn_contour, image_of, read_labels, structure_set

ENDO = (12.0, 12.0, 20.0, 20.0)  # first and last row and column that a square encloses
EPI = (8.0, 8.0, 24.0, 24.0)


def _contour(image: Dataset, square: Sequence[float], *, named: bool = True, out_of_plane_mm: float = 0.0) -> Dataset:
    """A square through half pixels, in the patient's coordinates."""
    top, left, bottom, right = square
    corners = [(top, left), (top, right), (bottom, right), (bottom, left)]
    return drawn_contour(image, corners, named=named, out_of_plane_mm=out_of_plane_mm)


def _save(
    folder: Path, image: Dataset, regions: dict[str, list[Dataset]], *, by: str = "MANUAL", date: str = "20240101"
) -> None:
    out = structure_set(image, regions, by=by)
    out.StructureSetLabel, out.StructureSetDate, out.StructureSetTime = "heart", date, "120000"
    out.save_as(folder / f"structures-{by}-{date}.dcm", enforce_file_format=True)


def _expected(endo: Sequence[float] = ENDO, epi: Sequence[float] = EPI) -> np.ndarray:
    labels = np.zeros((SIZE, SIZE), np.uint8)
    for (top, left, bottom, right), label in ((epi, Label.MYOCARDIUM), (endo, Label.CAVITY)):
        labels[int(top) : int(bottom), int(left) : int(right)] = label
    return labels


def test_endo_and_epicardium_make_wall_and_cavity_of_the_image_that_they_name(folder: Path) -> None:
    image = image_of(folder, 1, 1)
    _save(
        folder, image, {"saendocardialContour": [_contour(image, ENDO)], "saepicardialContour": [_contour(image, EPI)]}
    )
    found = read_labels(folder)
    assert np.array_equal(found[MapKind.T2].labels[1, 0], _expected())
    assert found[MapKind.T2].known[1, 0].tolist() == [True, True, True, False]
    assert not found[MapKind.T2].known[1, 1:].any()
    assert not found[MapKind.NATIVE_T1].known.any()


def test_contours_that_name_no_image_are_drawn_on_every_image_of_their_plane(folder: Path) -> None:
    image = image_of(folder, 1, 2)
    regions = {"LV endo": [_contour(image, ENDO, named=False)], "LV epi": [_contour(image, EPI, named=False)]}
    _save(folder, image, regions)
    for one in read_labels(folder).values():
        assert (one.labels[2] == _expected()).all()
        assert not one.known[:2].any()


def test_a_wall_of_two_contours_is_the_ring_between_them(folder: Path) -> None:
    image = image_of(folder, 1, 0)
    _save(folder, image, {"Myocardium": [_contour(image, ENDO), _contour(image, EPI)]})
    found = read_labels(folder)[MapKind.T2]
    assert np.array_equal(found.labels[0, 0] == Label.MYOCARDIUM, _expected() == Label.MYOCARDIUM)
    assert found.known[0, 0].tolist() == [True, True, False, False]


def test_contours_of_several_images_that_do_not_say_which_are_left_out(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = image_of(folder, 1, 0)
    moved = tuple(value + 2 for value in ENDO)
    regions = {
        "LV endo": [_contour(image, ENDO, named=False), _contour(image, moved, named=False)],
        "LV epi": [_contour(image, EPI, named=False)],
    }
    _save(folder, image, regions)
    with caplog.at_level(logging.WARNING):
        assert not read_labels(folder)[MapKind.T2].known.any()
    assert "do not tell wall from cavity" in caplog.text


def test_an_epicardium_alone_and_contours_beside_every_plane_teach_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    image = image_of(folder, 1, 0)
    regions = {
        "LV epi": [_contour(image, EPI)],
        "LV endo": [_contour(image, ENDO, out_of_plane_mm=2.5)],
        "liver": [_contour(image, EPI)],
    }
    _save(folder, image, regions)
    with caplog.at_level(logging.WARNING):
        assert not read_labels(folder)[MapKind.T2].known.any()
    assert "1 contours lie in no image's plane, those on 1 images do not tell" in caplog.text


def test_another_frame_of_reference_is_another_place(folder: Path) -> None:
    image = image_of(folder, 1, 0)
    regions = {"LV endo": [_contour(image, ENDO, named=False)], "LV epi": [_contour(image, EPI, named=False)]}
    image.FrameOfReferenceUID = "1.2.3.4.5"
    _save(folder, image, regions)
    assert not read_labels(folder)[MapKind.T2].known.any()


def test_a_person_goes_before_a_program(folder: Path) -> None:
    image = image_of(folder, 1, 0)
    other = tuple(value + 1 for value in ENDO)
    epi = {"epi": [_contour(image, EPI)]}
    _save(folder, image, {"endo": [_contour(image, ENDO)], **epi}, by="MANUAL", date="20240101")
    _save(folder, image, {"endo": [_contour(image, other)], **epi}, by="AUTOMATIC", date="20240601")
    assert np.array_equal(read_labels(folder)[MapKind.T2].labels[0, 0], _expected())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LV endocardium", Label.CAVITY),
        ("sarvendocardialContour", Label.RIGHT_VENTRICLE),
        ("RV epi", None),
        ("Myocardium", Label.MYOCARDIUM),
        ("LV blood pool", Label.CAVITY),
        ("epicardial fat", None),
        ("RV insertion point", None),
        ("liver", None),
    ],
)
def test_regions_are_recognised_by_their_names(name: str, expected: Label | None) -> None:
    assert structure_of(name) is expected
