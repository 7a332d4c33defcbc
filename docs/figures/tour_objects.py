"""Draw docs/figures/tour_objects.png: what the application writes of one slice, as a viewer lists it.

Usage: ``python docs/figures/tour_objects.py OUT``, as ``make figures`` does after ``make demo``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pydicom

mpl.use("Agg")
from matplotlib import pyplot as plt

_SLICE = 3  # InstanceNumber
_HALF_PX = 48
_COLOURS = ((0.9, 0.3, 0.2), (0.2, 0.6, 0.95))
_SEGMENT_COLOURS = (0, 1, 2, 3, 4, 6)  # of tab10; its grey would not be seen


def _place(found: pydicom.Dataset) -> tuple[float, ...]:
    return tuple(round(float(one), 2) for one in found.ImagePositionPatient)


def _windowed(image: pydicom.Dataset) -> np.ndarray:
    """Return an image as a viewer shows it first: rescaled, in the window that it names."""
    values = image.pixel_array * float(image.get("RescaleSlope", 1)) + float(image.get("RescaleIntercept", 0))
    centre, width = float(image.WindowCenter), float(image.WindowWidth)
    return np.clip((values - centre) / width + 0.5, 0.0, 1.0)


def _segments(segmentation: pydicom.Dataset, place: tuple[float, ...]) -> dict[int, np.ndarray]:
    frames = zip(segmentation.PerFrameFunctionalGroupsSequence, segmentation.pixel_array > 0, strict=True)
    return {
        int(frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber): mask
        for frame, mask in frames
        if _place(frame.PlanePositionSequence[0]) == place
    }


def main(results: Path, target: Path) -> None:
    """Write the picture."""
    by_name: dict[str, list[pydicom.Dataset]] = {}
    for path in sorted(results.glob("*.dcm")):
        one = pydicom.dcmread(path)
        by_name.setdefault(str(one.SeriesDescription), []).append(one)
    image = next(one for one in by_name["T1 map native [ms], CMRmap"] if int(one.InstanceNumber) == _SLICE)
    place = _place(image)
    deviation = next(one for one in by_name["T1 SD native [ms], CMRmap"] if _place(one) == place)
    walls = _segments(by_name["T1 seg native, CMRmap"][0], place)
    segments = _segments(by_name["T1 AHA native, CMRmap"][0], place)
    captures = sorted(by_name["T1 picture native, CMRmap"], key=lambda one: int(one.InstanceNumber))
    rows, columns = np.nonzero(walls[1])
    cut = tuple(slice(round(axis.mean()) - _HALF_PX, round(axis.mean()) + _HALF_PX) for axis in (rows, columns))

    figure, axes = plt.subplots(1, 5, figsize=(13, 3.2), facecolor="white", layout="constrained")
    grey = {"cmap": "gray", "vmin": 0, "vmax": 1}
    pictures = (
        ("MR\n“T1 map native [ms]”", _windowed(image)[cut]),
        ("MR\n“T1 SD native [ms]”", _windowed(deviation)[cut]),
        ("SEG on the map\n“T1 seg native”", _windowed(image)[cut]),
        ("SEG on the map\n“T1 AHA native”", _windowed(image)[cut]),
        ("Secondary Capture\n“T1 picture native”", captures[_SLICE - 1].pixel_array),
    )
    for axis, (title, picture) in zip(axes, pictures, strict=True):
        axis.imshow(picture, **grey)
        axis.set_title(title, fontsize=10)
        axis.axis("off")
    for mask, colour in zip(walls.values(), _COLOURS, strict=False):
        _overlay(axes[2], mask[cut], colour)
    for number, mask in segments.items():
        _overlay(axes[3], mask[cut], mpl.colormaps["tab10"](_SEGMENT_COLOURS[number % 6])[:3])
    figure.savefig(target, dpi=90, bbox_inches="tight", pad_inches=0.05)


def _overlay(axis: plt.Axes, mask: np.ndarray, colour: tuple[float, ...]) -> None:
    painted = np.zeros((*mask.shape, 4))
    painted[mask] = (*colour, 0.6)
    axis.imshow(painted)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("tour_objects.png"))
