"""Pixels, file meta information and display window of a phantom's classic images."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from cmrmap.core.arrays import FloatArray


def add_pixels(dataset: Dataset, image: FloatArray) -> None:
    """Write an image as 16-bit whole numbers."""
    dataset.Rows, dataset.Columns = image.shape
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = 0
    dataset.PixelData = image.astype("<u2").tobytes()


def add_file_meta(dataset: Dataset) -> None:
    """Add what a file's beginning says: class, UID, transfer syntax."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta = meta


def display_window(images: FloatArray) -> tuple[str, str]:
    """Return centre and width of the window that shows nearly all of (slice, time, row, column) images."""
    upper = max(2.0, float(np.percentile(images[:, ::4, ::4, ::4], 99.0)))
    return f"{upper / 2:.0f}", f"{upper:.0f}"
