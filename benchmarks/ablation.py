"""What each step of the drawing is worth: mean Dice of the wall without it, by the contrast of blood and wall.

``python benchmarks/ablation.py FOLDER [--model DIR] [--pixel-mm 1.4]``: ``FOLDER/<subject>`` as for ``cmrmap evaluate
segmentation``. Contrast is measured in each image with the reference's masks: the difference of the median greys of
blood and wall over their spread (median absolute deviation, as an SD). The subjects are only read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from unittest import mock

import numpy as np
import numpy.typing as npt
import torch
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cmrmap.core.errors import InputError
from cmrmap.core.outlines import Label
from cmrmap.evaluation.subjects import Subject, read_subjects, wall_dice
from cmrmap.segmentation import Network, load_network, predict_slice

ROOT = Path(__file__).resolve().parents[1]
GROUPS = {"none": (0.0, 1.5), "some": (1.5, 4.0), "clear": (4.0, np.inf)}
_DRAW, _PREDICT, _RING = (f"cmrmap.segmentation.{name}" for name in ("draw", "predict", "ring"))


def _pixelwise(probabilities: npt.NDArray[np.floating], *_: object) -> list[None]:
    return [None] * len(probabilities)


def _stay(fine: torch.Tensor, crops: Sequence[object], *_: object) -> list[object]:
    return list(crops)


def _no_shift(images: npt.NDArray[np.floating], *_: object) -> npt.NDArray[np.float64]:
    return np.zeros((len(images), 2))


def _nobody(correlation: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    return np.zeros(len(correlation), dtype=np.bool_)


def _as_they_are(rings: Sequence[object], _: object) -> list[object]:
    return list(rings)


#: what is left out -> the attributes that are replaced
VARIANTS: dict[str, dict[str, object]] = {
    "everything": {},
    "agreement of the rings": {f"{_PREDICT}.agree": _as_they_are},
    "caution at the epicardium": {f"{_RING}._CAUTION": 0.0},
    "an image's own grey": {f"{_RING}._EVIDENCE": 0.0},
    "the other images' grey": {f"{_RING}._OTHERS_EVIDENCE": 0.0},
    "the slice's shape as prior": {f"{_RING}._PRIOR_COST": 0.0},
    "rings (pixel by pixel)": {f"{_PREDICT}.find_rings": _pixelwise, f"{_PREDICT}.agree": _as_they_are},
    "places by regions": {f"{_DRAW}.match_regions": _no_shift},
    "setting other moments apart": {f"{_DRAW}._misleading": _nobody},
    "following the heart": {f"{_DRAW}._follow": _stay, f"{_DRAW}.match_regions": _no_shift},
}


def contrast(image: npt.NDArray[np.floating], mask: npt.NDArray[np.uint8]) -> float:
    """Return the absolute difference of blood's and wall's median grey over their spread."""
    greys = [image[mask == label].astype(np.float64) for label in (Label.MYOCARDIUM, Label.CAVITY)]
    spreads = [float(stats.median_abs_deviation(grey, scale="normal")) for grey in greys]
    return abs(float(np.median(greys[1]) - np.median(greys[0]))) / max(float(np.hypot(*spreads)) / np.sqrt(2), 1e-9)


def overlaps(subjects: Sequence[Subject], network: Network, alone: bool = False) -> list[np.ndarray]:
    """(image, 2) contrast and wall Dice, one array a subject; ``alone``: every image drawn without the others."""
    out = []
    for subject in subjects:
        rows = []
        for stack, plane, truth in zip(subject.images, subject.geometry, subject.masks, strict=True):
            spacing = plane.pixel_spacing_mm
            if alone:
                labels = np.concatenate([predict_slice(one[None], spacing, network).labels for one in stack])
            else:
                labels = predict_slice(stack, spacing, network).labels
            for image, found, true in zip(stack, labels, truth, strict=True):
                rows.append((contrast(image, true), wall_dice(found, true)))
        out.append(np.array(rows))
    return out


def table(subjects: Sequence[Subject], network: Network, tell: Callable[[str], None]) -> None:
    """Print one line a variant: the groups of contrast over all subjects, then each subject."""
    tell("| left out | " + " | ".join([*(f"{g} contrast" for g in GROUPS), *(one.name for one in subjects)]) + " |")
    tell("|---" * (1 + len(GROUPS) + len(subjects)) + "|")
    for name in (*VARIANTS, "the other images"):
        with ExitStack() as stack:
            for target, value in VARIANTS.get(name, {}).items():
                stack.enter_context(mock.patch(target, value))
            found = overlaps(subjects, network, alone=name == "the other images")
        pooled = np.concatenate(found)
        groups = [pooled[(pooled[:, 0] >= low) & (pooled[:, 0] < high), 1] for low, high in GROUPS.values()]
        cells = [f"{group.mean():.3f} ({len(group)})" if len(group) else "-" for group in groups]
        cells += [f"{one[:, 1].mean():.3f}" for one in found]
        tell(f"| {'nothing' if name == 'everything' else name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, default=next((ROOT / "models").glob("*/model.json")).parent)
    parser.add_argument("--pixel-mm", type=float, default=1.4)
    options = parser.parse_args()
    try:
        given, _ = read_subjects(options.folder, options.pixel_mm)
    except InputError as error:
        sys.exit(str(error))
    table(given, load_network(options.model), lambda line: print(line, flush=True))
