"""Segmentations read back as labels: this package's own, and generic ones drawn on weighted images."""

import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.coding import Code

from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import Label
from cmrmap.dicom.reference.segmentations import segment_class
from cmrmap.dicom.writing.outputs import OutputFile
from tests.unit.dicom.reference.drawn_objects import (
    LEFT_VENTRICLE,
    MYOCARDIUM,
    RIGHT_VENTRICLE,
    SIZE,
    drawn_segmentation,
    read_labels,
)


def _segmentation(
    images: list[Dataset],
    labels: np.ndarray,
    types: list[Code],
    *,
    kind: str = "MANUAL",
    form: str = "BINARY",
    date: str = "20240102",
) -> Dataset:
    result = drawn_segmentation(images, labels, types, kind=kind, form=form, tracked=True, omit_empty=True)
    result.ContentDate = date
    return result


def _drawn(n: int) -> np.ndarray:
    """Cavity (2), wall (1) and RV (3) as squares; they differ from image to image."""
    labels = np.zeros((n, SIZE, SIZE), np.uint8)
    for index in range(n):
        labels[index, 8 + index : 24, 8:24] = 1
        labels[index, 12 + index : 20, 12:20] = 2
        labels[index, 10:20, 2:7] = 3
    return labels


@pytest.fixture
def folder(tmp_path: Path, toolbox: SimpleNamespace) -> Path:
    toolbox.save(toolbox.make_series(MapKind.T2, 1) + toolbox.make_series(MapKind.NATIVE_T1, 2), tmp_path)
    return tmp_path


