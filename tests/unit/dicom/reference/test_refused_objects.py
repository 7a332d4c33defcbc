"""Objects that are no reader's contours of these images: refused, each with one reason."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.coding import Code

from cmrmap.core.map_specs import MapKind
from tests.unit.dicom.reference.drawn_objects import (
    LEFT_VENTRICLE,
    SIZE,
    drawn_segmentation,
    image_of,
    only_refusal,
    read_contours,
    sentence_of,
    set_pixels,
    wall_and_blood,
    why_refused,
)


def _damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-60])


def _cut_in_header(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:900])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda seg: setattr(seg, "StudyInstanceUID", "1.2.9"), "it is of another study than the images"),
        (lambda seg: setattr(seg, "PatientID", "p2"), "it is of another patient than the images"),
        (lambda seg: setattr(seg, "PatientBirthDate", "19810101"), "it is of another patient than the images"),
        (lambda seg: setattr(seg, "FrameOfReferenceUID", "1.2.77"), "its frame of reference differs"),
        (lambda seg: set_pixels(seg, 0 * seg.pixel_array), "it is empty"),
    ],
)
def test_an_object_that_is_not_of_these_images_is_refused(
    folder: Path, change: Callable[[Dataset], None], reason: str
) -> None:
    segmentation = drawn_segmentation([image_of(folder)], wall_and_blood())
    change(segmentation)
    segmentation.save_as(folder / "seg.dcm")
    flag = only_refusal(read_contours(folder))
    assert reason in sentence_of(flag)
    assert segmentation.SOPInstanceUID in sentence_of(flag)
    assert "seg.dcm" not in sentence_of(flag)


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("PixelSpacing", ["1.3", "1.5"], "its pixels are 1.3 x 1.5 mm; expected 1.25 x 1.5 mm"),
        ("ImageOrientationPatient", ["1", "0", "0", "0", "1", "0"], "its orientation differs from the image's"),
        ("ImagePositionPatient", ["8", "-6", "1.3"], "it lies 1.3 mm from the image"),
    ],
)
def test_a_frame_of_another_geometry_is_refused(folder: Path, attribute: str, value: list[str], reason: str) -> None:
    segmentation = drawn_segmentation([image_of(folder)], wall_and_blood())
    shared = segmentation.SharedFunctionalGroupsSequence[0]
    groups = [shared, *segmentation.PerFrameFunctionalGroupsSequence]
    sequences = ("PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence")
    changed = 0
    for item in (group[name].value[0] for group in groups for name in sequences if name in group):
        if attribute in item:
            setattr(item, attribute, value)
            changed += 1
    assert changed
    segmentation.save_as(folder / "seg.dcm")
    flag = only_refusal(read_contours(folder))
    assert (flag.map, flag.slice_index) == (MapKind.T2, 1)
    assert reason in sentence_of(flag)


def test_another_matrix_is_refused(folder: Path, toolbox: SimpleNamespace) -> None:
    small = toolbox.make_image(1, 0, 1, Rows=16, Columns=16, PixelData=bytes(512))
    labels = np.zeros((1, 16, 16), np.uint8)
    labels[0, 2:12, 2:12], labels[0, 5:9, 5:9] = 1, 2
    small.file_meta = FileMetaDataset()
    drawn_segmentation([small], labels).save_as(folder / "seg.dcm")
    assert "its matrix is 16 x 16; expected the image's 32 x 32" in why_refused(folder)


def test_overlapping_segments_cost_their_slice(folder: Path) -> None:
    both = np.zeros((1, SIZE, SIZE, 2), np.uint8)
    both[0, 8:24, 8:24, 0], both[0, 12:20, 12:20, 1] = 1, 1
    drawn_segmentation([image_of(folder)], both).save_as(folder / "seg.dcm")
    drawn_segmentation([image_of(folder, slice_index=2)], wall_and_blood()).save_as(folder / "good.dcm")
    contours, (flag,) = read_contours(folder)
    assert [one.slice_index for one in contours] == [2]
    assert (flag.map, flag.slice_index) == (MapKind.T2, 1)
    assert "its segments overlap" in sentence_of(flag)


def test_unknown_codes_are_refused(folder: Path) -> None:
    liver = Code("10200004", "SCT", "Liver")
    drawn_segmentation([image_of(folder)], (wall_and_blood() > 0).astype(np.uint8), (liver,)).save_as(
        folder / "seg.dcm"
    )
    assert "no segment of it is coded or named as left-ventricular myocardium" in sentence_of(
        only_refusal(read_contours(folder))
    )


def test_a_segmentation_without_wall_is_refused(folder: Path) -> None:
    drawn_segmentation([image_of(folder)], (wall_and_blood() > 1).astype(np.uint8), (LEFT_VENTRICLE,)).save_as(
        folder / "seg.dcm"
    )
    assert "it has no segment of the left-ventricular myocardium" in why_refused(folder)


def test_the_output_of_other_software_is_no_readers(folder: Path) -> None:
    drawn_segmentation([image_of(folder)], wall_and_blood(), kind="AUTOMATIC").save_as(folder / "seg.dcm")
    assert "all its segments are labelled AUTOMATIC: it is another software's output" in sentence_of(
        only_refusal(read_contours(folder))
    )
    drawn_segmentation([image_of(folder)], wall_and_blood(), kind="SEMIAUTOMATIC").save_as(folder / "seg.dcm")
    assert len(read_contours(folder)[0]) == 1


@pytest.mark.parametrize("damage", [_damage, _cut_in_header])
def test_a_damaged_file_is_refused(folder: Path, damage: Callable[[Path], None]) -> None:
    segmentation = drawn_segmentation([image_of(folder)], wall_and_blood())
    segmentation.save_as(folder / "seg.dcm")
    damage(folder / "seg.dcm")
    flag = only_refusal(read_contours(folder))
    assert f"segmentation {segmentation.SOPInstanceUID} not used" in sentence_of(flag)
    assert "the file is damaged and cannot be read" in sentence_of(flag)


def test_contours_of_series_that_are_not_mapped_are_left_aside(folder: Path, toolbox: SimpleNamespace) -> None:
    """Function is measured on cine images of the same study: their contours are none of ours."""
    cine = toolbox.make_image(7, 0, 1, SeriesDescription="cine SAX")
    toolbox.save([cine], folder, start=900)
    drawn_segmentation([cine], wall_and_blood()).save_as(folder / "seg.dcm")
    contours, (flag,) = read_contours(folder)
    assert contours == ()
    assert (flag.code, flag.severity) == ("contours_left_aside", "info")
    assert "it was drawn on images of the study that are not mapped" in sentence_of(flag)


@pytest.mark.parametrize("named", ["its own", "none that can be read"])
def test_copies_of_one_object_that_differ_are_told_apart(folder: Path, named: str) -> None:
    """A viewer may save an edited object under the UID that it had: neither copy may stand for the other."""
    one = drawn_segmentation([image_of(folder)], wall_and_blood())
    other = drawn_segmentation([image_of(folder)], np.roll(wall_and_blood(), 2, axis=1))
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = one.SOPInstanceUID
    for name, segmentation in (("one.dcm", one), ("other.dcm", other)):
        segmentation.save_as(folder / name)
        if named != "its own":
            _rename(folder / name, one.SOPInstanceUID)
    contours, flags = read_contours(folder)
    assert flags == ()
    uid = one.SOPInstanceUID if named == "its own" else "without a readable UID"
    assert [found.source for found in contours] == [uid, f"{uid} (2)"]


def _rename(path: Path, uid: str) -> None:
    path.write_bytes(path.read_bytes().replace(uid.encode(), b"Doe^Jane".ljust(len(uid), b"x")))


def test_text_in_the_place_of_a_uid_is_not_told(folder: Path) -> None:
    segmentation = drawn_segmentation([image_of(folder)], 0 * wall_and_blood())
    segmentation.save_as(folder / "seg.dcm")
    _rename(folder / "seg.dcm", segmentation.SOPInstanceUID)
    told = why_refused(folder)
    assert "contours of segmentation without a readable UID not used" in told
    assert "Doe" not in told
