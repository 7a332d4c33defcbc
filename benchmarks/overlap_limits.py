"""Where the overlap with a reader is lost: to the place of the heart, to the size of its outlines, or to their shape.

    .venv/bin/python benchmarks/overlap_limits.py DIR [--pixel-mm MM]

DIR holds subjects as for `cmrmap evaluate segmentation`. Printed is the mean Dice of wall and cavity over a subject's
images

- as they are drawn;
- drawn on images that were brought to one place by the reader's outlines: no wrong place is left;
- with each border moved by the one distance that suits the subject best, and by that which suits each image best: no
  wrong size is left;
- of the reader's own other images of the slice, brought to the image's place (`cmrmap.evaluation.repeatability`).

What uses the reader's outlines is no result. It tells what could be won at most.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from cmrmap.evaluation.repeatability import repeatability
from cmrmap.evaluation.segmentation import find_subjects, read_subject, wall_dice
from cmrmap.segmentation import Network, load_network, predict_slices
from cmrmap.segmentation.shape import dice
from cmrmap.types import BoolArray, Float64Array, FloatArray, Label, LabelArray, SliceGeometry

ROOT = Path(__file__).resolve().parent.parent
DISTANCES_MM = np.arange(-2.0, 2.01, 0.25)

Pair = tuple[float, float]


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--pixel-mm", type=float, default=1.4, help="of subjects without DICOM (default: %(default)s)")
    options = parser.parse_args()
    network = load_network(next(iter(sorted((ROOT / "models").glob("*/model.json")))).parent)
    subjects = find_subjects(options.data)
    rows: dict[str, list[Pair]] = {}
    for folder in subjects:
        for name, pair in _limits(*read_subject(folder, options.pixel_mm), network).items():
            rows.setdefault(name, []).append(pair)
    print("wall / cavity\n\n| | " + " | ".join(folder.name for folder in subjects) + " |")
    print("|---" * (len(subjects) + 1) + "|")
    for name, pairs in rows.items():
        print(f"| {name} | " + " | ".join(f"{wall:.3f} / {cavity:.3f}" for wall, cavity in pairs) + " |")
    return 0


def _limits(
    images: FloatArray, geometry: Sequence[SliceGeometry], masks: LabelArray, network: Network
) -> dict[str, Pair]:
    drawn = [one.labels for one in predict_slices(images, geometry, network)]
    moves = [_to_one_place(truth) for truth in masks]
    placed = [_moved(one, move) for one, move in zip(images, moves, strict=True)]
    found = [
        _moved(one.labels, [(-down, -right) for down, right in move])
        for one, move in zip(predict_slices(placed, geometry, network), moves, strict=True)
    ]
    borders = np.array(
        [
            _with_borders_moved(labels, truth, plane)
            for one, true, plane in zip(drawn, masks, geometry, strict=True)
            for labels, truth in zip(one, true, strict=True)
        ]
    )  # (image, wall or cavity, endocardium, epicardium)
    reader = np.concatenate([np.stack(repeatability(truth), axis=1) for truth in masks])
    return {
        "as drawn": _overlap(drawn, masks),
        "images at one place": _overlap(found, masks),
        "best borders for the subject": _best(borders.mean(axis=0)),
        "best borders for each image": _mean([_best(one) for one in borders]),
        "the reader's other images": _mean([(wall, cavity) for wall, cavity in reader if np.isfinite(wall)]),
    }


def _overlap(found: Sequence[LabelArray], masks: LabelArray) -> Pair:
    return _mean(
        [
            (wall_dice(one, true), dice(one == Label.CAVITY, true == Label.CAVITY))
            for labels, truth in zip(found, masks, strict=True)
            for one, true in zip(labels, truth, strict=True)
        ]
    )


def _mean(pairs: Sequence[Pair]) -> Pair:
    wall, cavity = np.mean(pairs, axis=0)
    return float(wall), float(cavity)


def _to_one_place(masks: LabelArray) -> list[tuple[int, int]]:
    """Whole pixels (down, right) that bring each image's outlines to the slice's median place."""
    middles = np.array([ndimage.center_of_mass((one == Label.MYOCARDIUM) | (one == Label.CAVITY)) for one in masks])
    shifts = np.rint(np.median(middles, axis=0) - middles).astype(int)
    return [(int(down), int(right)) for down, right in shifts]


def _moved(images: FloatArray | LabelArray, moves: Sequence[tuple[int, int]]) -> FloatArray:
    return np.stack([np.roll(image, move, (0, 1)) for image, move in zip(images, moves, strict=True)])


def _with_borders_moved(labels: LabelArray, truth: LabelArray, plane: SliceGeometry) -> Float64Array:
    """(wall or cavity, endocardium, epicardium) Dice with the borders moved out by each of ``DISTANCES_MM``."""
    inner = _depth_mm(labels == Label.CAVITY, plane)
    outer = _depth_mm((labels == Label.CAVITY) | (labels == Label.MYOCARDIUM), plane)
    wall, cavity = truth == Label.MYOCARDIUM, truth == Label.CAVITY
    insides = [inner > -distance for distance in DISTANCES_MM]
    wholes = [outer > -distance for distance in DISTANCES_MM]
    return np.array(
        [
            [[dice(whole & ~inside, wall) for whole in wholes] for inside in insides],
            [[dice(inside, cavity)] * len(wholes) for inside in insides],
        ]
    )


def _depth_mm(mask: BoolArray, plane: SliceGeometry) -> Float64Array:
    """Distance to the border, positive inside; what was not drawn lies far outside."""
    if not mask.any():
        return np.full(mask.shape, -np.inf)
    depth = [ndimage.distance_transform_edt(one, sampling=plane.pixel_spacing_mm) for one in (mask, ~mask)]
    return np.asarray(depth[0] - depth[1], dtype=np.float64)


def _best(borders: Float64Array) -> Pair:
    """Best of each, over (wall or cavity, endocardium, epicardium)."""
    return float(np.nanmax(borders[0])), float(np.nanmax(borders[1]))


if __name__ == "__main__":
    sys.exit(main())
