"""Small synthetic studies, and the external tools that judge what is written."""

from __future__ import annotations

import math
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from cmrmap.core.findings import QualityFlag
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.map_specs import MapKind
from cmrmap.core.map_volume import MapVolume
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.core.regional_values import RegionStatistics, SliceLevel
from cmrmap.core.text_section import LineName, SectionTopic, TextSection
from cmrmap.dicom.headers.read import SourceStudy, read_study
from cmrmap.dicom.loading.pixels import load_stack
from cmrmap.dicom.selection.select import select_series
from cmrmap.dicom.writing.outputs import OutputFile, write_outputs
from cmrmap.dicom.writing.pictures import Document, Picture
from cmrmap.results import (
    BloodResult,
    HematocritResult,
    InputSummary,
    MapResult,
    SegmentResult,
    SliceResult,
    SoftwareInfo,
    StudyResult,
    absent_map,
)

SIZE = 32
TIMES = {
    MapKind.NATIVE_T1: (100.0, 300.0, 900.0, 2000.0, 30000.0),
    MapKind.POSTCONTRAST_T1: (100.0, 250.0, 600.0, 1200.0, 30000.0),
    MapKind.T2: (0.0, 25.0, 45.0, 65.0, math.inf),
    MapKind.T2_STAR: (2.6, 4.8, 7.1, 9.3, 11.5),
}
#: what every small study holds
USUAL = (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1, MapKind.T2)
DESCRIPTIONS = {
    MapKind.NATIVE_T1: "STONE native T1",
    MapKind.POSTCONTRAST_T1: "STONE post T1",
    MapKind.T2: "T2 prep SAX",
    MapKind.T2_STAR: "T2* multi echo SAX",
}
#: of the values that a map of the tests holds
LOWEST = {
    MapKind.T2: 45.0,
    MapKind.NATIVE_T1: 1000.0,
    MapKind.POSTCONTRAST_T1: 400.0,
    MapKind.ECV: 25.0,
    MapKind.T2_STAR: 30.0,
}
#: a short-axis-like plane whose normal points to the left, front and slightly down: base to apex
ROW = np.array([0.6, 0.8, 0.0])
COLUMN = np.array([0.0, 0.0, -1.0])
NORMAL = np.cross(ROW, COLUMN)  # (-0.8, 0.6, 0): from apex to base


def make_image(series: int, time_index: int, slice_index: int, **changes: Any) -> Dataset:
    """One classic MR image; slice 0 is basal. ``changes`` set attributes, None deletes one."""
    position = -NORMAL * 10.0 * slice_index
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 100"
    image.SOPClassUID = MRImageStorage
    image.StudyInstanceUID = "1.2.3.1"
    image.SeriesInstanceUID = f"1.2.3.2.{series}"
    image.SOPInstanceUID = f"1.2.3.3.{series}.{slice_index}.{time_index}"
    image.FrameOfReferenceUID = "1.2.3.4"
    image.PositionReferenceIndicator = ""
    image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = "Müller^Jörg", "p1", "19700101", "O"
    image.StudyDate, image.StudyTime, image.StudyID, image.AccessionNumber = "20240102", "101112", "1", ""
    image.ReferringPhysicianName = ""
    image.AcquisitionDate = "20240102"
    image.AcquisitionTime = f"10{series % 60:02d}{slice_index:02d}"
    image.Modality, image.Manufacturer = "MR", "Maker"
    image.SeriesNumber, image.InstanceNumber = series, 1 + slice_index * 20 + time_index
    image.ImageType = ["ORIGINAL", "PRIMARY", "M"]
    image.ScanningSequence, image.SequenceVariant, image.ScanOptions = "GR", "SS", ""
    image.MRAcquisitionType, image.RepetitionTime, image.EchoTime, image.EchoTrainLength = "2D", "2.7", "1.3", 1
    image.MagneticFieldStrength = "1.5"
    image.ImagePositionPatient = [f"{p:.6f}" for p in position]
    image.ImageOrientationPatient = [f"{c:.6f}" for c in (*ROW, *COLUMN)]
    image.PixelSpacing, image.SliceThickness = ["1.25", "1.5"], "8"
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows = image.Columns = SIZE
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.PixelData = np.full((SIZE, SIZE), 100 * (slice_index + 1) + time_index, "<u2").tobytes()
    for keyword, given in changes.items():
        if given is None:
            if keyword in image:
                del image[keyword]
        else:
            setattr(image, keyword, given)
    return image


