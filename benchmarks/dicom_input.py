"""How fast a study is read and sorted: 2 000 files whose headers are as large as a scanner's.

    python benchmarks/dicom_input.py [--files 2000] [--folder DIR]

Every file is a classic MR image of 64 x 64 pixels with 120 attributes, two private blocks and a 90 kB series header, in
several mapping series, cines and localisers. Reading parses each header and checks that the pixel data is all there;
sorting groups the images, times them and chooses the series. Pixels are not decoded here: the loader does that, for
the chosen series only.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.selection.select import select_series

_LIMIT_S = 5.0
_MATRIX = 64
_HEADER_BYTES = 90_000
#: description, slices, times, copies in the study
_SERIES = (("STONE native T1 SAX", 5, 11), ("T2prep T2 SAX", 5, 9), ("STONE post T1 SAX", 5, 11), ("cine SAX", 12, 25))


def _image(series: int, description: str, index: int, time_index: int, filler: bytes) -> Dataset:
    image = Dataset()
    image.SOPClassUID = MRImageStorage
    image.StudyInstanceUID, image.SeriesInstanceUID = "2.25.1", f"2.25.1.{series}"
    image.SOPInstanceUID = f"2.25.1.{series}.{index}.{time_index}"
    image.FrameOfReferenceUID = "2.25.2"
    image.PatientID, image.PatientName = "bench", "Bench^Mark"
    image.Modality, image.Manufacturer = "MR", "SIEMENS"
    image.StudyDate = image.AcquisitionDate = "20260101"
    image.StudyTime, image.AcquisitionTime = "080000", f"{8 + series // 60:02d}{series % 60:02d}{time_index:02d}"
    image.SeriesDescription = image.ProtocolName = description
    image.SeriesNumber, image.InstanceNumber = series, index * 100 + time_index + 1
    image.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    image.InversionTime = str(100 + 150 * time_index)
    image.ImageComments = f"T2 prep. duration = {10 * time_index} ms" if "T2" in description else ""
    image.ImagePositionPatient = [str(8.0 * index), str(-6.0 * index), "0"]
    image.ImageOrientationPatient = ["0.6", "0.8", "0", "0", "0", "-1"]
    image.PixelSpacing, image.SliceThickness = ["1.5", "1.5"], "8"
    for number in range(80):
        image.add_new((0x0051, 0x1000 + number), "LO", f"private text number {number}")
    image.add_new((0x0051, 0x0010), "LO", "SIEMENS MR HEADER")
    image.add_new((0x0029, 0x0010), "LO", "SIEMENS CSA HEADER")
    image.add_new((0x0029, 0x1020), "OB", filler)
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows = image.Columns = _MATRIX
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, 0
    image.PixelData = bytes(2 * _MATRIX * _MATRIX)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return image


def write_bench_study(folder: Path, n_files: int) -> None:
    """Write exactly ``n_files`` images, series after series, in no order on disk."""
    protocol = b"### ASCCONV BEGIN ###\nsKSpace.lBaseResolution = 256\n### ASCCONV END ###"
    filler = protocol + bytes(_HEADER_BYTES - len(protocol))
    names = np.random.default_rng(0).permutation(n_files)
    written, series = 0, 0
    while written < n_files:
        description, n_slices, n_times = _SERIES[series % len(_SERIES)]
        series += 1
        for index in range(n_slices):
            for time_index in range(n_times):
                if written == n_files:
                    return
                image = _image(series, description, index, time_index, filler)
                image.save_as(folder / f"{names[written]:05d}", enforce_file_format=True)
                written += 1


def main() -> int:
    """Write, read, sort, print; 1 where reading and sorting took more than 5 s of processor time.

    On an idle machine that is the wall clock; other programs do not make the reader slower.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--folder", type=Path, help="where the study is written; default: a temporary folder")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        write_bench_study(folder, chosen.files)
        clocks = [(time.perf_counter(), time.process_time())]
        study = read_study(folder)
        clocks.append((time.perf_counter(), time.process_time()))
        selection = select_series(study)
        clocks.append((time.perf_counter(), time.process_time()))
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{len(study.headers)} files, {len(selection.selected)} maps; one core is used")
    for name, before, after in (("read", 0, 1), ("sort", 1, 2), ("both", 0, 2)):
        wall, cpu = (clocks[after][n] - clocks[before][n] for n in range(2))
        print(f"{name:6} {wall:6.2f} s of wall clock, {cpu:6.2f} s of processor time")
    return int(clocks[2][1] - clocks[0][1] > _LIMIT_S)


if __name__ == "__main__":
    raise SystemExit(main())
