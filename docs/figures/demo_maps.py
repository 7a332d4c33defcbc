"""Draw docs/figures/demo_maps.png from a study and the map series that the application made of it.

Usage: ``python docs/figures/demo_maps.py STUDY/dicom OUT``, as ``make figures`` does after ``make demo``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pydicom

mpl.use("Agg")
from matplotlib import pyplot as plt

TITLES = {
    "T2 MAP": ("T2", "ms", "viridis", (30, 80)),
    "T1 MAP": ("native T1", "ms", "magma", (900, 1400)),
    "POST": ("post-contrast T1", "ms", "magma", (300, 800)),
    "ECV MAP": ("ECV", "%", "turbo", (15, 45)),
}
#: description of the segmentation on each map; ECV lies on the native T1 map
_REGIONS_OF = {"T2 MAP": "T2 seg", "T1 MAP": "T1 seg native", "POST": "T1 seg post", "ECV MAP": "T1 seg native"}
_HALF_MM = 62.0


def _row_of(dataset: pydicom.Dataset) -> str:
    kind = str(dataset.ImageType[2])
    return "POST" if kind == "T1 MAP" and "post" in str(dataset.SeriesDescription).lower() else kind


def _place(dataset: pydicom.Dataset) -> tuple[float, ...]:
    return tuple(round(float(one), 3) for one in dataset.ImagePositionPatient)


def _walls(dataset: pydicom.Dataset) -> dict[tuple[float, ...], np.ndarray]:
    """Return the myocardium by its place: the maps show what lies around it too."""
    frames = zip(dataset.PerFrameFunctionalGroupsSequence, dataset.pixel_array > 0, strict=True)
    return {
        _place(frame.PlanePositionSequence[0]): mask
        for frame, mask in frames
        if frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber == 1
    }


def main(study: Path, results: Path, target: Path) -> None:
    """Write the picture."""
    sources = {}
    for path in study.rglob("*.dcm"):
        dataset = pydicom.dcmread(path)
        sources[dataset.SOPInstanceUID] = dataset
    maps: dict[str, list[pydicom.Dataset]] = {name: [] for name in TITLES}
    regions: dict[str, dict[tuple[float, ...], np.ndarray]] = {}
    for path in results.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        if dataset.SOPClassUID.name == "MR Image Storage":
            row = _row_of(dataset)
            if row in maps:  # the maps' standard deviations have no row
                maps[row].append(dataset)
        elif dataset.SOPClassUID.name == "Segmentation Storage" and " seg" in str(dataset.SeriesDescription):
            regions[str(dataset.SeriesDescription).split(",")[0]] = _walls(dataset)
    figure, axes = plt.subplots(len(TITLES), 5, figsize=(11, 9.2), facecolor="black")
    for place, (name, (title, unit, colours, window)) in enumerate(TITLES.items()):
        walls = regions[_REGIONS_OF[name]]
        for column, dataset in enumerate(sorted(maps[name], key=lambda d: int(d.InstanceNumber))):
            scale = float(dataset.get("RescaleSlope", 1.0))
            values = dataset.pixel_array * scale + float(dataset.get("RescaleIntercept", 0.0))
            wall = walls[_place(dataset)] & (dataset.pixel_array > 0)
            source = sources[dataset.SourceImageSequence[0].ReferencedSOPInstanceUID]
            middle = [round(float(np.mean(axis))) for axis in np.nonzero(wall)]
            half = int(_HALF_MM / float(dataset.PixelSpacing[0]))
            window_of = tuple(slice(max(0, m - half), m + half) for m in middle)
            axis = axes[place, column]
            axis.imshow(source.pixel_array[window_of], cmap="gray")
            shown = axis.imshow(
                np.ma.masked_where(~wall, values)[window_of], cmap=colours, vmin=window[0], vmax=window[1]
            )
            axis.axis("off")
            if column == 0:
                axis.set_title(title, color="white", loc="left", fontsize=13)
        bar = figure.colorbar(shown, ax=axes[place], fraction=0.012, pad=0.01)
        bar.set_label(unit, color="white")
        bar.ax.tick_params(colors="white", labelsize=8)
    figure.savefig(target, dpi=90, facecolor="black", bbox_inches="tight", pad_inches=0.08)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(__file__).with_name("demo_maps.png"))
