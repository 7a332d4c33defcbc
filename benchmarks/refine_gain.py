"""What `cmrmap refine` gains on other subjects of the same reader, and costs on those of another one.

    .venv-train/bin/python benchmarks/refine_gain.py DIR -o WORK [--pixel-mm MM]

DIR holds subjects as for `cmrmap evaluate segmentation`, named READER_subjectN. The model is refined from each subject
alone, and from pairs of subjects of two readers, with the defaults of `cmrmap refine` and its two checks; each subject
that was not learned from is then drawn by the shipped and by the refined model. The refined weights are of no other
use: throw WORK away. What is there is not done again, so that a run which was stopped goes on.

Printed for each subject: mean Dice of wall and cavity over its images; by how much endocardium and epicardium lie
further out than the reader's along 24 rays (mean and SD, mm), and the share of rays more than 3 mm off; and, of native
T1 series, T1 of each slice by these outlines less T1 by the reader's (mean, SD and worst over slices, ms).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from cmrmap.core.arrays import Float64Array, LabelArray
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.evaluation.subjects import Subject, read_subjects, wall_dice
from cmrmap.pipeline import align, fit, refine
from cmrmap.pipeline.map_numbers import series_numbers
from cmrmap.pipeline.regions import locate
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network
from cmrmap.segmentation.shape import dice
from cmrmap.settings import AnalysisSettings
from cmrmap.training.clear_borders import OFF_MM, inside, radii_mm
from cmrmap.training.datasets import TrainingCase
from cmrmap.training.refinement import Refinement, refine_model

_KNOWN = (True, True, True, False)  # nobody outlined the right ventricle
_HEAD = "| subject | wall | cavity | endocardium mm | epicardium mm | rays off | T1 ms |"
_BETWEEN_SLICES_MM, _BETWEEN_SUBJECTS_MM = 10.0, 1000.0  # any numbers that keep them apart


def main() -> int:
    """Refine, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--pixel-mm", type=float, default=1.4, help="of subjects without DICOM (default: %(default)s)")
    options = parser.parse_args()
    found, _ = read_subjects(options.data, options.pixel_mm)
    subjects = {one.name: one for one in found if "_subject" in one.name}
    rows = [_row("shipped", (), subjects, options.output)]
    rows += [_row("one subject", (name,), subjects, options.output) for name in subjects]
    rows += [_row("one of each reader", pair, subjects, options.output) for pair in _pairs(list(subjects))]
    for row in rows:
        print(f"\n{row['from']}: {', '.join(row['learned']) or 'no refinement'}; {row['told']}\n")
        print(_HEAD + "\n" + "|---" * _HEAD.count(" | ") + "|---|")
        for name, one in row["subjects"].items():
            print(f"| {name} | {' | '.join(_words(one))} |")
    return 0


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Subjects of two readers with the same number, so that each subject is in one pair."""
    return [
        (one, other)
        for one, other in combinations(names, 2)
        if _reader(one) != _reader(other) and one.rpartition("_")[2] == other.rpartition("_")[2]
    ]


def _reader(name: str) -> str:
    return name.rpartition("_")[0]


def _row(what: str, learned: tuple[str, ...], subjects: dict[str, Subject], output: Path) -> dict[str, Any]:
    """Return what a model refined from some subjects makes of the others; kept in a file of its own."""
    folder = output / ("+".join(learned) or "shipped")
    kept = folder / "figures.json"
    if kept.is_file():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    model, told = find_model_folder(), "as shipped"
    started = time.monotonic()
    if learned:
        cases = [
            case for place, name in enumerate(learned) for case in _cases(subjects[name], place * _BETWEEN_SUBJECTS_MM)
        ]
        outcome = refine_model(cases, model, folder, Refinement("/".join(_reader(name) for name in learned)))
        (result,) = outcome.networks
        told = (
            f"{time.monotonic() - started:.0f} s, step {result.step}, held out {result.before:.3f} to "
            f"{result.after:.3f}, clear edges {outcome.borders}; {outcome.refused or 'accepted'}"
        )
        model = model if outcome.refused else folder / "model"
    network = load_network(model)
    row = {
        "from": what,
        "learned": learned,
        "told": told,
        "subjects": {name: _measured(one, network) for name, one in subjects.items() if name not in learned},
    }
    folder.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(row, indent=1) + "\n", encoding="utf-8")
    return row


def _cases(subject: Subject, first_mm: float) -> Iterable[TrainingCase]:
    """One case a slice; as if all were of one patient, so that slices are held out and no reader is."""
    for s, labels in enumerate(subject.masks):
        labelled = (labels > 0).any(axis=(1, 2))
        if labelled.any():
            yield TrainingCase(
                name=f"slice {s}",
                patient="any",
                kind=MapKind.NATIVE_T1,
                images=subject.images[s],
                labels=labels,
                known=labelled[:, None] & np.array(_KNOWN),
                pixel_spacing_mm=subject.geometry[s].pixel_spacing_mm,
                times_ms=np.full(len(labels), np.nan),
                position_mm=first_mm + _BETWEEN_SLICES_MM * s,
            )


def _measured(subject: Subject, network: Network) -> dict[str, Any]:
    masks = subject.masks
    drawn = np.stack([one.labels for one in subject.drawn_by(network)])
    overlap, errors = [], []
    for s, t in np.argwhere((masks > 0).any(axis=(2, 3))).tolist():
        ours, theirs = drawn[s, t], masks[s, t]
        overlap.append((wall_dice(ours, theirs), dice(ours == Label.CAVITY, theirs == Label.CAVITY)))
        errors.append(_border_errors(ours, theirs, subject.geometry[s].pixel_spacing_mm))
    borders = np.stack(errors)  # (image, endocardium or epicardium, ray)
    means = np.nanmean(overlap, axis=0)
    return {
        "wall": float(means[0]),
        "cavity": float(means[1]),
        "mean_mm": np.nanmean(borders, axis=(0, 2)).tolist(),
        "sd_mm": np.nanstd(borders, axis=(0, 2)).tolist(),
        "off": float((~(np.abs(borders) <= OFF_MM)).mean()),
        "t1_ms": None if subject.stack is None else _t1_differences(subject.stack, drawn, masks),
    }


def _border_errors(ours: LabelArray, theirs: LabelArray, spacing_mm: tuple[float, float]) -> Float64Array:
    """(endocardium or epicardium, ray) mm by which our border lies further out; NaN where either has none."""
    row, column = ndimage.center_of_mass(inside(theirs, Label.MYOCARDIUM))
    centre = (float(row), float(column))
    return np.stack(
        [
            radii_mm(inside(ours, label), centre, spacing_mm) - radii_mm(inside(theirs, label), centre, spacing_mm)
            for label in (Label.CAVITY, Label.MYOCARDIUM)
        ]
    )


def _t1_differences(stack: WeightedStack, drawn: LabelArray, masks: LabelArray) -> list[float | None]:
    ours, theirs = (_slice_t1(stack, labels) for labels in (drawn, masks))
    return [None if np.isnan(one) else float(one) for one in ours - theirs]


def _slice_t1(stack: WeightedStack, labels: LabelArray) -> Float64Array:
    """(slice,) mean T1, ms, by some outlines; NaN where a slice has none."""
    settings = AnalysisSettings.from_mapping({"quality": {"require_heart": False}})
    refined = refine((stack,), (SegmentationStack(stack.kind, labels, np.ones(labels.shape[:2])),), settings)
    (series,) = fit((stack,), refined, align((stack,), refined, settings), settings)
    return np.array([one.statistics.mean for one in series_numbers(series, locate(series)).result.slices])


def _words(one: dict[str, Any]) -> list[str]:
    mean, sd = one["mean_mm"], one["sd_mm"]
    words = [f"{one['wall']:.3f}", f"{one['cavity']:.3f}"]
    words += [f"{middle:+.1f} +- {spread:.1f}" for middle, spread in zip(mean, sd, strict=True)]
    words.append(f"{one['off']:.1%}")
    t1 = [value for value in one["t1_ms"] or () if value is not None]
    if not t1:
        return [*words, ""]
    worst = max(t1, key=abs)
    return [*words, f"{np.mean(t1):+.0f} +- {np.std(t1, ddof=1):.0f}, worst {worst:+.0f} ({len(t1)} slices)"]


if __name__ == "__main__":
    sys.exit(main())
