"""Counterparts of the paper's Figures 2, 3 and 6: outlines on weighted images, maps, and the cases that went wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cmrmap.core.arrays import BoolArray, FloatArray, LabelArray
from cmrmap.core.map_specs import ACQUIRED, MapKind
from cmrmap.core.outlines import Label, SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.evaluation.experiment import MapEvaluation
from cmrmap.evaluation.figures import to_svg
from cmrmap.evaluation.reference import read_labels
from cmrmap.pipeline import STAGES, RunContext, StudyMaps, run_stages
from cmrmap.pipeline.stages import load_folder
from cmrmap.run.hematocrit_sources import find_hematocrit

_MARGIN_PX = 26
_COLUMNS = 6
_WORST = 6
_RANGE = {MapKind.T2: (30.0, 80.0), MapKind.ECV: (15.0, 50.0)}


@dataclass(frozen=True, slots=True)
class ExampleStudy:
    """A study's images and the outlines that were analysed."""

    name: str
    images: Path
    stacks: tuple[WeightedStack, ...]
    labels: dict[MapKind, LabelArray]

    def stack(self, kind: MapKind) -> WeightedStack | None:
        """Return the series of a map, if it has outlines."""
        return next((one for one in self.stacks if one.kind is kind and kind in self.labels), None)


def load_example(studies: Path, results: Path, name: str) -> ExampleStudy | None:
    """Load a study of a cohort beside its outlines; None where one of them is not there."""
    folder = studies / name / "dicom" if (studies / name / "dicom").is_dir() else studies / name
    path = results / "studies" / name / "results" / "labels.npz"
    if not folder.is_dir() or not path.is_file():
        return None
    stacks = load_folder(folder)[2].stacks
    found = {stack.kind: read_labels(path, stack.kind) for stack in stacks}
    labels = {kind: one for kind, one in found.items() if one is not None}
    return ExampleStudy(name, folder, tuple(stacks), labels)


def outlines_figure(example: ExampleStudy) -> bytes:
    """Figure 2: one slice of each series at times from short to long, with the outline."""
    kinds = [kind for kind in ACQUIRED if example.stack(kind) is not None]
    figure = Figure(figsize=(2 * _COLUMNS, 2.1 * max(1, len(kinds))), layout="constrained")
    axes = figure.subplots(max(1, len(kinds)), _COLUMNS, squeeze=False)
    for row, kind in enumerate(kinds):
        stack = example.stack(kind)
        assert stack is not None
        index = stack.images.shape[0] // 2
        times = np.unique(np.linspace(0, stack.images.shape[1] - 1, _COLUMNS).astype(int))
        for axis, time in zip(axes[row], times, strict=False):
            _outlined(axis, stack.images[index, time], example.labels[kind][index, time])
            axis.set_title(f"{kind.spec.name}, {stack.times_ms[index, time]:.0f} ms", fontsize=8)
    for axis in axes.ravel():
        axis.axis("off")
    return to_svg(figure)


def maps_figure(example: ExampleStudy) -> bytes:
    """Figure 3: T2 and ECV of every slice, the whole wall and what is left after pruning."""
    volumes = {one.kind: one for one in _analyse(example).volumes}
    kinds = [kind for kind in _RANGE if kind in volumes]
    n_slices = max((len(volumes[kind].geometry) for kind in kinds), default=1)
    figure = Figure(figsize=(2 * n_slices + 0.6, 4.2 * max(1, len(kinds))), layout="constrained")
    axes = figure.subplots(2 * max(1, len(kinds)), n_slices, squeeze=False)
    for number, kind in enumerate(kinds):
        volume = volumes[kind]
        for index in range(len(volume.geometry)):
            box = _box(volume.myocardium[index])
            kept = np.where(volume.aha[index] > 0, volume.values[index], np.nan)
            for row, values in ((2 * number, volume.values[index]), (2 * number + 1, kept)):
                shown = axes[row, index].imshow(values[box], vmin=_RANGE[kind][0], vmax=_RANGE[kind][1], cmap="turbo")
        rows = axes[2 * number : 2 * number + 2]
        rows[0, 0].set_title(f"{kind.value}, whole wall", fontsize=8, loc="left")
        rows[1, 0].set_title("after pruning", fontsize=8, loc="left")
        figure.colorbar(shown, ax=list(rows.ravel()), label=f"{kind.value}, {kind.unit}", shrink=0.7)
    for axis in axes.ravel():
        axis.axis("off")
    return to_svg(figure)


