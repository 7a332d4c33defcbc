"""What `cmrmap refine` gains on other subjects of the same reader, and costs on those of another one.

    .venv-train/bin/python benchmarks/refine_gain.py DIR -o WORK [--pixel-mm MM]

DIR holds subjects as for `cmrmap evaluate segmentation`, named READER_subjectN. The model is refined from each subject
alone, from all but one, and from pairs of subjects of two readers, with the defaults of `cmrmap refine` and its two
checks; each subject that was not learned from is then drawn by the shipped and by the refined model. The
weights are of no other use: throw WORK away. What is there is not done again, so that a run which was stopped goes on.

Printed for each subject, as `cmrmap evaluate segmentation` measures it: mean Dice of wall and cavity over its images;
by how much endocardium and epicardium lie further out than the reader's along 24 rays (mean and SD, mm); how many clear
rays, and slices with one, are more than 3 mm off; and, of native T1 series, T1 of each slice by these outlines less T1
by the reader's (mean, SD and worst over slices, ms).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.core.map_specs import MapKind
from cmrmap.evaluation.border_summary import border_summary
from cmrmap.evaluation.plain import plain
from cmrmap.evaluation.subject_figures import SubjectValues, subject_figures
from cmrmap.evaluation.subjects import Subject, read_subjects
from cmrmap.run.shipped_model import find_model_folder
from cmrmap.segmentation import Network, load_network
from cmrmap.training.datasets import TrainingCase
from cmrmap.training.refinement import Refinement, refine_model

_KNOWN = (True, True, True, False)  # nobody outlined the right ventricle
_HEAD = "| subject | wall | cavity | endocardium mm | epicardium mm | clear rays off | slices | T1 ms |"
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
    for what, learned in _experiments(list(subjects)):
        row = _row(what, learned, subjects, options.output)
        print(f"\n{row['from']}: {', '.join(row['learned']) or 'no refinement'}; {row['told']}\n")
        print(_HEAD + "\n" + "|---" * _HEAD.count(" | ") + "|---|")
        for name, one in row["subjects"].items():
            print(f"| {name} | {' | '.join(_words(one))} |", flush=True)
    return 0


def _experiments(names: Sequence[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what is refined from which subjects: one of them, and all but another one of its reader, in turn."""
    yield "shipped", ()
    for name in reversed(names):
        yield "one subject", (name,)
        if len(names) > 2:
            others = [other for other in names if other != name]
            left = next((other for other in others if _reader(other) == _reader(name)), others[0])
            yield "all but one", tuple(other for other in names if other != left)
    yield from (("one of each reader", pair) for pair in _pairs(names))


def _pairs(names: Sequence[str]) -> list[tuple[str, str]]:
    """Subjects of two readers with the same number, so that each subject is in one pair."""
    return [
        (one, other)
        for one, other in combinations(names, 2)
        if _reader(one) != _reader(other) and one.rpartition("_")[2] == other.rpartition("_")[2]
    ]


def _reader(name: str) -> str:
    return name.rpartition("_")[0]


def _whose(learned: Sequence[str]) -> str:
    """Return a convention's name of the readers, each once, within the 24 characters that it may have."""
    return "/".join(dict.fromkeys(_reader(name) for name in learned))[:24]


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
        outcome = refine_model(cases, model, folder, Refinement(_whose(learned)))
        (result,) = outcome.networks
        told = (
            f"{time.monotonic() - started:.0f} s, step {result.step}, held out {result.before:.3f} to "
            f"{result.after:.3f}; {outcome.refused or 'accepted'}"
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
    found = subject_figures(subject, network)
    borders = np.stack([one.ours.error_mm for one in found.slices])  # (slice, endocardium or epicardium, ray)
    off = border_summary([(one.sectors, one.ours) for one in found.slices])
    values = found.values
    return {
        "wall": float(np.nanmean(found.overlap.wall_dice)),
        "cavity": float(np.nanmean(found.overlap.cavity_dice)),
        "mean_mm": np.nanmean(borders, axis=(0, 2)).tolist(),
        "sd_mm": np.nanstd(borders, axis=(0, 2)).tolist(),
        "off": [off.rays_off.count, off.rays_off.total],
        "slices_off": [off.slices_off.count, off.slices_off.total],
        "t1_ms": None if values is None else plain(SubjectValues.slice_errors(values.ours, values.reader)),
    }


def _words(one: dict[str, Any]) -> list[str]:
    mean, sd = one["mean_mm"], one["sd_mm"]
    words = [f"{one['wall']:.3f}", f"{one['cavity']:.3f}"]
    words += [f"{middle:+.1f} +- {spread:.1f}" for middle, spread in zip(mean, sd, strict=True)]
    words += ["/".join(map(str, one[name])) for name in ("off", "slices_off")]
    t1 = [value for value in one["t1_ms"] or () if value is not None]
    if not t1:
        return [*words, ""]
    worst = max(t1, key=abs)
    return [*words, f"{np.mean(t1):+.0f} +- {np.std(t1, ddof=1):.0f}, worst {worst:+.0f} ({len(t1)} slices)"]


if __name__ == "__main__":
    sys.exit(main())