def _slice_images(folder: Path, series: int, slice_index: int) -> list[Dataset]:
    images = [dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return [one for one in images if one.SOPInstanceUID.startswith(f"1.2.3.3.{series}.{slice_index}.")]


@pytest.mark.parametrize("form", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_each_image_gets_the_labels_drawn_on_it(folder: Path, form: str) -> None:
    images = _slice_images(folder, 1, 1)[:3]
    drawn = _drawn(3)
    for number, image in enumerate(images):  # one frame a position: one object an image
        seg = _segmentation(
            [image], drawn[number : number + 1], [MYOCARDIUM, LEFT_VENTRICLE, RIGHT_VENTRICLE], form=form
        )
        seg.save_as(folder / f"seg{number}.dcm")
    found = read_labels(folder)
    assert np.array_equal(found[MapKind.T2].labels[1, :3], drawn)
    assert found[MapKind.T2].known[1, :3].all()
    assert not found[MapKind.T2].known[1, 3:].any()
    assert not found[MapKind.T2].known[[0, 2]].any()
    assert not found[MapKind.NATIVE_T1].known.any()


def test_a_class_without_segment_is_not_known(folder: Path) -> None:
    image = _slice_images(folder, 1, 0)[:1]
    _segmentation(image, _drawn(1) == 1, [MYOCARDIUM]).save_as(folder / "seg.dcm")
    found = read_labels(folder)[MapKind.T2]
    assert found.known[0, 0].tolist() == [True, True, False, False]
    assert set(np.unique(found.labels[0, 0])) == {0, 1}


def test_own_segmentation_belongs_to_the_image_under_the_map(
    study_folder: Path, files: tuple[OutputFile, ...], volumes: dict[MapKind, MapVolume], tmp_path: Path
) -> None:
    for path in study_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    for file in files:
        (tmp_path / f"out-{file.name}").write_bytes(file.content)
    found = read_labels(tmp_path)
    for kind in (MapKind.T2, MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1):
        volume = volumes[kind]
        for index in range(3):
            known = np.flatnonzero(found[kind].known[index].any(axis=-1))
            assert known.tolist() == [0]  # the volume's first source is its first image
            assert found[kind].known[index, 0].tolist() == [True, True, True, False]
            labels = found[kind].labels[index, 0]
            assert np.array_equal(labels == Label.MYOCARDIUM, volume.myocardium[index])
            assert np.array_equal(labels == Label.CAVITY, volume.blood_pool[index])


def test_a_segmentation_without_sources_labels_every_image_at_its_position(folder: Path) -> None:
    image = _slice_images(folder, 1, 2)[:1]
    seg = _segmentation(image, _drawn(1), [MYOCARDIUM, LEFT_VENTRICLE, RIGHT_VENTRICLE])
    for frame in seg.PerFrameFunctionalGroupsSequence:
        del frame.DerivationImageSequence
    seg.save_as(folder / "seg.dcm")
    found = read_labels(folder)
    for one in found.values():
        assert one.known[2].all()
        assert (one.labels[2] == _drawn(1)).all()
        assert not one.known[:2].any()


@pytest.mark.parametrize(("first", "second", "wins"), [("AUTOMATIC", "MANUAL", 1), ("MANUAL", "AUTOMATIC", 0)])
def test_a_person_goes_before_a_network(folder: Path, first: str, second: str, wins: int) -> None:
    image = _slice_images(folder, 1, 0)[:1]
    drawn = [_drawn(2)[index : index + 1] for index in range(2)]
    for number, kind in enumerate((first, second)):
        seg = _segmentation(image, drawn[number], [MYOCARDIUM, LEFT_VENTRICLE, RIGHT_VENTRICLE], kind=kind)
        seg.save_as(folder / f"seg{number}.dcm")
    assert np.array_equal(read_labels(folder)[MapKind.T2].labels[0, 0], drawn[wins][0])


def test_the_later_of_two_manual_ones_counts(folder: Path) -> None:
    image = _slice_images(folder, 1, 0)[:1]
    for number, date in enumerate(("20240301", "20240201")):
        seg = _segmentation(image, _drawn(2)[number : number + 1], [MYOCARDIUM, LEFT_VENTRICLE, RIGHT_VENTRICLE])
        seg.ContentDate = date
        seg.save_as(folder / f"seg{number}.dcm")
    assert np.array_equal(read_labels(folder)[MapKind.T2].labels[0, 0], _drawn(1)[0])


def test_another_matrix_and_a_foreign_segmentation_are_left_out(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    image = _slice_images(folder, 1, 0)[:1]
    small = dcmread(next(iter(sorted(folder.glob("*.dcm")))))
    small.Rows = small.Columns = 16
    small.PixelData = np.zeros((16, 16), "<u2").tobytes()
    _segmentation([small], _drawn(1)[:, :16, :16] == 1, [MYOCARDIUM]).save_as(folder / "small.dcm")
    liver = _segmentation(image, _drawn(1) == 1, [Code("10200004", "SCT", "Liver")])
    liver.save_as(folder / "liver.dcm")
    with caplog.at_level(logging.WARNING):
        found = read_labels(folder)
    assert not found[MapKind.T2].known.any()
    assert "another matrix than the images" in caplog.text
    assert "without a segment of the heart" in caplog.text


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Myocardium", Label.MYOCARDIUM),
        ("LV wall", Label.MYOCARDIUM),
        ("LV blood pool", Label.CAVITY),
        ("lv cavity", Label.CAVITY),
        ("RV", Label.RIGHT_VENTRICLE),
        ("RV cavity", Label.RIGHT_VENTRICLE),
        ("right ventricle", Label.RIGHT_VENTRICLE),
        ("spleen", None),
        ("", None),
    ],
)
def test_segments_are_recognised_by_words_where_codes_say_nothing(label: str, expected: Label | None) -> None:
    segment = Dataset()
    segment.SegmentLabel = label
    kind = Dataset()
    kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning = "85756007", "SCT", "Tissue"
    segment.SegmentedPropertyTypeCodeSequence = [kind]
    assert segment_class(segment) is expected


def test_retired_snomed_codes_are_understood() -> None:
    segment = Dataset()
    kind = Dataset()
    kind.CodeValue, kind.CodingSchemeDesignator, kind.CodeMeaning = "T-32620", "SRT", "x"
    segment.SegmentedPropertyTypeCodeSequence = [kind]
    assert segment_class(segment) is Label.MYOCARDIUM
