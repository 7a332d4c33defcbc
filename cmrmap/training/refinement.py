"""A site refines the shipped weights with its own cases: the same network, its training gone on with."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from cmrmap.core.errors import InputError
from cmrmap.core.version import VERSION
from cmrmap.run.software import source_commit
from cmrmap.segmentation.model_folder import CARD_NAME, NETWORKS, load_network, save_network
from cmrmap.segmentation.network import StackUNet, network_from
from cmrmap.training.case_loop import CaseTraining, train_on_cases
from cmrmap.training.datasets import TrainingCase, split_by_patient
from cmrmap.training.datasets.dicom_folder import read_dicom_cases
from cmrmap.training.datasets.phantom import TRUTH, read_phantom_cases
from cmrmap.training.datasets.t1_dataset import read_t1_dataset
from cmrmap.training.windows import WINDOWS, cut_windows

logger = logging.getLogger(__name__)

_DROPOUT = 0.05
#: what a card says of the weights it belongs to, and no longer of refined ones
_NO_LONGER_TRUE = ("measured", "weights")


@dataclass(frozen=True, slots=True)
class Refinement:
    """How a model is refined.

    Attributes
    ----------
    steps : of 18 images, for each network
    learning_rate : a third of that of a training from scratch, so that what was learned is not lost at once
    held_out : share of the patients on whom the weights are measured and chosen, 0 to below 1
    networks : "fine" draws the heart; "coarse" finds it, which seldom needs refining
    seed : draws the split, the order of the cases and the augmentation
    """

    steps: int = 400
    learning_rate: float = 3e-4
    held_out: float = 0.2
    networks: tuple[str, ...] = ("fine",)
    seed: int = 0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.networks) - set(NETWORKS))
        if unknown or not self.networks:
            raise InputError(f"networks is {self.networks}; expected one or both of {NETWORKS}")


@dataclass(frozen=True, slots=True)
class RefinedNetwork:
    """What refining one network gave on the held-out cases; None where no patient could be held out.

    Attributes
    ----------
    before, after : mean Dice of the wall over the held-out images, of the cavity where no wall is labelled
    step : whose weights were kept; 0: the weights that it started from, which none did better than
    """

    name: str
    step: int
    before: float | None
    after: float | None


def read_cases(data: Path) -> tuple[TrainingCase, ...]:
    """Read cases from a MATLAB file, a folder of phantom studies, or one of DICOM studies with segmentations."""
    if data.suffix.lower() == ".mat":
        return read_t1_dataset(data)
    if data.is_dir() and next(data.glob(f"**/{TRUTH}"), None) is not None:
        return read_phantom_cases(data)
    return read_dicom_cases(data)


def refine_model(
    cases: Sequence[TrainingCase], model: Path, folder: Path, settings: Refinement
) -> tuple[RefinedNetwork, ...]:
    """Refine a model on cases and write the refined one as ``folder``/model.

    A refinement that was killed goes on where it stopped. The weights kept are those with the highest Dice on the
    held-out patients, the ones it started from included: it cannot end worse there than it began.

    Parameters
    ----------
    cases : of at least one patient; with one patient nothing is held out and the last weights are kept
    model : folder of the model to start from
    folder : for checkpoints, logs and the model

    Raises
    ------
    InputError
        no cases, or the folder belongs to another refinement
    ModelError
        the model cannot be loaded
    """
    start = load_network(model)
    training, held_out = split_by_patient(cases, settings.held_out, settings.seed)
    logger.info("%s; held out: %s", describe(training), describe(held_out) if held_out else "nothing, one patient only")
    states = {name: dict(getattr(start, name).state_dict()) for name in NETWORKS}
    results = []
    for name in settings.networks:
        path = train_on_cases(
            _trainable(getattr(start, name)),
            WINDOWS[name],
            cut_windows(training, WINDOWS[name]),
            cut_windows(held_out, WINDOWS[name]),
            CaseTraining(settings.steps, seed=settings.seed, learning_rate=settings.learning_rate),
            folder,
            name,
        )
        best = torch.load(path, map_location="cpu", weights_only=True)["best"]
        states[name] = best["weights"]
        results.append(_result(name, best, folder))
    card = json.loads((model / CARD_NAME).read_text(encoding="utf-8"))
    save_network(folder / "model", states, _card(card, start.weights_sha256, training, held_out, settings, results))
    return tuple(results)


def describe(cases: Sequence[TrainingCase]) -> str:
    """Return how many patients, slices and labelled images there are, and of which maps."""
    kinds = Counter(case.kind.value for case in cases)
    slices = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))
    images = sum(int(case.labelled.sum()) for case in cases)
    return f"{len({case.patient for case in cases})} patients, {slices} slices, {images} labelled images"


def _trainable(network: StackUNet) -> StackUNet:
    return network_from(network.state_dict(), network.widths, _DROPOUT)


def _result(name: str, best: dict[str, Any], folder: Path) -> RefinedNetwork:
    before: float | None = None
    with (folder / f"{name}.log.jsonl").open(encoding="utf-8") as log:
        first = json.loads(log.readline())
    if best["score"] is not None:
        wall, cavity = first["held_out_wall_dice"], first["held_out_cavity_dice"]
        before = wall if wall is not None else cavity
    return RefinedNetwork(name, int(best["step"]), before, None if best["score"] is None else float(best["score"]))


def _card(
    card: dict[str, Any],
    weights_sha256: str,
    training: Sequence[TrainingCase],
    held_out: Sequence[TrainingCase],
    settings: Refinement,
    results: Sequence[RefinedNetwork],
) -> dict[str, Any]:
    """Return the card of the refined model; figures that were measured with other weights do not go along."""
    kept = {key: value for key, value in card.items() if key not in _NO_LONGER_TRUE}
    chain = [*card.get("refined_from", []), {"name": card["name"], "weights_sha256": weights_sha256}]
    return {
        **kept,
        "name": f"{card['name'].removesuffix('-refined')}-refined",
        "version": VERSION,
        "commit": source_commit(),
        "refined_from": chain,
        "refinement": {
            "training": describe(training),
            "held_out": describe(held_out) if held_out else "nothing",
            "settings": asdict(settings),
            "results": [asdict(result) for result in results],
        },
    }
