"""Experiments 1-6 of Zhu 2020: five networks (training/transfer_learning.py) on patients that none was trained on."""

from __future__ import annotations

import dataclasses
import json
import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cmrmap.core.files import write_file
from cmrmap.core.map_specs import MapKind
from cmrmap.core.outlines import ImageOutcome, Label
from cmrmap.ecv.hematocrit import parse_hematocrit
from cmrmap.phantom.generate import PhantomStudy, generate_study
from cmrmap.pipeline import MappedSeries, align, extracellular_volume, fit, refine, report, segment
from cmrmap.results import MapResult
from cmrmap.segmentation import Network
from cmrmap.segmentation.shape import dice, largest_object
from cmrmap.settings import AnalysisSettings
from cmrmap.training.transfer_learning import TransferSettings, drawing_network, held_out_patients, train_networks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Experiment:
    """Which map is made, and the network that draws its T2-weighted or post-contrast T1-weighted images.

    The native images of ECV are drawn by N1 in every experiment: nothing else was trained for them.
    """

    kind: MapKind
    network: str

    @property
    def series(self) -> MapKind:
        """The series that the network draws."""
        return MapKind.T2 if self.kind is MapKind.T2 else MapKind.POSTCONTRAST_T1


EXPERIMENTS = {
    "Exp 1": Experiment(MapKind.T2, "N1"),
    "Exp 2": Experiment(MapKind.T2, "N2"),
    "Exp 3": Experiment(MapKind.T2, "N4"),
    "Exp 4": Experiment(MapKind.ECV, "N1"),
    "Exp 5": Experiment(MapKind.ECV, "N3"),
    "Exp 6": Experiment(MapKind.ECV, "N5"),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one experiment gave on one patient.

    Attributes
    ----------
    dice : of the wall on every image, largest object, before refinement, against the true mask
    n_images, n_refined : of the drawn series; those whose shape was replaced
    success : the paper's rule per patient
    n_slices, n_made : slices there are, and those that were mapped
    values : per "patient", "slice", "segment": measured and true means, in the map's unit, of what was made
    """

    dice: tuple[float, ...]
    n_images: int
    n_refined: int
    success: bool
    n_slices: int
    n_made: int
    values: Mapping[str, tuple[tuple[float, float], ...]]


def run_transfer(
    settings: TransferSettings, folder: Path, model: Path, n_patients: int
) -> dict[str, tuple[Outcome, ...]]:
    """Train the networks and run the experiments, or go on where that stopped.

    Writes ``folder``/networks (checkpoints and logs) and ``folder``/patients (one file a patient).

    Parameters
    ----------
    model : folder of the shipped model, whose network finds the heart
    n_patients : to evaluate on

    Returns
    -------
    per experiment, one outcome a patient
    """
    checkpoints = train_networks(settings, folder / "networks")
    networks = {name: drawing_network(path, model) for name, path in checkpoints.items()}
    outcomes: dict[str, list[Outcome]] = {name: [] for name in EXPERIMENTS}
    started, n_new = time.monotonic(), 0
    for number, drawn in enumerate(held_out_patients(n_patients, settings), start=1):
        path = folder / "patients" / f"{number:04d}.json"
        if path.is_file():
            content = json.loads(path.read_text(encoding="utf-8"))
            found = {name: Outcome(**content[name]) for name in EXPERIMENTS}
        else:
            found = evaluate_patient(generate_study(drawn), networks)
            plain = {name: dataclasses.asdict(outcome) for name, outcome in found.items()}
            write_file(path, (json.dumps(plain) + "\n").encode())
            n_new += 1
            minutes = (time.monotonic() - started) / n_new * (n_patients - number) / 60
            logger.info("patient %d of %d, about %.1f min left", number, n_patients, minutes)
        for name, outcome in found.items():
            outcomes[name].append(outcome)
    return {name: tuple(all_) for name, all_ in outcomes.items()}


def evaluate_patient(study: PhantomStudy, networks: Mapping[str, Network]) -> dict[str, Outcome]:
    """Run all experiments on one patient, whose stages are the application's own."""
    settings = AnalysisSettings()
    native, _ = _map(study, MapKind.NATIVE_T1, networks["N1"], settings)
    hematocrit = parse_hematocrit(study.truth.hematocrit, "the phantom's truth")
    found = {}
    for name, experiment in EXPERIMENTS.items():
        mapped, overlaps = _map(study, experiment.series, networks[experiment.network], settings)
        series = (mapped,) if experiment.kind is MapKind.T2 else (native, mapped)
        analysis = report(series, extracellular_volume(series, hematocrit, settings), (), settings)
        result = next(one for one in analysis.maps if one.kind is experiment.kind)
        outcome = mapped.refined.outcome
        found[name] = Outcome(
            dice=overlaps,
            n_images=int(np.count_nonzero(outcome != ImageOutcome.MISSING)),
            n_refined=int(np.count_nonzero(outcome == ImageOutcome.REPLACED)),
            success=result.success,
            n_slices=len(study.truth.levels),
            n_made=sum(one.status == "ok" for one in result.slices),
            values=_values(result, study),
        )
    return found


def _map(
    study: PhantomStudy, kind: MapKind, network: Network, settings: AnalysisSettings
) -> tuple[MappedSeries, tuple[float, ...]]:
    """One series to its map, and the Dice of every image."""
    truth = study[kind]
    stacks = (truth.stack,)
    drawn = segment(stacks, network)
    refined = refine(stacks, drawn, settings)
    (mapped,) = fit(stacks, refined, align(stacks, refined, settings), settings)
    overlaps = tuple(
        dice(largest_object(one == Label.MYOCARDIUM), true == Label.MYOCARDIUM)
        for one_slice, true_slice in zip(drawn[0].labels, truth.labels, strict=True)
        for one, true in zip(one_slice, true_slice, strict=True)
    )
    return mapped, overlaps


def _values(result: MapResult, study: PhantomStudy) -> dict[str, tuple[tuple[float, float], ...]]:
    truth, kind = study.truth, result.kind
    made = [one for one in result.slices if one.status == "ok"]
    pairs = {
        "patient": [(result.patient.mean, truth.patient_mean(kind))] if result.success else [],
        "slice": [(one.statistics.mean, truth.slice_mean(kind, one.slice_index)) for one in made],
        "segment": [
            (segment.statistics.mean, truth.segment_mean(kind, one.slice_index, segment.aha))
            for one in made
            for segment in one.segments
        ],
    }
    return {
        scope: tuple((float(a), float(b)) for a, b in values if math.isfinite(a) and math.isfinite(b))
        for scope, values in pairs.items()
    }


def as_json(outcomes: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """Return the outcomes as plain values."""
    return {name: [dataclasses.asdict(one) for one in several] for name, several in outcomes.items()}