def failures_figure(studies: Path, results: Path, evaluations: tuple[MapEvaluation, ...]) -> bytes | None:
    """Figure 6: the slices with the largest errors of each map, with the outline and whether they had a warning.

    None where there are none.
    """
    cases: list[tuple[MapKind, Any]] = []
    for one in evaluations:
        table = one.scopes["slice"].pairs.table
        error = (table["automatic"] - table["reference"]).abs()
        cases += [(one.kind, table.loc[number]) for number in error.sort_values(ascending=False).index[:_WORST]]
    if not cases:
        return None
    figure = Figure(figsize=(2.1 * _WORST, 2.4 * len(evaluations)), layout="constrained")
    axes = figure.subplots(len(evaluations), _WORST, squeeze=False)
    with mpl.rc_context({"font.size": 8.0}):
        for row, evaluation in enumerate(evaluations):
            mine = [case for kind, case in cases if kind is evaluation.kind]
            for axis, case in zip(axes[row], mine, strict=False):
                example = load_example(studies, results, case["study"])
                kind = MapKind.NATIVE_T1 if evaluation.kind is MapKind.ECV else evaluation.kind
                stack = None if example is None else example.stack(kind)
                if example is None or stack is None:
                    continue
                index, time = int(case["slice_index"]), 0 if kind is MapKind.T2 else stack.images.shape[1] - 1
                _outlined(axis, stack.images[index, time], example.labels[kind][index, time])
                level = case["level"] if isinstance(case["level"], str) else ""
                axis.set_title(
                    f"{evaluation.kind.value} {case['study']} {level}\n{case['automatic']:.1f}, reference "
                    f"{case['reference']:.1f} {evaluation.kind.unit}\n{_told(case['warnings'])}"
                )
    for axis in axes.ravel():
        axis.axis("off")
    return to_svg(figure)


def _told(warnings: Any) -> str:
    """Whether a user was told that the slice's value is doubtful."""
    if pd.isna(warnings):
        return ""
    return "with a warning" if warnings else "without a warning"


def _analyse(example: ExampleStudy) -> StudyMaps:
    stacks = tuple(stack for stack in example.stacks if stack.kind in example.labels)
    outlines = tuple(
        SegmentationStack(s.kind, example.labels[s.kind], np.ones(s.images.shape[:2], dtype=np.float32)) for s in stacks
    )
    given = {
        "loaded": LoadedStudy(stacks, (), ()),
        "segmentations": outlines,
        "hematocrit": find_hematocrit(example.images, ()),
    }
    return run_stages(STAGES, RunContext(), given=given, until="maps", log_level=logging.DEBUG).one("maps", StudyMaps)


def _outlined(axis: Axes, image: FloatArray, labels: LabelArray) -> None:
    box = _box(np.asarray(labels > 0, dtype=np.bool_)) if labels.any() else (slice(60, 200), slice(60, 200))
    values = image[box]
    axis.imshow(values, cmap="gray", vmin=0, vmax=float(np.percentile(values, 98.5)) or 1.0)
    wall = labels[box] == Label.MYOCARDIUM
    if wall.any():
        axis.contour(wall, [0.5], colors="#ff4040", linewidths=0.9)


def _box(mask: BoolArray) -> tuple[slice, slice]:
    rows, columns = np.nonzero(mask)
    if not rows.size:
        return slice(60, 200), slice(60, 200)
    return (
        slice(max(0, int(rows.min()) - _MARGIN_PX), int(rows.max()) + _MARGIN_PX),
        slice(max(0, int(columns.min()) - _MARGIN_PX), int(columns.max()) + _MARGIN_PX),
    )
