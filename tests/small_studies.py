"""Small genuine studies: one slice of a phantom, four T2-weighted images cut to the heart's surroundings.

One run on such a study takes about a second of processor time once everything is imported. A copy of a study is another
patient's: its own PatientID and UIDs, the same pixels, so the same numbers are expected of it.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import draw_study_parameters
from cmrmap.phantom.study_writer import write_phantom

#: of the phantom's nine T2 preparations: the least that its model can be fitted to
_TIMES = (0, 2, 5, 8)
_SLICE, _T2 = 2, 2
_PIXELS = 144
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")

#: what makes a run on a small study quick: the wall alone, and of the outputs those that every run has, with the masks
QUICK_SETTINGS = """analysis:
  maps: {field: ring}
  outputs: {report: false, captures: false, sd_maps: false, measurement_report: false, parametric_maps: false}
"""


def small_study(seed: int = 1) -> tuple[Dataset, ...]:
    """Return the images of a small study.

    Parameters
    ----------
    seed : of the phantom
    """
    drawn = draw_study_parameters(seed=seed)
    kept = slice(_SLICE, _SLICE + 1)
    series = drawn.series[_T2]
    series = replace(
        series,
        times_ms=(tuple(series.times_ms[_SLICE][index] for index in _TIMES),),
        motion=(tuple(series.motion[_SLICE][index] for index in _TIMES),),
    )
    anatomy = replace(drawn.anatomy, heart=drawn.anatomy.heart[kept], torso=drawn.anatomy.torso[kept])
    with tempfile.TemporaryDirectory() as folder:
        written = write_phantom(Path(folder), generate_study(replace(drawn, anatomy=anatomy, series=(series,))))
        found = [pydicom.dcmread(path) for path in sorted((written / "dicom").rglob("*.dcm"))]
    return tuple(_cut(one) for one in found)


def write_copy(images: tuple[Dataset, ...], folder: Path, name: str) -> Path:
    """Write a study as that of the patient ``name``; the same arguments give the same bytes.

    Parameters
    ----------
    images : of the study; their names, identifiers and UIDs are changed
    folder : made where absent
    name : patient
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images, start=1):
        image.PatientID, image.PatientName = name, f"Phantom^{name}"
        for keyword in _UIDS:
            own = str(number) if keyword == "SOPInstanceUID" else ""
            setattr(image, keyword, generate_uid(prefix="2.25.", entropy_srcs=[name, keyword, own]))
        image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
        image.save_as(folder / f"IM{number:04d}.dcm", enforce_file_format=True)
    return folder


def _cut(image: Dataset) -> Dataset:
    """Cut the middle out of an image."""
    pixels = image.pixel_array
    first = (pixels.shape[0] - _PIXELS) // 2
    along = np.array(image.ImageOrientationPatient, dtype=float).reshape(2, 3)
    spacing = np.array(image.PixelSpacing, dtype=float)
    moved = np.array(image.ImagePositionPatient, dtype=float) + first * (spacing[1] * along[0] + spacing[0] * along[1])
    image.ImagePositionPatient = [f"{value:.6f}" for value in moved]
    image.Rows = image.Columns = _PIXELS
    image.PixelData = np.ascontiguousarray(pixels[first : first + _PIXELS, first : first + _PIXELS]).tobytes()
    return image
