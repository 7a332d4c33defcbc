"""Make the study that the reader's tour shows corrected: the demo study as a reader sends it back.

Usage: ``python docs/figures/tour_study.py STUDY/dicom OUT TARGET``. TARGET gets the images and all that was written of
them. In the segmentation of native T1 the contours of slice 3 are moved by two pixels. corrections.json has three
entries; one names a slice that is not there.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pydicom
from pydicom.pixels import pack_bits
from pydicom.uid import generate_uid

_SLICE = 2
_CORRECTIONS = [
    {"map": "t2", "slice_index": 4, "exclude_slice": True, "reason": "ghosting"},
    {"map": "native_t1", "slice_index": 1, "exclude_segments": [2, 3]},
    {"map": "t2", "slice_index": 7, "exclude_slice": True},
]


def main(study: Path, results: Path, target: Path) -> None:
    """Write the folder anew."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(study, target)
    for path in results.glob("*.dcm"):
        copy = Path(shutil.copy(path, target))
        if pydicom.dcmread(path, stop_before_pixels=True).SeriesDescription == "T1 seg native, CMRmap":
            _edit(copy)
    (target / "corrections.json").write_text(json.dumps({"corrections": _CORRECTIONS}, indent=2), encoding="utf-8")


def _edit(path: Path) -> None:
    """Move the wall and the blood pool of one slice, and save as another object."""
    segmentation = pydicom.dcmread(path)
    frames = segmentation.PerFrameFunctionalGroupsSequence
    places = [np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float) for frame in frames]
    plane = segmentation.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
    normal = np.cross(*np.array(plane.ImageOrientationPatient, float).reshape(2, 3))
    along = [float(place @ normal) for place in places]
    chosen = sorted(set(np.round(along, 2)))[_SLICE]
    pixels = np.array(segmentation.pixel_array, dtype=np.uint8)
    for mask, place in zip(pixels, along, strict=True):
        if round(place, 2) == chosen:
            mask[:] = np.roll(mask, (2, 1), axis=(0, 1))
    packed = pack_bits(pixels.ravel())
    segmentation.PixelData = packed + b"\0" * (len(packed) % 2)
    segmentation.SOPInstanceUID = segmentation.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    segmentation.Manufacturer, segmentation.ManufacturerModelName = "QIICR", "dcmqi"
    segmentation.save_as(path)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
