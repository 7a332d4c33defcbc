"""The five networks whose comparison shows what transfer learning is worth (Zhu 2020, Table 1), on phantom patients.

Each has the architecture of the application's drawing network, only narrower, and reads a slice's images together as
that one does; the paper's read single images. Which patients, images and starting weights a network gets is the
paper's; how long it is trained is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from cmrmap.errors import InputError
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import StudyParameters, draw_study_parameters
from cmrmap.segmentation import Network, load_network
from cmrmap.segmentation.network import StackUNet
from cmrmap.training.case_loop import CaseTraining, train_on_cases
from cmrmap.training.datasets import TrainingCase
from cmrmap.training.datasets.phantom import phantom_cases
from cmrmap.training.initialise import gaussian_weights
from cmrmap.training.windows import WINDOWS, cut_windows
from cmrmap.types import MapKind

logger = logging.getLogger(__name__)

#: five slices of 11 inversion or 9 T2-preparation times
IMAGES_PER_PATIENT = {MapKind.NATIVE_T1: 55, MapKind.POSTCONTRAST_T1: 55, MapKind.T2: 45}
_SEEDS = {MapKind.NATIVE_T1: 100_000, MapKind.POSTCONTRAST_T1: 200_000, MapKind.T2: 200_000}
_TEST_SEEDS = 300_000
_WIDTHS = (8, 16, 32, 64, 96)
_DROPOUT = 0.05
_RANDOM_RATE, _REFINING_RATE = 2e-3, 1e-3


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """One network: the network whose weights it starts from (None: Gaussian random), and what it is trained on."""

    start: str | None
    kind: MapKind
    n_images: int


#: the post-contrast and T2 networks are trained on the same 21 patients, the native one on 63 others
NETWORKS = {
    "N1": NetworkPlan(None, MapKind.NATIVE_T1, 3465),
    "N2": NetworkPlan("N1", MapKind.T2, 945),
    "N3": NetworkPlan("N1", MapKind.POSTCONTRAST_T1, 1155),
    "N4": NetworkPlan(None, MapKind.T2, 945),
    "N5": NetworkPlan(None, MapKind.POSTCONTRAST_T1, 1155),
}


@dataclass(frozen=True, slots=True)
class TransferSettings:
    """How much of it is done.

    Attributes
    ----------
    fraction : of the paper's training images, in whole patients, at least one
    native_steps, other_steps : training steps of N1, and of each of the others
    seed : draws patients, weights and batches
    """

    fraction: float = 1.0
    native_steps: int = 900
    other_steps: int = 350
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise InputError(f"fraction is {self.fraction:g}; expected more than 0, at most 1")
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}; expected 0 or more")

    def n_patients(self, plan: NetworkPlan) -> int:
        """Phantom patients that a network is trained on."""
        return max(1, round(self.fraction * plan.n_images / IMAGES_PER_PATIENT[plan.kind]))


def draw_patient(number: int) -> StudyParameters:
    """Draw a phantom patient: SNR 15-50, motion 0.5-1.5, a third healthy, a third diffuse, a third focal disease."""
    rng = np.random.default_rng([number, 7])
    return draw_study_parameters(
        seed=number,
        snr=float(np.exp(rng.uniform(np.log(15), np.log(50)))),
        motion=float(rng.uniform(0.5, 1.5)),
        disease=str(rng.choice(["none", "diffuse", "focal"])),
    )


def held_out_patients(count: int, settings: TransferSettings) -> Iterator[StudyParameters]:
    """Yield patients that no network was trained on."""
    for number in range(count):
        yield draw_patient(_TEST_SEEDS + 10_000_000 * settings.seed + number)


def training_cases(plan: NetworkPlan, settings: TransferSettings) -> tuple[TrainingCase, ...]:
    """Generate a network's training set."""
    first = _SEEDS[plan.kind] + 10_000_000 * settings.seed
    cases: list[TrainingCase] = []
    for number in range(settings.n_patients(plan)):
        drawn = draw_patient(first + number)
        only = tuple(series for series in drawn.series if series.kind is plan.kind)
        cases += phantom_cases(generate_study(replace(drawn, series=only)), (plan.kind,))
    return tuple(cases)


def train_networks(settings: TransferSettings, folder: Path) -> dict[str, Path]:
    """Train N1-N5 one after the other, or go on where that stopped; return their checkpoints."""
    checkpoints: dict[str, Path] = {}
    for place, (name, plan) in enumerate(NETWORKS.items(), start=1):
        path = folder / f"{name}.pt"
        steps = settings.native_steps if name == "N1" else settings.other_steps
        if path.exists() and torch.load(path, weights_only=True)["step"] >= steps:
            logger.info("%s (%d of %d) is there", name, place, len(NETWORKS))
            checkpoints[name] = path
            continue
        start = "Gaussian random weights" if plan.start is None else f"the weights of {plan.start}"
        n_patients = settings.n_patients(plan)
        logger.info(
            "%s (%d of %d): from %s on %s, %d patients, %d images",
            name,
            place,
            len(NETWORKS),
            start,
            plan.kind.value,
            n_patients,
            n_patients * IMAGES_PER_PATIENT[plan.kind],
        )
        network = StackUNet(_WIDTHS, _DROPOUT)
        if plan.start is None:
            gaussian_weights(network, settings.seed)
        else:
            network.load_state_dict(_weights(checkpoints[plan.start]))
        rate = _RANDOM_RATE if plan.start is None else _REFINING_RATE
        checkpoints[name] = train_on_cases(
            network,
            WINDOWS["fine"],
            cut_windows(training_cases(plan, settings), WINDOWS["fine"]),
            (),
            CaseTraining(steps, seed=settings.seed, learning_rate=rate),
            folder,
            name,
        )
    return checkpoints


def drawing_network(checkpoint: Path, model: Path) -> Network:
    """Return the shipped model with its drawing network replaced by a trained one.

    The network that finds the heart stays: it is the same in every experiment, so that they differ in the drawing.
    """
    shipped = load_network(model)
    network = StackUNet(_WIDTHS)
    network.load_state_dict(_weights(checkpoint))
    network.requires_grad_(False)
    return replace(shipped, fine=network.eval(), name=checkpoint.stem)


def _weights(checkpoint: Path) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    return weights
