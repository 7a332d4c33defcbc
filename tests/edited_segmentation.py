"""A written segmentation as a reader's viewer gives it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.pixels import pack_bits
from pydicom.uid import generate_uid


def move_contours(path: Path) -> None:
    """Move wall and blood pool by a pixel and save as 3D Slicer does: still AUTOMATIC, by other equipment."""
    segmentation = dcmread(path)
    moved = np.roll(segmentation.pixel_array, (1, 1), axis=(1, 2)).astype(np.uint8)
    packed = pack_bits(moved.ravel())
    segmentation.PixelData = packed + b"\0" * (len(packed) % 2)
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    segmentation.Manufacturer, segmentation.ManufacturerModelName = "QIICR", "dcmqi"
    for item in segmentation.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
        assert item.SegmentAlgorithmType == "AUTOMATIC"
    segmentation.save_as(path)
