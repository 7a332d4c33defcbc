"""Objects in which somebody drew on images: segmentations and structure sets, and how tests read them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import pack_bits
from pydicom.sr.coding import Code
from pydicom.uid import ExplicitVRLittleEndian, RTStructureSetStorage, generate_uid

from cmrmap.core.corrections import ReaderContour
from cmrmap.core.findings import QualityFlag
from cmrmap.core.map_specs import MapKind
from cmrmap.dicom.headers.read import examine_folder, read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.reference.labels import ReferenceLabels, read_reference_labels
from cmrmap.dicom.reference.reader_contours import read_reader_contours
from cmrmap.dicom.selection.select import select_series

SIZE = 32
ANATOMY = Code("91723000", "SCT", "Anatomical Structure")
MYOCARDIUM, LEFT_VENTRICLE = Code("74281007", "SCT", "Myocardium"), Code("87878005", "SCT", "Left ventricle")
RIGHT_VENTRICLE = Code("53085002", "SCT", "Right ventricle")
_LEARNT = Code("123110", "DCM", "Artificial Intelligence")

Found = tuple[tuple[ReaderContour, ...], tuple[QualityFlag, ...]]
Corners = Sequence[tuple[float, float]]  # row and column, in pixels; pixel centres lie at halves


def read_contours(folder: Path, memory_bytes: int | None = None) -> Found:
    """Read a reader's contours of the study in a folder."""
    study = examine_folder(folder).checked()
    selection = select_series(study)
    stacks = load_study(study, selection, {}).stacks
    study = study if memory_bytes is None else replace(study, memory_bytes=memory_bytes)
    return read_reader_contours(folder, study, selection.selected, stacks)


def read_labels(folder: Path) -> dict[MapKind, ReferenceLabels]:
    """Read reference labels of the study in a folder."""
    study = read_study(folder)
    selection = select_series(study)
    stacks = load_study(study, selection, {}).stacks
    return {one.kind: one for one in read_reference_labels(folder, study, selection.selected, stacks)}


def image_of(folder: Path, series: int = 1, slice_index: int = 1, time: int = 0) -> Dataset:
    """Return one image of the study that the fixture ``folder`` holds."""
    images = [dcmread(path) for path in sorted(folder.glob("*.dcm"))]
    return next(one for one in images if one.SOPInstanceUID == f"1.2.3.3.{series}.{slice_index}.{time}")


def wall_and_blood() -> np.ndarray:
    """Return the labels of one image: a square wall (1) about a square pool (2)."""
    labels = np.zeros((1, SIZE, SIZE), np.uint8)
    labels[0, 8:24, 8:24], labels[0, 12:20, 12:20] = 1, 2
    return labels


def drawn_segmentation(
    images: Sequence[Dataset],
    labels: np.ndarray,
    types: Sequence[Code] = (MYOCARDIUM, LEFT_VENTRICLE),
    *,
    kind: str = "MANUAL",
    names: Sequence[str] = (),
    form: str = "BINARY",
    tracked: bool = False,
    omit_empty: bool = False,
) -> Dataset:
    """Return a DICOM Segmentation of images."""
    network = hd.AlgorithmIdentificationSequence("Other", _LEARNT, "1")
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=names[number - 1] if names else code.meaning,
            segmented_property_category=ANATOMY,
            segmented_property_type=code,
            algorithm_type=kind,
            algorithm_identification=None if kind == "MANUAL" else network,
            tracking_uid=hd.UID() if tracked else None,
            tracking_id=code.meaning if tracked else None,
        )
        for number, code in enumerate(types, start=1)
    ]
    return hd.seg.Segmentation(
        source_images=images,
        pixel_array=labels.astype(np.uint8),
        segmentation_type=form,
        segment_descriptions=descriptions,
        series_instance_uid=hd.UID(),
        series_number=99,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="Reader",
        manufacturer_model_name="Pen",
        software_versions="1",
        device_serial_number="1",
        omit_empty_frames=omit_empty,
    )


def drawn_contour(
    image: Dataset, corners: Corners, *, form: str = "CLOSED_PLANAR", named: bool = True, out_of_plane_mm: float = 0.0
) -> Dataset:
    """Return a contour through corners, in the patient's coordinates."""
    along_row, along_column = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
    corner = np.array(image.ImagePositionPatient, float) + out_of_plane_mm * np.cross(along_row, along_column)
    row_mm, column_mm = (float(one) for one in image.PixelSpacing)
    points = [corner + (r - 0.5) * row_mm * along_column + (c - 0.5) * column_mm * along_row for r, c in corners]
    out = Dataset()
    out.ContourGeometricType, out.NumberOfContourPoints = form, len(points)
    out.ContourData = [f"{value:.5f}" for value in np.concatenate(points)]
    if named:
        source = Dataset()
        source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = image.SOPClassUID, image.SOPInstanceUID
        out.ContourImageSequence = [source]
    return out


def structure_set(image: Dataset, regions: Mapping[str, Sequence[Dataset]], *, by: str = "MANUAL") -> Dataset:
    """Return an RT Structure Set of regions, each with its contours."""
    out = Dataset()
    out.file_meta = FileMetaDataset()
    out.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    out.SOPClassUID, out.SOPInstanceUID = RTStructureSetStorage, generate_uid()
    out.StudyInstanceUID, out.SeriesInstanceUID = image.StudyInstanceUID, generate_uid()
    out.PatientID, out.Modality = image.PatientID, "RTSTRUCT"
    out.StructureSetROISequence, out.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(regions.items(), start=1):
        region, drawn = Dataset(), Dataset()
        region.ROINumber, region.ROIName, region.ROIGenerationAlgorithm = number, name, by
        region.ReferencedFrameOfReferenceUID = image.get("FrameOfReferenceUID", "1.2.3")
        drawn.ReferencedROINumber, drawn.ContourSequence = number, list(contours)
        out.StructureSetROISequence.append(region)
        out.ROIContourSequence.append(drawn)
    return out


def set_pixels(segmentation: Dataset, drawn: np.ndarray) -> None:
    """Give a segmentation other pixels."""
    packed = pack_bits(drawn.astype(np.uint8).ravel())
    segmentation.PixelData = packed + b"\0" * (len(packed) % 2)


def sentence_of(flag: QualityFlag) -> str:
    """Return the whole sentence of a finding, where its message is shortened."""
    return flag.detail or flag.message


def only_refusal(found: Found) -> QualityFlag:
    """Return the one finding that says why a reader's contours are not used."""
    contours, (flag,) = found
    assert contours == ()
    assert (flag.code, flag.severity) == ("reader_contours_refused", "warning")
    return flag


def why_refused(folder: Path, memory_bytes: int | None = None) -> str:
    """Return why the reader's contours of the study in a folder are not used."""
    return sentence_of(only_refusal(read_contours(folder, memory_bytes)))
