"""The five networks whose comparison shows what transfer learning is worth (Zhu 2020, Table 1), on phantom patients.

The patients are those of the phantom cohort (cmrmap/phantom/patients.py). Each network has the architecture of the
application's drawing network, only narrower, and reads a slice's images together as that one does; the paper's read
single images. Which patients, images and starting weights a network gets is the paper's; how long it is
trained is ours.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from cmrmap.core.errors import InputError
from cmrmap.core.map_specs import MapKind
from cmrmap.phantom.generate import generate_study
from cmrmap.phantom.parameters import StudyParameters
from cmrmap.phantom.patients import draw_patient
from cmrmap.segmentation import Network, load_network
from cmrmap.segmentation.network import StackUNet
from cmrmap.training.case_loop import CaseTraining, train_on_cases
from cmrmap.training.checkpoints import read_checkpoint
from cmrmap.training.datasets import TrainingCase
from cmrmap.training.datasets.phantom import phantom_cases
from cmrmap.training.initialise import gaussian_weights
from cmrmap.training.windows import WINDOWS, cut_windows

logger = logging.getLogger(__name__)

#: five slices of 11 inversion or 9 T2-preparation times
IMAGES_PER_PATIENT = {MapKind.NATIVE_T1: 55, MapKind.POSTCONTRAST_T1: 55, MapKind.T2: 45}
_COHORTS = {MapKind.NATIVE_T1: 1, MapKind.POSTCONTRAST_T1: 2, MapKind.T2: 2}
_TEST_COHORT = 3
_WIDTHS = (8, 16, 32, 64, 96)
_DROPOUT = 0.05
_IMAGES_PER_STEP = 9  # one slice, or several with fewer images
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
    native_steps, other_steps : training steps of N1, and of each of the others, of 9 images
    seed : draws patients, weights and batches
    """

    fraction: float = 1.0
    native_steps: int = 1500
    other_steps: int = 600
    seed: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise InputError(f"fraction is {self.fraction:g}; expected more than 0, at most 1")
        if self.seed < 0:
            raise InputError(f"seed is {self.seed}; expected 0 or more")

    def n_patients(self, plan: NetworkPlan) -> int:
        """Phantom patients that a network is trained on."""
        return max(1, round(self.fraction * plan.n_images / IMAGES_PER_PATIENT[plan.kind]))


def held_out_patients(count: int, settings: TransferSettings) -> Iterator[StudyParameters]:
    """Yield patients that no network was trained on."""
    for number in range(1, count + 1):
        yield draw_patient(_cohort(settings, _TEST_COHORT), number)


def _cohort(settings: TransferSettings, which: int) -> int:
    """Seed of a cohort that shares no patient with the others, nor with the default cohorts of `cmrmap phantom`."""
    return 1_000_000 + 10 * settings.seed + which


def training_cases(plan: NetworkPlan, settings: TransferSettings) -> tuple[TrainingCase, ...]:
    """Generate a network's training set."""
    cases: list[TrainingCase] = []
    for number in range(1, settings.n_patients(plan) + 1):
        drawn = draw_patient(_cohort(settings, _COHORTS[plan.kind]), number)
        only = tuple(series for series in drawn.series if series.kind is plan.kind)
        cases += phantom_cases(generate_study(replace(drawn, series=only)), (plan.kind,))
    return tuple(cases)


def train_networks(settings: TransferSettings, folder: Path) -> dict[str, Path]:
    """Train N1-N5 one after the other, or go on where that stopped; return their checkpoints."""
    checkpoints: dict[str, Path] = {}
    for place, (name, plan) in enumerate(NETWORKS.items(), start=1):
        path = folder / f"{name}.pt"
        steps = settings.native_steps if name == "N1" else settings.other_steps
        if path.exists() and read_checkpoint(path, ("step",))["step"] >= steps:
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
            CaseTraining(steps, seed=settings.seed, learning_rate=rate, images_per_step=_IMAGES_PER_STEP),
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
    weights: dict[str, torch.Tensor] = read_checkpoint(checkpoint, ("average",))["average"]
    return weights
