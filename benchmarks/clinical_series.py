"""T1 of series from clinical scanners, beside the scanner's own map: the tables of docs/clinical-series.md.

``python benchmarks/clinical_series.py FOLDER [--model models/<name>]``. Below ``FOLDER``, at any depth, lie studies:
``<study>/dicom`` and ``<study>/reference.npz`` with ``t1_ms`` (slice, row, column), the scanner's T1 map, and, of a
heart, ``masks`` (slice, time, row, column; above 0: a ring in the wall). Studies are only read.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.arrays import BoolArray, Float64Array
from cmrmap.core.errors import CmrmapError
from cmrmap.core.outlines import SegmentationStack
from cmrmap.core.parameter_map import COUNTED_STATUS, FitStatus
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.select import select_series
from cmrmap.pipeline import MappedSeries, align, fit, refine, segment
from cmrmap.relaxometry import RelaxationFit, fit_relaxation
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import load_network
from cmrmap.settings import AnalysisSettings

_LEAST_PIXELS = 200  # of a region of one T1
_EVEN = 0.05  # SD over mean of the scanner's T1 in such a region
_BRIGHT = 0.25  # of the brightest: below there is air
_CLOSE = 0.03
_ORGAN_MS = (1000.0, 2000.0)  # kidney, and any wall of a heart at 3 T


@dataclass(frozen=True, slots=True)
class Study:
    """A series as it was selected and loaded, and the scanner's map of its first slice."""

    name: str
    stack: WeightedStack
    t1_ms: Float64Array
    ring: BoolArray | None


def read(folder: Path) -> Study:
    """Read a study and its reference."""
    study = read_study(folder / "dicom")
    stack = load_study(study, select_series(study), {}).stacks[0]
    with np.load(folder / "reference.npz") as reference:
        ring = np.asarray(reference["masks"][0, 0] > 0, np.bool_) if "masks" in reference else None
        return Study(folder.name, stack, np.asarray(reference["t1_ms"][0], np.float64), ring)


def pixelwise(one: Study) -> RelaxationFit:
    """Fit every pixel of the first slice as it is, without outlines or alignment."""
    images = np.asarray(one.stack.fitted_images[0], np.float64)
    return fit_relaxation(
        images.reshape(len(images), -1).T,
        one.stack.times_ms[0],
        one.stack.model,
        False if one.stack.has_signs[0] else None,
        look_locker=one.stack.look_locker,
        epochs=one.stack.epochs_of(0),
    )


def drawn(one: Study, labels: SegmentationStack) -> MappedSeries:
    """Map a series with these outlines."""
    settings = AnalysisSettings.from_mapping({"quality": {"require_heart": False}})  # a ring may be given
    refined = refine((one.stack,), (labels,), settings)
    return fit((one.stack,), refined, align((one.stack,), refined, settings), settings)[0]


