"""One study through the application's chain in this process: the same calls as the operators, tables only."""

from __future__ import annotations

import functools
import io
import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.cohort.studies import StudyFolder
from cmrmap.core.errors import InputError
from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import RefinedSegmentation, SegmentationStack
from cmrmap.core.provenance import SoftwareProvenance
from cmrmap.core.stack import WeightedStack
from cmrmap.core.version import VERSION
from cmrmap.dicom.headers.read import read_study
from cmrmap.dicom.headers.study_identity import patient_identifiers
from cmrmap.dicom.loading.loaded_study import load_study
from cmrmap.dicom.selection.given_times import GivenTimes
from cmrmap.dicom.selection.preferences import SelectionPreferences
from cmrmap.dicom.selection.select import select_series
from cmrmap.ecv.hematocrit import Hematocrit
from cmrmap.phantom.reader import READER_NAME, read_masks
from cmrmap.pipeline import align, extracellular_volume, fit, refine, report, segment
from cmrmap.pipeline.summary import summarise
from cmrmap.run.bundle import OutputBundle, write_bundle
from cmrmap.run.hematocrit_sources import find_hematocrit
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
        network = cached_network(str(model))
        images = read_study(study.images)
        chosen = settings.selection
        preferences = SelectionPreferences(
            motion_corrected=chosen.motion_corrected, series=chosen.series_by_kind, times=times
        )
        selection = select_series(images, preferences)
        loaded = load_study(images, selection, settings.models.by_kind)
        known = patient_identifiers(images)
        value = find_hematocrit(study.images, known, given=hematocrit, configured=settings.hematocrit.value)
        outlines = _outlines(study, loaded.stacks, network, source)
        refined = refine(loaded.stacks, outlines, settings)
        polar = align(loaded.stacks, refined, settings)
        series = fit(loaded.stacks, refined, polar, settings)
        ecv = extracellular_volume(series, value, settings)
        angles = _insertion_angles(study, loaded.stacks) if source == "reader" else None
        analysis = report(series, ecv, loaded.refusals, settings, insertion_angles=angles)
    provenance = SoftwareProvenance(VERSION, network.weights_sha256, settings.sha256)
    bundle = OutputBundle(summarise(images, selection, loaded, analysis, provenance), ())
    write_file(output / "results" / LABELS_NAME, _labels_file(refined))
    write_bundle(bundle, output)
    outcome.report(bundle.verdicts, bundle.n_skipped)


@functools.lru_cache(maxsize=2)
def cached_network(model: str) -> Network:
    """Load the network once a process."""
    return load_network(Path(model))


def _outlines(
    study: StudyFolder, stacks: Sequence[WeightedStack], network: Network, source: str
) -> tuple[SegmentationStack, ...]:
    if source == "network":
        return segment(stacks, network)
    truth = _truth_folder(study, source)
    outlines = []
    for stack in stacks:
        labels = read_masks(truth, source, stack.kind)[_slice_order(truth, stack)]
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
    with np.load(truth / READER_NAME) as arrays:
        for stack in stacks:
            angles = arrays[f"{stack.kind.value}_insertion_angles"][_slice_order(truth, stack)]
            out[stack.kind] = {index: (float(a), float(b)) for index, (a, b) in enumerate(angles)}
    return out


def _truth_folder(study: StudyFolder, source: str) -> Path:
    if study.truth is None:
        raise InputError(f"study {study.name} has no truth folder; outlines '{source}' exist for phantom studies only")
    return study.truth


def _slice_order(truth: Path, stack: WeightedStack) -> list[int]:
    """Index of the truth's slice at the place of each slice of the stack."""
    document: dict[str, Any] = json.loads((truth / "truth.json").read_text(encoding="utf-8"))
    places = np.array([one["position_mm"] for one in next(iter(document["maps"].values()))["slices"]])
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
