"""Objects that would take more memory than the settings allow: refused before they are decoded."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from cmrmap.core.outlines import Label
from cmrmap.dicom.headers.admission import LABEL_MAP_STORAGE
from cmrmap.dicom.reference.segmentations import read_segmentation
from cmrmap.dicom.writing.pixel_digest import seal
from tests.unit.dicom.reference.drawn_objects import drawn_segmentation, image_of, wall_and_blood, why_refused


def test_an_object_larger_than_the_settings_allow_is_not_called_damaged(folder: Path) -> None:
    drawn_segmentation([image_of(folder)], wall_and_blood()).save_as(folder / "seg.dcm")
    told = why_refused(folder, memory_bytes=20_000)
    assert "analysis.decoding.memory_mb" in told
    assert "damaged" not in told


@pytest.mark.parametrize("sealed", [True, False])
def test_pixels_that_would_take_gigabytes_are_not_decoded(folder: Path, sealed: bool) -> None:
    """The digest that tells an unedited output is made of the decoded pixels, too."""
    segmentation = drawn_segmentation([image_of(folder)], wall_and_blood(), kind="SEMIAUTOMATIC")
    if sealed:
        seal(segmentation)
    segmentation.Rows = segmentation.Columns = 30_000
    segmentation.save_as(folder / "seg.dcm")
    assert "30000 x 30000 pixels takes" in why_refused(folder)


def test_a_label_map_of_many_segments_takes_memory_for_the_classes_alone() -> None:
    label_map = Dataset()
    label_map.file_meta = FileMetaDataset()
    label_map.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    label_map.SOPClassUID, label_map.SamplesPerPixel = LABEL_MAP_STORAGE, 1
    label_map.NumberOfFrames, label_map.Rows, label_map.Columns = 1, 256, 256
    label_map.PhotometricInterpretation, label_map.PixelRepresentation = "MONOCHROME2", 0
    label_map.BitsAllocated = label_map.BitsStored = 16
    label_map.HighBit = 15
    label_map.PixelData = np.arange(256 * 256, dtype="<u2").tobytes()
    label_map.PerFrameFunctionalGroupsSequence = [Dataset()]
    label_map.SegmentSequence = []
    for number in range(1, 1001):
        segment = Dataset()
        segment.SegmentNumber, segment.SegmentLabel = number, "cavity" if number % 2 else "myocardium"
        label_map.SegmentSequence.append(segment)
    tracemalloc.start()
    try:
        (frame,) = read_segmentation(label_map).frames
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()
    assert {label: int(mask.sum()) for label, mask in frame.masks.items()} == {Label.CAVITY: 500, Label.MYOCARDIUM: 500}
    assert len(frame.segments) == 1000