def heart_table(studies: list[Study], model: Path | None) -> list[str]:
    """Mean T1 of the wall: the scanner's in its ring, ours with that ring as outline, and by our own outlines."""
    network = load_network(find_model_folder(model))
    lines = [
        "| study | model | scanner, ring | ours, ring as outline | own outlines, ring | own outlines, wall "
        "| scanner, same pixels | unphysical | B/A, median (1-99 %) |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for one in studies:
        ring = one.ring
        assert ring is not None
        scanner = float(one.t1_ms[ring].mean())
        filled = ndimage.binary_fill_holes(ring)
        labels = np.broadcast_to(np.where(ring, 1, np.where(filled, 2, 0)), one.stack.images.shape).astype(np.uint8)
        given = drawn(one, SegmentationStack(one.stack.kind, labels, np.ones(labels.shape[:2])))
        own = drawn(one, segment((one.stack,), network)[0])
        cells = []
        for values, where in ((given.map.values[0], ring), (own.map.values[0], ring)):
            known = where & np.isfinite(values)
            mean = float(values[known].mean())
            cells.append(f"{mean:.0f} ms ({100 * (mean / one.t1_ms[known].mean() - 1):+.1f} %)")
        counted = own.map.analysed[0]
        mean, there = float(own.map.values[0][counted].mean()), float(one.t1_ms[counted].mean())
        unphysical = np.mean(own.map.status[0][own.map.labels[0] == 1] == FitStatus.UNPHYSICAL)
        ratio = np.nanpercentile(own.cells.offset[0] / own.cells.amplitude[0], [50, 1, 99])
        lines.append(
            f"| {one.name} | {one.stack.model} | {scanner:.0f} ms | {cells[0]} | {cells[1]} | {mean:.0f} ms "
            f"({100 * (mean / there - 1):+.1f} %) | {there:.0f} ms | {100 * unphysical:.1f} % "
            f"| {ratio[0]:.2f} ({ratio[1]:.2f}-{ratio[2]:.2f}) |"
        )
    return lines


def even_regions(one: Study) -> list[BoolArray]:
    """Regions in which the scanner's T1 hardly varies: tubes of a phantom, its bath."""
    t1 = one.t1_ms
    mean = ndimage.uniform_filter(t1, 5)
    spread = np.sqrt(np.maximum(ndimage.uniform_filter(t1 * t1, 5) - mean * mean, 0.0))
    bright = one.stack.images[0].max(axis=0)
    even = (spread < _EVEN * mean) & (t1 > 0) & (bright > _BRIGHT * np.percentile(bright, 99))
    labels, count = ndimage.label(ndimage.binary_opening(even, iterations=2))
    regions = [np.asarray(labels == k, np.bool_) for k in range(1, count + 1)]
    return sorted((r for r in regions if r.sum() >= _LEAST_PIXELS), key=lambda region: float(t1[region].mean()))


def tube_table(one: Study) -> list[str]:
    """T1 of every even region by the scanner, by the conditional fit, by all images alike, by the first inversion."""
    shape = one.t1_ms.shape
    conditional = pixelwise(one)
    images = np.asarray(one.stack.fitted_images[0], np.float64).reshape(len(one.stack.times_ms[0]), -1).T
    epochs, times = one.stack.epochs_of(0), one.stack.times_ms[0]
    magnitude = False if one.stack.has_signs[0] else None
    alike = fit_relaxation(images, times, "molli_3p", magnitude)
    first = fit_relaxation(images[:, epochs == 0], times[epochs == 0], "molli_3p", magnitude)
    n = conditional.n_samples.reshape(shape)
    lines = [
        f"{one.name}: {one.stack.model} ({one.stack.model_reason}); signs: {one.stack.polarity or 'none'}",
        "",
        "| pixels | scanner | ours | differs by | all images alike | first inversion alone | images that count, mean |",
        "|---|---|---|---|---|---|---|",
    ]
    for region in even_regions(one):
        scanner = float(one.t1_ms[region].mean())
        ours, same, alone = (float(f.t_ms.reshape(shape)[region].mean()) for f in (conditional, alike, first))
        lines.append(
            f"| {region.sum()} | {scanner:.0f} ms | {ours:.0f} ms | {100 * (ours / scanner - 1):+.2f} % "
            f"| {same:.0f} ms | {alone:.0f} ms | {n[region].mean():.1f} |"
        )
    return lines


def pixel_table(one: Study) -> list[str]:
    """Share of a map's pixels that agree with the scanner's."""
    shape = one.t1_ms.shape
    found = pixelwise(one)
    bright = one.stack.images[0].max(axis=0)
    tissue = (bright > _BRIGHT * np.percentile(bright, 99)) & (one.t1_ms > 0)
    trusted = np.isin(found.status, COUNTED_STATUS).reshape(shape)
    relative = found.t_ms.reshape(shape) / np.where(one.t1_ms > 0, one.t1_ms, np.nan) - 1
    lines = [
        f"{one.name}: {one.stack.model}, {one.stack.images.shape[1]} images",
        "",
        "| tissue | pixels | trusted | of these within 3 % | median | middle 90 % |",
        "|---|---|---|---|---|---|",
    ]
    low, high = _ORGAN_MS
    organ = tissue & (one.t1_ms >= low) & (one.t1_ms < high)
    for name, where in (("all", tissue), (f"T1 of {low:.0f}-{high:.0f} ms by the scanner's map", organ)):
        inside = relative[where & trusted]
        lines.append(
            f"| {name} | {where.sum()} | {100 * trusted[where].mean():.1f} % "
            f"| {100 * np.mean(np.abs(inside) < _CLOSE):.1f} % | {100 * np.median(inside):+.2f} % "
            f"| {100 * np.percentile(inside, 5):+.1f} to {100 * np.percentile(inside, 95):+.1f} % |"
        )
    return lines


def main() -> None:
    """Print the tables of all studies below a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=None, help="model folder; the shipped one where it is not given")
    arguments = parser.parse_args()
    hearts: list[Study] = []
    for reference in sorted(arguments.folder.rglob("reference.npz")):
        with np.load(reference) as given:
            if "t1_ms" not in given or not (reference.parent / "dicom").is_dir():
                continue
        try:
            one = read(reference.parent)
        except CmrmapError as error:
            print(f"{reference.parent.name}: {error}\n")
            continue
        if one.ring is not None:
            hearts.append(one)
        else:
            print("\n".join(tube_table(one) if one.stack.model == "shmolli_3p" else pixel_table(one)), "\n")
    if hearts:
        print("\n".join(heart_table(hearts, arguments.model)))


if __name__ == "__main__":
    main()
