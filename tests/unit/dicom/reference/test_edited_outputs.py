"""This application's own segmentations among the images: unedited they are ignored, edited they are a reader's."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.outlines import Label
from cmrmap.dicom.writing.outputs import OutputFile, OutputRole
from tests.unit.dicom.reference.drawn_objects import only_refusal, read_contours, sentence_of, set_pixels


def _own(folder: Path, files: tuple[OutputFile, ...]) -> tuple[Path, Dataset]:
    file = next(one for one in files if one.role is OutputRole.REGIONS and one.kind is MapKind.NATIVE_T1)
    return folder / f"out-{file.name}", dcmread(folder / f"out-{file.name}")


def test_unedited_outputs_are_left_aside_with_one_note(with_outputs: Path) -> None:
    contours, (flag,) = read_contours(with_outputs)
    assert contours == ()
    assert (flag.code, flag.severity) == ("contours_left_aside", "info")
    assert "and 8 more ignored: it is unedited output of this software" in sentence_of(flag)


def _in_place(segmentation: Dataset) -> None:
    """An editor that keeps every attribute but the UID."""
    drawn = np.array(segmentation.pixel_array)
    drawn[0] = np.roll(drawn[0], 1, axis=0)
    set_pixels(segmentation, drawn)
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()


def _as_slicer(segmentation: Dataset) -> None:
    """3D Slicer keeps labels, codes, and type and name of the algorithm, not the sequence that identifies it."""
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    segmentation.Manufacturer, segmentation.ManufacturerModelName = "QIICR", "dcmqi"
    for item in segmentation.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
        assert item.SegmentAlgorithmType == "AUTOMATIC"


def _as_ohif(segmentation: Dataset) -> None:
    """OHIF replaces codes and algorithm, keeps labels, and takes the equipment over from the map."""
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for item in segmentation.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
        item.SegmentAlgorithmType, item.SegmentAlgorithmName = "MANUAL", "OHIF Brush"
        for keyword in ("SegmentedPropertyCategoryCodeSequence", "SegmentedPropertyTypeCodeSequence"):
            code = item[keyword].value[0]
            code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "T-D0050", "SRT", "Tissue"
        item.pop("AnatomicRegionSequence", None)


@pytest.mark.parametrize("save_anew", [_in_place, _as_slicer, _as_ohif])
def test_an_own_segmentation_saved_by_a_viewer_is_a_readers_on_the_image_under_the_map(
    with_outputs: Path,
    files: tuple[OutputFile, ...],
    volumes: dict[MapKind, MapVolume],
    save_anew: Callable[[Dataset], None],
) -> None:
    path, segmentation = _own(with_outputs, files)
    save_anew(segmentation)
    segmentation.save_as(path)
    contours, (aside,) = read_contours(with_outputs)
    assert [(one.kind, one.slice_index, one.time_index) for one in contours] == [
        (MapKind.NATIVE_T1, index, 0) for index in range(3)
    ]
    assert aside.code == "contours_left_aside"
    volume = volumes[MapKind.NATIVE_T1]
    same = [np.array_equal(one.labels == Label.MYOCARDIUM, volume.myocardium[one.slice_index]) for one in contours]
    assert same == ([False, True, True] if save_anew is _in_place else [True] * 3)


def test_an_output_of_an_earlier_version_is_unedited_too(with_outputs: Path, files: tuple[OutputFile, ...]) -> None:
    path, segmentation = _own(with_outputs, files)
    for item in segmentation.SegmentSequence:
        item.SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters = "weights_sha256=0"
    segmentation.save_as(path)
    contours, (flag,) = read_contours(with_outputs)
    assert (contours, flag.code) == ((), "contours_left_aside")


def test_without_the_map_an_edited_segmentation_is_refused_where_series_lie_in_one_place(
    with_outputs: Path, files: tuple[OutputFile, ...]
) -> None:
    """Its frames name images of the map, which is not here; native, post-contrast T1 and T2 all lie there."""
    path, segmentation = _own(with_outputs, files)
    for other in with_outputs.glob("out-*"):
        other.unlink()
    _in_place(segmentation)
    segmentation.save_as(path)
    flag = only_refusal(read_contours(with_outputs))
    assert "native T1 and post-contrast T1 and T2 have slices there; send the images that it was drawn on too" in (
        sentence_of(flag).replace("T2 and native T1 and post-contrast T1", "native T1 and post-contrast T1 and T2")
    )


def test_without_the_map_it_holds_for_the_only_series_that_lies_there(
    toolbox: SimpleNamespace, study_folder: Path, files: tuple[OutputFile, ...], tmp_path: Path
) -> None:
    toolbox.save(toolbox.make_series(MapKind.NATIVE_T1, 1), tmp_path)
    file = next(one for one in files if one.role is OutputRole.REGIONS and one.kind is MapKind.NATIVE_T1)
    (tmp_path / "seg.dcm").write_bytes(file.content)
    segmentation = dcmread(tmp_path / "seg.dcm")
    _in_place(segmentation)
    segmentation.save_as(tmp_path / "seg.dcm")
    contours, flags = read_contours(tmp_path)
    assert flags == ()
    assert [(one.slice_index, one.time_index) for one in contours] == [(0, None), (1, None), (2, None)]
