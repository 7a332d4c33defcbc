"""What overlap with a reader would be reached without each kind of error: place, size, shape.

    .venv/bin/python benchmarks/overlap_limits.py DIR [--pixel-mm MM]

DIR holds subjects as for `cmrmap evaluate segmentation`. Printed is the mean Dice of wall / cavity over the images

- as they are drawn;
- drawn on images that the reader's outlines brought to one place, so that no movement is left between them;
- as drawn, each image's outlines brought to the middle of the reader's;
- with endocardium and epicardium moved by the distances that suit the subject's walls best, and by those that suit each
  image's wall best (the cavity's Dice is that of the same endocardium);
- of the reader's own other images of the slice, brought to the image's place (`cmrmap.evaluation.repeatability`).

All but the first use the reader's outlines of the image and are no results. Images without a ventricle of the reader's
are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import BoolArray, Float64Array, FloatArray, LabelArray
from cmrmap.core.geometry import SliceGeometry
from cmrmap.core.outlines import Label
from cmrmap.evaluation.repeatability import repeatability
from cmrmap.evaluation.subjects import read_subjects, wall_dice
from cmrmap.segmentation import Network, load_network, predict_slices
from cmrmap.segmentation.shape import dice

ROOT = Path(__file__).resolve().parent.parent
DISTANCES_MM = np.arange(-2.0, 2.01, 0.25)
_FINER = 4  # pixels are divided by this, each way, where borders are moved by less than a pixel

Pair = tuple[float, float]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pixel-mm", type=float, default=1.4, help="of subjects without DICOM (default: %(default)s)")
    options = parser.parse_args()
    network = load_network(next(iter(sorted((ROOT / "models").glob("*/model.json")))).parent)
    subjects, _ = read_subjects(options.data, options.pixel_mm)
    rows: dict[str, list[Pair]] = {}
    for one in subjects:
        for name, pair in _limits(one.images, one.geometry, one.masks, network).items():
            rows.setdefault(name, []).append(pair)
    print("wall / cavity\n\n| | " + " | ".join(one.name for one in subjects) + " |")
    print("|---" * (len(subjects) + 1) + "|")
    for name, pairs in rows.items():
        print(f"| {name} | " + " | ".join(f"{wall:.3f} / {cavity:.3f}" for wall, cavity in pairs) + " |")
    return 0


def _limits(
    images: FloatArray, geometry: Sequence[SliceGeometry], masks: LabelArray, network: Network
) -> dict[str, Pair]:
    drawn = [one.labels for one in predict_slices(images, geometry, network)]
    moves = [_to_one_place(truth) for truth in masks]
    placed = [_rolled(one, move) for one, move in zip(images, moves, strict=True)]
    found = [
        _rolled(one.labels, [(-down, -right) for down, right in move])
        for one, move in zip(predict_slices(placed, geometry, network), moves, strict=True)
    ]
    centred = [
        np.stack([_to_the_middle_of(one, true) for one, true in zip(labels, truth, strict=True)])
        for labels, truth in zip(drawn, masks, strict=True)
    ]
    known = _ventricle(masks).any(axis=(2, 3))
    borders = np.array(
        [
            _with_borders_moved(drawn[s][t], masks[s][t], geometry[s].pixel_spacing_mm)
            for s, t in np.argwhere(known).tolist()
        ]
    )  # (image, wall or cavity, endocardium, epicardium)
    reader = np.stack([np.stack(repeatability(truth), axis=1) for truth in masks])
    return {
        "as drawn": _overlap(drawn, masks, known),
        "drawn on images at one place": _overlap(found, masks, known),
        "outlines at the reader's place": _overlap(centred, masks, known),
        "best borders for the subject": _best(np.nanmean(borders, axis=0)),
        "best borders for each image": _mean([_best(one) for one in borders]),
        "the reader's other images": _mean(reader[known].tolist()),
    }


def _overlap(found: Sequence[LabelArray], masks: LabelArray, known: BoolArray) -> Pair:
    return _mean(
        [
            (wall_dice(found[s][t], masks[s][t]), dice(found[s][t] == Label.CAVITY, masks[s][t] == Label.CAVITY))
            for s, t in np.argwhere(known).tolist()
        ]
    )


def _mean(pairs: Sequence[Pair]) -> Pair:
    wall, cavity = np.nanmean(pairs, axis=0)
    return float(wall), float(cavity)


def _ventricle(labels: LabelArray) -> BoolArray:
    return np.asarray((labels == Label.MYOCARDIUM) | (labels == Label.CAVITY), dtype=np.bool_)


def _to_one_place(masks: LabelArray) -> list[tuple[int, int]]:
    """Whole pixels (down, right) that bring each image's outlines to the slice's median place; none stays."""
    drawn = [index for index, one in enumerate(masks) if _ventricle(one).any()]
    moves = [(0, 0)] * len(masks)
    if drawn:
        middles = np.array([ndimage.center_of_mass(_ventricle(masks[index])) for index in drawn])
        for index, (down, right) in zip(drawn, np.rint(np.median(middles, axis=0) - middles).tolist(), strict=True):
            moves[index] = int(down), int(right)
    return moves


def _rolled(images: Any, moves: Sequence[tuple[int, int]]) -> Any:
    return np.stack([np.roll(image, move, (0, 1)) for image, move in zip(images, moves, strict=True)])


def _to_the_middle_of(labels: LabelArray, truth: LabelArray) -> LabelArray:
    """Bring the drawn ventricle over the reader's, by fractions of a pixel."""
    if not _ventricle(labels).any() or not _ventricle(truth).any():
        return labels
    ours, theirs = (np.asarray(ndimage.center_of_mass(_ventricle(one))) for one in (labels, truth))
    places = np.indices(labels.shape) + (ours - theirs)[:, None, None]
    moved = np.zeros_like(labels)
    for inside, label in ((_ventricle(labels), Label.MYOCARDIUM), (labels == Label.CAVITY, Label.CAVITY)):
        depth = _depth_mm(inside, (1.0, 1.0), places)
        moved[depth > 0] = label
    return moved


