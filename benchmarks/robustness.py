"""What other scanners and sites might send: Dice of the wall on changed images, and how many walls miss the heart.

``python benchmarks/robustness.py FOLDER [--model DIR] [--pixel-mm 1.4]``: ``FOLDER/<subject>`` as for ``cmrmap evaluate
segmentation``. Each line changes the images of every subject in one way and draws them anew, the slices of a subject
together and, with ``--apart``, each by itself. The subjects are only read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy import ndimage

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.arrays import FloatArray, LabelArray
from cmrmap.core.errors import InputError
from cmrmap.core.geometry import SliceGeometry
from cmrmap.evaluation.subjects import read_subjects, wall_dice
from cmrmap.segmentation import Network, load_network, predict_slice, predict_slices

ROOT = Path(__file__).resolve().parents[1]
MISSED = 0.5  # Dice below which a wall hardly lies on the heart

#: images and masks (slice, image, row, column), pixel spacing (mm)
Subject = tuple[FloatArray, LabelArray, tuple[float, float]]
Change = Callable[[Subject], Subject]


def _grey(power: float) -> Change:
    def change(subject: Subject) -> Subject:
        images, masks, spacing = subject
        low, high = images.min((-2, -1), keepdims=True), images.max((-2, -1), keepdims=True)
        return ((images - low) / (high - low)) ** power, masks, spacing

    return change


def _noisy(subject: Subject) -> Subject:
    """Rician noise of a quarter of the images' SD."""
    images, masks, spacing = subject
    noise = np.random.default_rng(0).normal(0, 0.25 * images.std(), (2, *images.shape))
    return np.hypot(images + noise[0], noise[1]).astype(np.float32), masks, spacing


def _shaded(subject: Subject) -> Subject:
    """Coils of which one side gets eleven times the other's signal."""
    images, masks, spacing = subject
    return images * np.exp(np.linspace(-1.2, 1.2, images.shape[-2], dtype=np.float32))[:, None], masks, spacing


def _small_field(field_mm: float) -> Change:
    """Field of view of this size, the heart a sixth of it off its middle towards a corner."""

    def change(subject: Subject) -> Subject:
        images, masks, spacing = subject
        heart = ndimage.center_of_mass((masks > 0).any((0, 1)))
        cuts = []
        for middle, step, count in zip(heart, spacing, images.shape[-2:], strict=True):
            begin = middle + (1 / 6 - 1 / 2) * field_mm / step
            cuts.append(slice(max(0, round(begin)), min(count, round(begin + field_mm / step))))
        return images[..., cuts[0], cuts[1]], masks[..., cuts[0], cuts[1]], spacing

    return change


def _coarse_pixels(subject: Subject) -> Subject:
    """Pixels 1.6 times as long."""
    images, masks, spacing = subject
    blurred = ndimage.gaussian_filter(images, (0, 0, 0.55, 0.55))
    small = ndimage.zoom(blurred, (1, 1, 0.625, 0.625), order=3, grid_mode=True, mode="nearest")
    factors = [before / after for before, after in zip(images.shape[-2:], small.shape[-2:], strict=True)]
    nearest = ndimage.zoom(masks, (1, 1, 0.625, 0.625), order=0, grid_mode=True, mode="nearest")
    return small, nearest, (spacing[0] * factors[0], spacing[1] * factors[1])


def _turned(subject: Subject) -> Subject:
    images, masks, spacing = subject
    return np.rot90(images, 1, (-2, -1)).copy(), np.rot90(masks, 1, (-2, -1)).copy(), (spacing[1], spacing[0])


def _mirrored(subject: Subject) -> Subject:
    return subject[0][..., ::-1].copy(), subject[1][..., ::-1].copy(), subject[2]


def _images(chosen: slice | list[int]) -> Change:
    return lambda subject: (subject[0][:, chosen], subject[1][:, chosen], subject[2])


def _spacing(factor: float) -> Change:
    return lambda subject: (subject[0], subject[1], (subject[2][0] * factor, subject[2][1] * factor))


CHANGES: dict[str, Change] = {
    "as they are": lambda subject: subject,
    "turned by 90 degrees": _turned,
    "mirrored": _mirrored,
    "grey to the power of 0.4": _grey(0.4),
    "grey to the power of 0.6": _grey(0.6),
    "grey to the power of 1.6": _grey(1.6),
    "noise": _noisy,
    "shaded by the coils": _shaded,
    "pixels 1.6 times as long": _coarse_pixels,
    "pixel size told 15 % too large": _spacing(1.15),
    "pixel size told 15 % too small": _spacing(0.85),
    "field of view of 190 mm": _small_field(190.0),
    "field of view of 160 mm": _small_field(160.0),
    "the last five images only": _images(slice(-5, None)),
    "three images only": _images([0, 4, -1]),
}


def overlaps(subject: Subject, network: Network, together: bool) -> np.ndarray:
    """(image,) Dice of the wall."""
    images, masks, spacing = subject
    if together:
        plane = SliceGeometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), spacing)
        drawn = predict_slices(images, [plane] * len(images), network)
    else:
        drawn = tuple(predict_slice(stack, spacing, network) for stack in images)
    return np.array(
        [
            wall_dice(found, true)
            for prediction, truth in zip(drawn, masks, strict=True)
            for found, true in zip(prediction.labels, truth, strict=True)
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=next((ROOT / "models").glob("*/model.json")).parent)
    parser.add_argument("--pixel-mm", type=float, default=1.4)
    parser.add_argument("--apart", action="store_true", help="each slice by itself")
    options = parser.parse_args()
    try:
        given, _ = read_subjects(options.folder, options.pixel_mm)
    except InputError as error:
        sys.exit(str(error))
    shipped = load_network(options.model)
    subjects = [
        (np.asarray(one.images, dtype=np.float32), one.masks, one.geometry[0].pixel_spacing_mm) for one in given
    ]
    print("| images | " + " | ".join(one.name for one in given) + " |")
    print("|---" * (1 + len(given)) + "|")
    for name, change in CHANGES.items():
        found = [overlaps(change(subject), shipped, not options.apart) for subject in subjects]
        cells = [f"{one.mean():.2f} ({np.count_nonzero(one < MISSED)} of {len(one)})" for one in found]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