def make_series(kind: MapKind, series: int, n_slices: int = 3, **changes: Any) -> list[Dataset]:
    """A whole mapping series, slice by slice."""
    images = []
    for slice_index in range(n_slices):
        for time_index, time in enumerate(TIMES[kind]):
            if kind is MapKind.T2:
                comment = "inf ms, saturation" if math.isinf(time) else f"{time:g} ms"
                timed: dict[str, Any] = {"ImageComments": f"T2 prep. duration = {comment}"}
            elif kind is MapKind.T2_STAR:
                timed = {"EchoTime": f"{time:g}"}
            else:
                timed = {"InversionTime": f"{time:g}"}
            named = {"SeriesDescription": DESCRIPTIONS[kind], **timed, **changes}
            images.append(make_image(series, time_index, slice_index, **named))
    return images


def save(images: Sequence[Dataset], folder: Path, start: int = 0) -> list[Path]:
    """Save the images as 000.dcm, 001.dcm, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index, image in enumerate(images, start=start):
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        path = folder / f"{index:03d}.dcm"
        image.save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def make_volume(kind: MapKind, study: SourceStudy, n_slices: int = 3) -> MapVolume:
    """A ring of myocardium with known values, segments 1-6, 7-12 and 13-16 on three slices; slice 0 is basal."""
    selection = select_series(study)
    source = next((s for s in selection.selected if s.kind is kind), selection.selected[0])
    stack, _ = load_stack(study, source)
    rows, columns = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2.0
    radius, angle = np.hypot(rows, columns), np.arctan2(rows, columns)
    ring, pool = (radius >= 6) & (radius < 11), radius < 5
    low = LOWEST[kind]
    values = np.full((n_slices, SIZE, SIZE), np.nan)
    aha = np.zeros((n_slices, SIZE, SIZE), np.uint8)
    for index in range(n_slices):
        values[index][ring] = low + index + 0.25
        first, sectors = ((1, 6), (7, 6), (13, 4))[min(index, 2)]
        sector = np.minimum((angle + np.pi) / (2 * np.pi) * sectors, sectors - 1e-6).astype(int)
        aha[index][ring] = (first + sector)[ring]
    return MapVolume(
        kind=kind,
        values=values,
        sd=0.03 * values,
        myocardium=np.broadcast_to(ring, values.shape),
        blood_pool=np.broadcast_to(pool, values.shape),
        aha=aha,
        geometry=stack.geometry[:n_slices],
        source_uids=stack.source_uids[:n_slices],
        model=source.model,
    )


def reversed_volume(volume: MapVolume) -> MapVolume:
    """The same map with its slices in the opposite order."""
    return MapVolume(
        kind=volume.kind,
        values=volume.values[::-1],
        sd=None if volume.sd is None else volume.sd[::-1],
        myocardium=volume.myocardium[::-1],
        blood_pool=volume.blood_pool[::-1],
        aha=volume.aha[::-1],
        geometry=volume.geometry[::-1],
        source_uids=volume.source_uids[::-1],
        model=volume.model,
    )


def region_statistics(values: np.ndarray) -> RegionStatistics:
    """Mean, SD and count of the pixels, with a standard error that differs from both."""
    if not values.size:
        return RegionStatistics(math.nan, math.nan, 0, math.nan)
    mean, sd = float(values.mean()), float(values.std(ddof=1))
    return RegionStatistics(mean, sd, values.size, 0.011 * mean + 1e-4)


def make_result(volume: MapVolume) -> MapResult:
    """The numbers of a volume, as the pipeline would count them."""
    slices = []
    for index, level in zip(range(len(volume.geometry)), SliceLevel, strict=False):
        segments = [
            SegmentResult(number, region_statistics(volume.values[index][volume.aha[index] == number]))
            for number in range(1, 17)
            if (volume.aha[index] == number).any()
        ]
        whole = region_statistics(volume.values[index][volume.aha[index] > 0])
        slices.append(SliceResult(index, 10.0 * index, level, "ok", None, 5, 5, 1, whole, tuple(segments)))
    is_t1 = volume.kind in (MapKind.NATIVE_T1, MapKind.POSTCONTRAST_T1)
    return MapResult(
        volume.kind,
        "ok",
        model=volume.model,
        timing_source="InversionTime (0018,0082)",
        success=True,
        patient=region_statistics(volume.values[volume.aha > 0]),
        blood=BloodResult(1601.23456, 7.5) if is_t1 else None,
        slices=tuple(slices),
    )


def make_study_result(volumes: Sequence[MapVolume]) -> StudyResult:
    """The results of a study; maps without a volume are absent."""
    made = {volume.kind: make_result(volume) for volume in volumes}
    return StudyResult(
        study_instance_uid="1.2.3.1",
        software=SoftwareInfo("0.1.0", "a" * 64, "b" * 64),
        input=InputSummary(45, 45),
        hematocrit=HematocritResult(0.4234567, "command line"),
        quality=(QualityFlag("images_refined", "warning", "2 of 5 images took another's shape", MapKind.T2, 1),),
        maps=tuple(made.get(kind) or absent_map(kind, "no series in the input") for kind in MapKind),
    )


@pytest.fixture(scope="session")
def toolbox() -> SimpleNamespace:
    """The functions above, for tests."""
    return SimpleNamespace(
        make_image=make_image,
        make_series=make_series,
        make_volume=make_volume,
        make_study_result=make_study_result,
        reversed_volume=reversed_volume,
        save=save,
        times=TIMES,
        normal=NORMAL,
    )


@pytest.fixture(scope="session")
def study_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """T2, native and post-contrast T1: three slices of five images each."""
    folder = tmp_path_factory.mktemp("study")
    images = [image for number, kind in enumerate(USUAL, start=1) for image in make_series(kind, number)]
    save(images, folder)
    return folder


@pytest.fixture(scope="session")
def study(study_folder: Path) -> SourceStudy:
    return read_study(study_folder)


@pytest.fixture(scope="session")
def provenance() -> SoftwareProvenance:
    return SoftwareProvenance("0.1.0", "a" * 64, "b" * 64)


@pytest.fixture(scope="session")
def volumes(study: SourceStudy) -> dict[MapKind, MapVolume]:
    return {kind: make_volume(kind, study) for kind in MapKind}


@pytest.fixture(scope="session")
def results(volumes: dict[MapKind, MapVolume]) -> StudyResult:
    return make_study_result(list(volumes.values()))


@pytest.fixture(scope="session")
def document() -> Document:
    return Document(b"%PDF-1.4\n% a page of odd length\n%%EOF", identified=True)


@pytest.fixture(scope="session")
def pictures(volumes: dict[MapKind, MapVolume]) -> list[Picture]:
    rng = np.random.default_rng(3)
    return [
        Picture(kind, index, rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
        for kind, volume in volumes.items()
        for index in range(len(volume.geometry))
    ]


@pytest.fixture(scope="session")
def sections() -> tuple[TextSection, ...]:
    return (
        TextSection(SectionTopic.SUMMARY, ((LineName.COMMENT, "Research use only"),)),
        TextSection(
            SectionTopic.MAP,
            (
                (LineName.MEAN, "1154 ± 3 ms; SD of pixels 33 ms"),
                (LineName.SLICE, "2 mid: 1157 ± 4 ms"),
            ),
            MapKind.NATIVE_T1,
        ),
        TextSection(
            SectionTopic.FINDINGS,
            (
                (LineName.WARNING, "1. Native T1 slice 2: verify contours"),
                (LineName.ERROR, "2. T2: no value"),
                (LineName.NOTE, "times from InversionTime"),
            ),
        ),
        TextSection(SectionTopic.METHOD, ((LineName.COMMENT, "Means over the analysed pixels"),)),
    )


@pytest.fixture(scope="session")
def files(
    volumes: dict[MapKind, MapVolume],
    study: SourceStudy,
    provenance: SoftwareProvenance,
    results: StudyResult,
    document: Document,
    sections: tuple[TextSection, ...],
    pictures: list[Picture],
) -> tuple[OutputFile, ...]:
    once = {"results": results, "document": document, "sections": sections}
    return write_outputs(volumes.values(), study, provenance, pictures=pictures, **once)


@pytest.fixture(scope="session")
def position_of() -> Callable[[SliceGeometry], tuple[float, ...]]:
    """Rounded position, to pair written slices with those of a volume."""
    return lambda geometry: tuple(round(float(p), 3) for p in geometry.position_mm)


@pytest.fixture(scope="session")
def external_tool() -> Callable[[str], str]:
    """Path of a command line tool; the test skips where it is absent, and fails where CI=true."""

    def find(name: str) -> str:
        beside = Path(sys.executable).parent / name
        found = str(beside) if beside.exists() else shutil.which(name)
        if found is None:
            reason = f"{name} is not installed"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        return found

    return find