def _with_borders_moved(labels: LabelArray, truth: LabelArray, spacing_mm: tuple[float, float]) -> Float64Array:
    """(wall or cavity, endocardium, epicardium) Dice with the borders moved out by each of ``DISTANCES_MM``."""
    places = np.indices(labels.shape)
    inner = _depth_mm(labels == Label.CAVITY, spacing_mm, places)
    outer = _depth_mm(_ventricle(labels), spacing_mm, places)
    wall, cavity = truth == Label.MYOCARDIUM, truth == Label.CAVITY
    insides = [inner > -distance for distance in DISTANCES_MM]
    wholes = [outer > -distance for distance in DISTANCES_MM]
    return np.array(
        [
            [[dice(whole & ~inside, wall) for whole in wholes] for inside in insides],
            [[dice(inside, cavity)] * len(wholes) for inside in insides],
        ]
    )


def _depth_mm(mask: BoolArray, spacing_mm: tuple[float, float], places: Any) -> Float64Array:
    """Distance to the border at ``places`` (row, column), positive inside; what was not drawn lies far outside."""
    if not mask.any():
        return np.full(mask.shape, -np.inf)
    smooth = ndimage.zoom(mask.astype(np.float64), _FINER, order=1, grid_mode=True, mode="nearest") >= 0.5
    sampling = [spacing / _FINER for spacing in spacing_mm]
    depth = ndimage.distance_transform_edt(smooth, sampling) - ndimage.distance_transform_edt(~smooth, sampling)
    return np.asarray(ndimage.map_coordinates(depth, (places + 0.5) * _FINER - 0.5, order=1, mode="nearest"))


def _best(borders: Float64Array) -> Pair:
    """Best wall, and the cavity of the same endocardium, over (wall or cavity, endocardium, epicardium)."""
    inner, outer = np.unravel_index(int(np.nanargmax(borders[0])), borders[0].shape)
    return float(borders[0, inner, outer]), float(borders[1, inner, outer])


if __name__ == "__main__":
    sys.exit(main())
