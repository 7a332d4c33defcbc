"""A study with all that was written of it, in which a reader edited a segmentation, as a viewer gives it back."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.pixels import pack_bits
from pydicom.uid import generate_uid


def move_contours(path: Path, only: tuple[float, ...] | None = None) -> None:
    """Move wall and blood pool by a pixel and save as 3D Slicer does: still AUTOMATIC, by other equipment.

    ``only``: position of the slice that is edited, mm to three decimals; None: all of them.
    """
    segmentation = dcmread(path)
    moved = np.array(segmentation.pixel_array, dtype=np.uint8)
    for plane, frame in zip(moved, segmentation.PerFrameFunctionalGroupsSequence, strict=True):
        place = tuple(round(float(one), 3) for one in frame.PlanePositionSequence[0].ImagePositionPatient)
        if only in (None, place):
            plane[:] = np.roll(plane, (1, 1), axis=(0, 1))
    packed = pack_bits(moved.ravel())
    segmentation.PixelData = packed + b"\0" * (len(packed) % 2)
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    segmentation.Manufacturer, segmentation.ManufacturerModelName = "QIICR", "dcmqi"
    for item in segmentation.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
        assert item.SegmentAlgorithmType == "AUTOMATIC"
    segmentation.save_as(path)


def send_back(study: Path, output: Path, folder: Path, only: tuple[float, ...] | None = None) -> None:
    """Put a study and all that was written of it into a new folder, the contours of native T1 moved.

    ``only``: see :func:`move_contours`.
    """
    shutil.copytree(study, folder)
    for path in output.glob("*.dcm"):
        copy = Path(shutil.copy(path, folder))
        if dcmread(path, stop_before_pixels=True).SeriesDescription == "T1 seg native, CMRmap":
            move_contours(copy, only)
