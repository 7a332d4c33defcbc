"""One study through the application's stages in this process, up to the tables."""

from __future__ import annotations

import functools
import io
import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cmrmap.cohort.studies import StudyFolder
from cmrmap.core.errors import InputError, SettingsError
from cmrmap.core.findings import Refusal
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import RefinedSegmentation, SegmentationStack
from cmrmap.core.stack import WeightedStack
from cmrmap.dicom.loading.loaded_study import LoadedStudy
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.reader import read_insertion_angles, read_masks
from cmrmap.phantom.truth_reading import read_truth_summary
from cmrmap.pipeline import (
    STAGES,
    MappedEcv,
    MappedSeries,
    RunContext,
    Stage,
    StageList,
    StudyMaps,
    report,
    run_stages,
)
from cmrmap.results import StudyResult
from cmrmap.run.bundle import OutputBundle, write_bundle
from cmrmap.run.defaults import preferences_of
from cmrmap.run.outcome import Outcome
from cmrmap.segmentation import Network, load_network
from cmrmap.settings import AnalysisSettings

LABELS_NAME = "labels.npz"
#: where the outlines come from: the network, the phantom's exact masks, the phantom's reader
SOURCES = ("network", "exact", "reader")
#: numerical libraries keep threads of their own; a worker with several threads analyses one study after the other
_ONE_AT_A_TIME = threading.Lock()
_HEADERS_TIMES = GivenTimes()


def analyse_study(
    study: StudyFolder,
    output: Path,
    model: Path,
    settings: AnalysisSettings,
    *,
    source: str = "network",
    hematocrit: Hematocrit | None = None,
    times: GivenTimes = _HEADERS_TIMES,
    outcome: Outcome,
) -> None:
    """Analyse one study and write results.json, segments.csv and labels.npz into ``output/results``.

    labels.npz holds for every series ``<kind>_labels`` (slice, time, row, column), the outlines that entered the fit,
    and ``<kind>_outcome`` (slice, time) of `ImageOutcome`.

    Parameters
    ----------
    source : of the outlines, one of ``SOURCES``; all but "network" need the truth of a phantom study
    times : that replace those of the headers
    outcome : told what was made

    Raises
    ------
    CmrmapError
        whatever the application would end with
    """
    with _ONE_AT_A_TIME:
        context = RunContext(
            settings=settings,
            preferences=preferences_of(settings, times),
            input_folder=study.images,
            network=cached_network(str(model)),
            hematocrit=hematocrit,
            outcome=outcome,
        )
        made = run_stages(_stages(study, source), context, until="results", log_level=logging.DEBUG)
    bundle = OutputBundle(made.one("results", StudyResult), ())
    labels = f"results/{LABELS_NAME}", _labels_file(made.several("refined", RefinedSegmentation))
    write_bundle(bundle, output, outcome, more=(labels,))


@functools.lru_cache(maxsize=2)
def cached_network(model: str) -> Network:
    """Load the network once a process."""
    return load_network(Path(model))


def _stages(study: StudyFolder, source: str) -> StageList:
    """Return the application's stages; for outlines of the phantom's truth, with those that read them."""
    if source == "network":
        return STAGES

    def segment(context: RunContext, loaded: LoadedStudy) -> tuple[SegmentationStack, ...]:
        return _outlines(study, loaded.stacks, source)

    stages = STAGES.replace(Stage("segment", ("loaded",), "segmentations", segment))
    if source != "reader":
        return stages

    def marked(
        context: RunContext, loaded: LoadedStudy, series: tuple[MappedSeries, ...], ecv: MappedEcv | Refusal
    ) -> StudyMaps:
        angles = _insertion_angles(study, loaded.stacks)
        return report(series, ecv, loaded.refusals, context.settings, insertion_angles=angles)

    return stages.replace(Stage("report", ("loaded", "series", "ecv"), "maps", marked))


def _outlines(study: StudyFolder, stacks: Sequence[WeightedStack], source: str) -> tuple[SegmentationStack, ...]:
    truth = _truth_folder(study, source)
    outlines = []
    for stack in stacks:
        labels = _of_slices(read_masks(truth, source, stack.kind), _slice_order(truth, stack))
        if labels.shape != stack.images.shape:
            raise InputError(
                f"the {source} masks of {stack.kind.value} have shape {labels.shape}, the images {stack.images.shape}"
            )
        confidence = np.where(stack.present, 1.0, np.nan).astype(np.float32)
        outlines.append(SegmentationStack(stack.kind, labels, confidence))
    return tuple(outlines)


def _insertion_angles(
    study: StudyFolder, stacks: Sequence[WeightedStack]
) -> Mapping[MapKind, Mapping[int, tuple[float, float]]]:
    """RV insertion points that the reader marked, by map and slice."""
    truth = _truth_folder(study, "reader")
    out = {}
    for stack in stacks:
        angles = _of_slices(read_insertion_angles(truth, stack.kind), _slice_order(truth, stack))
        out[stack.kind] = {index: (float(a), float(b)) for index, (a, b) in enumerate(angles)}
    return out


def _of_slices(values: npt.NDArray[Any], order: Sequence[int]) -> npt.NDArray[Any]:
    """Return values in the order of a stack's slices."""
    if max(order) >= len(values):
        raise InputError(f"the truth folder holds {len(values)} slices, its truth.json more; write the study again")
    ordered: npt.NDArray[Any] = values[np.array(order)]
    return ordered


def _truth_folder(study: StudyFolder, source: str) -> Path:
    if study.truth is None:
        raise SettingsError(
            f"study {study.name} has no truth folder; outlines '{source}' exist for phantom studies only"
        )
    return study.truth


def _slice_order(truth: Path, stack: WeightedStack) -> list[int]:
    """Index of the truth's slice at the place of each slice of the stack."""
    maps = read_truth_summary(truth, positions=True)["maps"]
    places = np.array([one["position_mm"] for one in next(iter(maps.values()))["slices"]])
    own = np.array([plane.position_mm for plane in stack.geometry])
    return [int(i) for i in np.linalg.norm(own[:, None] - places[None], axis=-1).argmin(axis=1)]


def _labels_file(refined: Sequence[RefinedSegmentation]) -> bytes:
    arrays = {}
    for one in refined:
        arrays[f"{one.kind.value}_labels"] = np.asarray(one.labels)
        arrays[f"{one.kind.value}_outcome"] = np.asarray(one.outcome)
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()
