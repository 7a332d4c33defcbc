"""What a reader puts among the images of a small study: a segmentation, a structure set, corrections."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pack_bits
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage

from cmrmap.core.outlines import Label
from tests.canaries import CANARY
from tests.fuzz.oracle import READERS_WORD
from tests.fuzz.studies import BaseStudy, true_labels

_N_POINTS = 40
NAME = "reader.dcm"


def add_segmentation(folder: Path, written: Path) -> None:
    """Put the application's own segmentation among the images, moved by a pixel and saved as by a viewer."""
    image = dcmread(written)
    moved = np.roll(image.pixel_array, (1, 1), axis=(1, 2)).astype(np.uint8)
    packed = pack_bits(moved.ravel())
    image.PixelData = packed + b"\0" * (len(packed) % 2)
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = "2.25.815"
    image.Manufacturer, image.ManufacturerModelName = "QIICR", "dcmqi"
    image.SeriesDescription = f"{CANARY}contours"
    for item in image.SegmentSequence:
        del item.SegmentationAlgorithmIdentificationSequence
    image.save_as(folder / NAME)


def add_structure_set(base: BaseStudy, folder: Path) -> None:
    """Put two circles about the true ventricle among the images, as a structure set."""
    image = dcmread(sorted(folder.glob("*.dcm"))[0], stop_before_pixels=True)
    labels = true_labels(base)[0]
    pool, ventricle = labels == Label.CAVITY, (labels == Label.CAVITY) | (labels == Label.MYOCARDIUM)
    out = Dataset()
    out.file_meta = FileMetaDataset()
    out.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out.file_meta.MediaStorageSOPClassUID = out.SOPClassUID = RTStructureSetStorage
    out.file_meta.MediaStorageSOPInstanceUID = out.SOPInstanceUID = "2.25.816"
    out.StudyInstanceUID, out.SeriesInstanceUID = image.StudyInstanceUID, "2.25.817"
    out.PatientID, out.PatientName, out.Modality = image.PatientID, image.PatientName, "RTSTRUCT"
    out.StructureSetLabel, out.StructureSetDate, out.StructureSetTime = f"{CANARY}set", "20260116", "120000"
    out.StructureSetROISequence, out.ROIContourSequence = [], []
    for number, (name, mask) in enumerate((("LV endo", pool), ("LV epi", ventricle)), start=1):
        region, drawn = Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ROIGenerationAlgorithm = number, name, "MANUAL"
        region.ReferencedFrameOfReferenceUID = image.FrameOfReferenceUID
        drawn.ReferencedROINumber, drawn.ContourSequence = number, [_circle(image, mask)]
        out.StructureSetROISequence.append(region)
        out.ROIContourSequence.append(drawn)
    out.save_as(folder / NAME, enforce_file_format=True)


def _circle(image: Dataset, mask: np.ndarray) -> Dataset:
    rows, columns = np.nonzero(mask)
    radius = np.sqrt(len(rows) / np.pi)
    turn = np.linspace(0.0, 2.0 * np.pi, _N_POINTS, endpoint=False)
    contour = Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", _N_POINTS
    contour.ContourData = _in_space(image, rows.mean() + radius * np.sin(turn), columns.mean() + radius * np.cos(turn))
    source = Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
    contour.ContourImageSequence = [source]
    return contour


def _in_space(image: Dataset, rows: Sequence[float], columns: Sequence[float]) -> list[str]:
    along_row, along_column = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    row_mm, column_mm = (float(one) for one in image.PixelSpacing)
    corner = np.array(image.ImagePositionPatient, float)
    points = [
        corner + row * row_mm * along_column + column * column_mm * along_row
        for row, column in zip(rows, columns, strict=True)
    ]
    return [f"{value:.5f}" for value in np.concatenate(points)]


def add_corrections(folder: Path) -> None:
    """Leave out one image and two segments."""
    entries = [
        {"map": "t2", "slice_index": 0, "exclude_images": [{"time_ms": 55}], "reason": f"{READERS_WORD}reason"},
        {"map": "t2", "slice_index": 0, "exclude_segments": [9, 10]},
    ]
    (folder / "corrections.json").write_text(json.dumps({"corrections": entries}), encoding="utf-8")
